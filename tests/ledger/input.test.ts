import { expect, test } from "vitest";
import { parseTransactionInput } from "../../src/ledger/index.ts";

const clock = () => new Date("2024-06-28T22:00:00Z");
const good = { ticker: "AAPL", type: "BUY", quantity: "2", price: "10.50", date: "2024-06-28" };
const parse = (fields: object) => parseTransactionInput({ ...good, ...fields }, clock);

test("takes strings and JSON numbers, and gives plain decimals", () => {
  expect(parse({ ticker: " brk-b ", fee: "1.00" })).toEqual({
    ticker: "BRK-B",
    type: "BUY",
    quantity: "2",
    price: "10.5",
    fee: "1",
    date: "2024-06-28",
  });
  expect(parse({ quantity: 0.1, price: 1e-7, fee: 0 })).toMatchObject({
    quantity: "0.1",
    price: "0.0000001",
    fee: "0",
  });
  expect(parse({ quantity: " .5 ", price: "0012.", fee: "" })).toMatchObject({
    quantity: "0.5",
    price: "12",
    fee: "0",
  });
  expect(parse({ quantity: "123456789012345.123456789012" })).toMatchObject({
    quantity: "123456789012345.123456789012",
  });
  expect(parse({ fee: null, more: "is ignored" }).fee).toBe("0");
});

test.each<[string, unknown]>([
  ...["quantity", "price"].flatMap((field): [string, unknown][] =>
    [
      0,
      "0",
      "0.000",
      -1,
      "-1",
      Number.NaN,
      "NaN",
      Number.POSITIVE_INFINITY,
      "Infinity",
      "1e400",
      "1e3",
      Number("1e400"),
      "",
      "abc",
      "1,000",
      "1 000",
      "0x10",
      "1".repeat(30),
      `1.${"1".repeat(13)}`,
      1e15,
      "9".repeat(10_000),
      null,
      undefined,
      true,
      [1],
    ].map((value) => [field, value]),
  ),
  ...["-1", -0.5, "NaN", 1e15, "1e400", "free"].map((value): [string, unknown] => ["fee", value]),
  ...["", "A B", "../x", "A?b", "TOOLONGTOBEATICKERATALL", 7, null, undefined].map(
    (value): [string, unknown] => ["ticker", value],
  ),
  ...["buy", "HOLD", "", 1, null, undefined].map((value): [string, unknown] => ["type", value]),
  ...[
    "2024-02-30",
    "2023-02-29",
    "2024-13-01",
    "28.06.2024",
    "2024-6-1",
    "1899-12-31",
    "0000-01-01",
    "",
    20240628,
    null,
    "2024-06-28T00:00:00Z",
  ].map((value): [string, unknown] => ["date", value]),
])("refuses a %s of %j, and says what was expected", (field, value) => {
  expect(() => parse({ [field]: value })).toThrow(
    expect.objectContaining({
      code: `invalid_${field}`,
      field,
      message: expect.stringMatching(new RegExp(`^expected ${field} to be .*, got: `)),
    }),
  );
});

/** Field case 24. */
test.each([
  // In Auckland it is the 28th from 11:00 UTC of the 27th on; on Kiritimati from 10:00.
  ["2026-11-27T13:25:00Z", "2026-11-28", "2026-11-29"],
  ["2026-11-27T10:00:00Z", "2026-11-28", "2026-11-29"],
  ["2026-11-27T09:59:00Z", "2026-11-27", "2026-11-28"],
])("at %s it is %s at the latest, and %s nowhere", (now, today, tomorrow) => {
  const at = (date: string) => parseTransactionInput({ ...good, date }, () => new Date(now));
  expect(at(today).date).toBe(today);
  expect(() => at(tomorrow)).toThrow(
    expect.objectContaining({
      code: "future_date",
      field: "date",
      message: expect.stringContaining(today),
    }),
  );
});

test.each([[null], [undefined], ["text"], [7], [[]]])("refuses %j, which is no transaction", (input) => {
  expect(() => parseTransactionInput(input, clock)).toThrow(
    expect.objectContaining({ code: "invalid_ticker" }),
  );
});
