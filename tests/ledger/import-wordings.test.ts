import { expect, test } from "vitest";
import { readMoment } from "../../src/ledger/import/dates.ts";
import { toldOf as told } from "./import-told.ts";

// Other brokers' names of columns, words and spellings for what import-cases.test.ts has: each is right, asked or refused.

const generic = (row: string, header = "date,type,ticker,quantity,price"): string => `${header}\n${row}\n`;

test.each([
  ...["Buy reversal", "Reversal of buy", "Buy correction", "BUY (Ca.)", "SELL (Ca.)", "Annulation achat"],
  ...["Not bought", "Buy/Sell", "Reinvestment reversal", "REVERSAL YOU BOUGHT APPLE INC (AAPL) (Cash)"],
])("%s is asked, since it is no purchase and no sale of its own", (word) => {
  expect(told(generic(`2024-01-05,"${word}",AAPL,1,100`))).toEqual(["invalid_type"]);
});

test.each([
  ...["Declined", "Void", "Expired", "Unfilled", "Not filled", "Killed", "Busted", "Error", "Offen"],
  ...["Cancelled", "Rejected", "Pending"],
])("an order that is %s is no trade", (status) => {
  const header = "date,type,ticker,quantity,price,status";
  expect(told(generic(`2024-01-05,BUY,AAPL,1,100,${status}`, header))).toEqual(["NOT_EXECUTED"]);
  expect(told(generic("2024-01-05,BUY,AAPL,1,100,Partially filled", header))).toEqual([
    "2024-01-05 BUY 1 AAPL at 100 fee 0",
  ]);
});

test.each([
  ...[
    ["Price (GBp)", "1 GBP"],
    ["Price (p)", "1 GBP"],
    ["Price (pence)", "1 GBP"],
    ["Price (ZAc)", "1 ZAR"],
    ["Preis (Euro)", "100 EUR"],
    ["Price (Euros)", "100 EUR"],
    ["PriceEUR", "100 EUR"],
    ["priceInEur", "100 EUR"],
    ["Price.EUR", "100 EUR"],
    ["Price|CHF", "100 CHF"],
    ["Price (Rs)", "100 INR"],
    ["Price (Rs.)", "100 INR"],
    ["Price (zł)", "100 PLN"],
    ["Price (CAN$)", "100 CAD"],
    ["Price (JP¥)", "100 JPY"],
    ["Price (€/share)", "100 EUR"],
  ],
])("a price is in the currency of its column's name %s", (price, expected) => {
  const csv = generic("2024-03-01,BUY,AAPL,1,100", `date,type,ticker,quantity,${price}`);
  expect(told(csv)).toEqual([`2024-03-01 BUY 1 AAPL at ${expected} fee 0`]);
});

test.each(["Price (kr)", "Price (NT$)"])("of a sign that nobody knows nothing is taken: %s", (price) => {
  const csv = generic("2024-03-01,BUY,AAPL,1,100", `date,type,ticker,quantity,${price}`);
  expect(told(csv)).toEqual(["unsupported_currency"]);
});

test.each(["Price (USD)", "Price ($)", "Price (US$)", "PriceUSD", "price_usd", "Price (per share)"])(
  "but %s is in dollars",
  (price) => {
    const csv = generic("2024-03-01,BUY,AAPL,1,100", `date,type,ticker,quantity,${price}`);
    expect(told(csv)).toEqual(["2024-03-01 BUY 1 AAPL at 100 fee 0"]);
  },
);

test.each(["$500", "500 USD", "€500"])("%s is no number of shares", (quantity) => {
  expect(told(generic(`2024-03-01,BUY,AAPL,${quantity},100`))).toEqual(["invalid_quantity"]);
});

test("a cost that cannot be read, or is in another currency, is told and never taken as dollars", () => {
  const rest = "2024-01-06,BUY,AAPL,10,100,1\n".repeat(2);
  const fee = (value: string) =>
    told(
      generic(`2024-01-05,BUY,AAPL,10,100,${value}\n${rest}`, "date,type,ticker,quantity,price,fee"),
    ).slice(0, 1);
  for (const text of ["abc", "1.5%", "1 EUR", "0.8 GBP"])
    expect(fee(text)).toEqual(["2024-01-05 BUY 10 AAPL at 100 fee 0 fee_left_out"]);
  expect(fee("free")).toEqual(["2024-01-05 BUY 10 AAPL at 100 fee 0"]);
  expect(fee("1 USD")).toEqual(["2024-01-05 BUY 10 AAPL at 100 fee 1"]);
  const paidIn = (currency: string) =>
    told(
      generic(
        `2024-01-05,BUY,AAPL,10,100,USD,1,${currency}`,
        "date,type,ticker,quantity,price,currency,fee,fee currency",
      ),
    );
  for (const currency of ["EUR", "BNB", "ADA"])
    expect(paidIn(currency)).toEqual(["2024-01-05 BUY 10 AAPL at 100 fee 0 fee_left_out"]);
  for (const currency of ["USD", ""])
    expect(paidIn(currency)).toEqual(["2024-01-05 BUY 10 AAPL at 100 fee 1"]);
});

