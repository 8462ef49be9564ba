import { describe, expect, test } from "vitest";
import { formatDuration, formatFor } from "../../src/web/format.ts";

describe("format", () => {
  test("takes the first language it knows, and English where it knows none", () => {
    expect(formatFor(["xx-nonsense", "de-DE", "en"]).locale).toBe("de-DE");
    expect(formatFor(["*", "not a language"]).locale).toBe("en-US");
    expect(formatFor(["en-u-nu-thai"]).money("1")).toBe("$1.00");
  });

  test("writes money to the cent whatever its size", () => {
    const { money, price, quantity, signedMoney } = formatFor(["en-US"]);
    expect(money("12345678901234567890.12")).toBe("$12,345,678,901,234,567,890.12");
    expect(signedMoney("-0.5")).toBe("-$0.50");
    expect(signedMoney("0")).toBe("$0.00");
    expect(price("0.00001234")).toBe("$0.00001234");
    expect(price("150")).toBe("$150.00");
    expect(quantity("0.123456789012345678")).toBe("0.123456789012345678");
    expect(formatFor(["de"]).money("1234.5")).toBe("1.234,50\u00a0$");
  });

  test("writes the month in letters", () => {
    expect(formatFor(["en-US"]).date("2021-05-04")).toBe("May 4, 2021");
    expect(formatFor(["en-GB"]).date("2021-05-04")).toBe("4 May 2021");
  });

  test("writes durations and distances in the unit that fits", () => {
    expect([3, 1500, 125_000, 7_260_000].map(formatDuration)).toEqual([
      "3 ms",
      "1.5 s",
      "2 min 5 s",
      "2 h 1 min",
    ]);
    const now = new Date("2024-01-01T12:00:00Z");
    const { relative } = formatFor(["en-US"]);
    expect(relative(new Date("2024-01-01T11:57:00Z"), now)).toBe("3 minutes ago");
    expect(relative(new Date("2024-01-03T12:00:00Z"), now)).toBe("in 2 days");
    expect(relative(now, now)).toBe("now");
  });
});
