import { describe, expect, test } from "vitest";
import { formatFor } from "../../src/web/format.ts";

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

  test("writes each currency with its own decimals, and by its code where its sign is another's, too", () => {
    const nairobi = formatFor(["en-US"], { base: "KES", all: ["KES", "USD", "GBP"] });
    expect(nairobi.money("1234.5")).toBe("KES\u00a01,234.50");
    expect(nairobi.in("USD").money("1234.5")).toBe("$1,234.50");
    expect(nairobi.in("GBP").price("8.0512")).toBe("£8.0512");
    expect(nairobi.in("JPY").money("1234")).toBe("¥1,234");
    expect(nairobi.in("KWD").money("1.5")).toBe("KWD\u00a01.500");
    expect(nairobi.in("KWD").minorDigits).toBe(3);
    expect(nairobi.in("USD").in(null).currency).toBe("USD");
    // Of which nobody knows the currency.
    expect([nairobi.in("").money("1234.5"), nairobi.in("").price("8.0512")]).toEqual(["1,234.50", "8.0512"]);
    const toronto = formatFor(["en-US"], { base: "CAD", all: ["USD", "CAD"] });
    expect(toronto.money("1")).toBe("CAD\u00a01.00");
    expect(toronto.in("USD").signedMoney("1")).toBe("+USD\u00a01.00");
    expect(formatFor(["en-US"], { base: "CAD", all: ["CAD"] }).money("1")).toBe("$1.00");
    expect(formatFor(["en-US"], { base: "USD", all: ["USD"] }).money("1")).toBe(
      formatFor(["en-US"]).money("1"),
    );
  });

  test("writes the month in letters", () => {
    expect(formatFor(["en-US"]).date("2021-05-04")).toBe("May 4, 2021");
    expect(formatFor(["en-GB"]).date("2021-05-04")).toBe("4 May 2021");
  });

  test("writes durations and distances in the unit that fits", () => {
    expect([3, 1500, 125_000, 7_260_000].map(formatFor(["en-US"]).duration)).toEqual([
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
