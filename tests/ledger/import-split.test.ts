import { expect, test } from "vitest";
import { toldOf } from "./import-told.ts";

// A comma within a figure, without quotes, in a file whose values stand between commas.

const header = "date,type,ticker,quantity,price,fee\n";
const buy = (values: string) => `2024-01-05,BUY,AAPL,${values}\n`;
const bought = (quantity: string, price: string, fee: string) =>
  `2024-01-05 BUY ${quantity} AAPL at ${price} fee ${fee}`;

test.each(["1,1,500", "1,500,20", "1,1,500.50", "1,$1,500"])(
  "%s may have a figure cut in two where other lines are shorter, and is refused",
  (values) => {
    expect(toldOf(header + buy("2,10.5") + buy(values))).toEqual([bought("2", "10.5", "0"), "split_figure"]);
  },
);

test("so may two of a line", () => {
  const csv = header.replace("\n", ",tax\n") + buy("2,10.5") + buy("1,500,1,500");
  expect(toldOf(csv)[1]).toBe("split_figure");
});

test("so may one whose comma is a decimal's, where the file has no point", () => {
  expect(toldOf(header + buy("2,10") + buy("2,10,5"))[1]).toBe("split_figure");
});

test("also with a comma at the end of every line", () => {
  expect(toldOf(header + buy("2,10.5,") + buy("1,1,500,"))[1]).toBe("split_figure");
});

test.each([
  [
    "lines that are all as long as the names",
    header + buy("1,1,500") + buy("2,100,"),
    bought("1", "1", "500"),
  ],
  [
    "a value that is no part of a figure",
    header + buy("2,10.5") + buy("12.5,100,4.95"),
    bought("12.5", "100", "4.95"),
  ],
  [
    "a text at the end",
    header.replace("fee", "note") + buy("2,10.5") + buy("1,100,first"),
    bought("1", "100", "0"),
  ],
  [
    "thousands that are written without a comma elsewhere",
    header + buy("1,100,5") + buy("1,1500.5") + buy("1,100,5"),
    bought("1", "1500.5", "0"),
  ],
  ["figures in quotes", header + buy("2,10.5") + buy('"1,500",20.5'), bought("1500", "20.5", "0")],
  [
    "other delimiters",
    (header + buy("2,10.5") + buy("1,100,500")).replaceAll(",", ";"),
    bought("1", "100", "500"),
  ],
])("but not %s", (name, csv, told) => {
  expect(toldOf(csv)[name.startsWith("lines") ? 0 : 1]).toBe(told);
});