test("a tax has a sign of its own", () => {
  const header = "date;type;ticker;quantity;price;Commission;Tax";
  expect(told(generic("2024-01-05;BUY;AAPL;10;100;-7.5;0.5", header))).toEqual([
    "2024-01-05 BUY 10 AAPL at 100 fee 8",
  ]);
  expect(told(generic("2024-01-05;BUY;AAPL;10;100;7.5;-0.5", header))).toEqual([
    "2024-01-05 BUY 10 AAPL at 100 fee 8",
  ]);
});

test.each([
  ...["Fees incl. VAT", "Fee (incl. tax)", "Total charges", "Total brokerage", "Costs", "Transaction costs"],
  ...[
    "Trading costs",
    "Prowizja",
    "Corretagem",
    "Palkkio",
    "Poplatek",
    "Kommission",
    "Omkostninger",
    "Comm.",
  ],
  ...["Costi", "Costes", "Kostnad", "Commission amount", "Fee paid"],
])("%s is a cost", (header) => {
  expect(
    told(generic("2024-01-05;BUY;AAPL;10;100;7.5", `date;type;ticker;quantity;price;${header}`)),
  ).toEqual(["2024-01-05 BUY 10 AAPL at 100 fee 7.5"]);
});

test("a cost is counted once, with its tax and without", () => {
  const header = "date;type;ticker;quantity;price;Commission;Commission incl. VAT";
  expect(told(generic("2024-01-05;BUY;AAPL;10;100;5;6", header))).toEqual([
    "2024-01-05 BUY 10 AAPL at 100 fee 6",
  ]);
});

test.each(["Fee rate", "Price incl. fees", "Sum incl. fees", "Cost basis", "Cost price"])(
  "%s is none",
  (header) => {
    expect(
      told(generic("2024-01-05;BUY;AAPL;10;100;7.5", `date;type;ticker;quantity;price;${header}`)),
    ).toEqual(["2024-01-05 BUY 10 AAPL at 100 fee 0"]);
  },
);

test("what was filled counts, not what was ordered", () => {
  const row = "AAPL,BUY,100,40,150,149.5,2024-01-05 10:00,Partially filled";
  expect(told(generic(row, "Symbol,Side,Qty,Filled Qty,Price,Avg Fill Price,Filled Time,Status"))).toEqual([
    "2024-01-05 BUY 40 AAPL at 149.5 fee 0",
  ]);
});

test("a price without a currency is no dollar's where other lines of its column are in another", () => {
  const header = "Date,Action,Symbol,Quantity,Price,Currency";
  const named = (currency: string) =>
    told(generic(`2024-01-05,BUY,AAPL,10,150,${currency}\n2024-01-05,BUY,AAPL,10,150,`, header));
  expect(named("EUR")).toEqual(["2024-01-05 BUY 10 AAPL at 150 EUR fee 0", "ambiguous_currency"]);
  expect(named("USD")).toEqual([
    "2024-01-05 BUY 10 AAPL at 150 fee 0",
    "2024-01-05 BUY 10 AAPL at 150 fee 0",
  ]);
});

test.each(["Future", "Futures", "FUT"])("%s is refused, since a contract is many units", (assetType) => {
  const csv = generic(
    `2024-01-05,BUY,ES=F,1,5000,${assetType}`,
    "date,type,ticker,quantity,price,asset class",
  );
  expect(told(csv)).toEqual(["unsupported_asset"]);
});

test.each(["Call", "Put", "WAR"])("%s is an option", (assetType) => {
  const csv = generic(`2024-01-05,BUY,AAPL,1,5,${assetType}`, "date,type,ticker,quantity,price,asset class");
  expect(told(csv)).toEqual(["OPTION"]);
});

test("a two-digit year with hyphens that could come first or last is not guessed", () => {
  expect(readMoment("24-01-05")).toBeNull();
  expect(readMoment("24.01.25")?.date).toBe("2025-01-24");
  expect(readMoment("05-01-24")?.date).toEqual({ day: "2024-01-05", month: "2024-05-01" });
});
