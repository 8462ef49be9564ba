import { describe, expect, test } from "vitest";
import { type ImportFile, readImportFile } from "../../src/ledger/import/read.ts";
import { readRow } from "../../src/ledger/import/rows.ts";
import { clock, foreign, toldOf as told } from "./import-told.ts";

// What a price is in: said beside it, by a column, by a column's name or by the sums; else asked.

function read(csv: string, given: Omit<ImportFile, "csv"> = {}) {
  const file = readImportFile({ csv, ...given }, clock);
  return { file, rows: file.entries.map((entry) => readRow(entry, () => undefined, clock)) };
}

const generic = (row: string, header = "date,type,ticker,quantity,price"): string => `${header}\n${row}\n`;

describe("a foreign price is in its own currency, or asked, and never becomes dollars", () => {
  test.each([
    ["beside the figure", generic("2024-03-01,BUY,AAPL,1,€100.00"), "100 EUR"],
    ["as a code beside it", generic("2024-03-01,BUY,AAPL,1,100.00 EUR"), "100 EUR"],
    ["in pence", generic("2024-03-01,BUY,VOD,100,70p"), "0.7 GBP"],
    [
      "in a column of another name",
      generic(
        "CAD,CNQ,20230404,100,78.10,-1.5,BUY",
        "CurrencyPrimary,Symbol,TradeDate,Quantity,TradePrice,IBCommission,Buy/Sell",
      ),
      "78.1 CAD",
    ],
    [
      "of the account",
      generic(
        "2024-03-01,BUY,VOD,1000,0.70,GBP",
        "Date,Type,Ticker,Quantity,Price per share,Account Currency",
      ),
      null,
    ],
    [
      "of the account, which the sum proves",
      generic(
        "2024-03-01,BUY,VOD,1000,0.70,GBP,705",
        "Date,Type,Ticker,Quantity,Price per share,Account Currency,Total",
      ),
      "0.7 GBP",
    ],
    [
      "of the account, which the sum denies",
      generic(
        "2024-03-01,BUY,SAP,10,140,USD,1400\n2024-03-01,BUY,SAP,10,140,CHF,1310",
        "Date,Type,Ticker,Quantity,Price per share,Account Currency,Total",
      ),
      "140",
      null,
    ],
    [
      "in the column's name",
      generic("2024-03-01,BUY,AAPL,1,100", "date,type,ticker,quantity,price (EUR)"),
      "100 EUR",
    ],
    [
      "in words in its name",
      generic("2024-03-01,BUY,AAPL,1,100", "date,type,ticker,quantity,Price in CHF"),
      "100 CHF",
    ],
    [
      "in the booking's currency",
      generic("2024-03-01;Kauf;AAPL;1;100,50;EUR", "Datum;Typ;Symbol;Stück;Kurs;Buchungswährung"),
      null,
    ],
    [
      "in a column that only its values tell",
      generic("2024-03-01,BUY,AAPL,1,100,SEK", "date,type,ticker,quantity,price,Paid in"),
      "100 SEK",
    ],
    [
      "of the spot price",
      generic("2024-03-01,BUY,BTC,1,60000,EUR", "date,type,asset,quantity,price,Spot Price Currency"),
      "60000 EUR",
    ],
    [
      "in pence by the column's name, beside a column that says pounds",
      generic("2024-03-01,BUY,VOD,100,70,GBP", "date,type,ticker,quantity,Price (p),currency"),
      "0.7 GBP",
    ],
    [
      "in pence by one column and in pounds by the other",
      generic("2024-03-01,BUY,VOD,100,70,GBX", "date,type,ticker,quantity,Price (GBP),currency"),
      null,
    ],
    [
      "in one currency by its column's name and in another by its own column",
      generic("2024-03-01,BUY,SAP,1,140,USD", "date,type,ticker,quantity,Price (EUR),currency"),
      null,
    ],
    [
      "of a crown that nobody knows",
      generic("2024-03-01,BUY,AAPL,1,100", "date,type,ticker,quantity,Price (kr)"),
      null,
    ],
  ] as const)("%s", (_, csv, ...prices) => {
    const { rows } = read(csv);
    expect(rows.map(({ input }) => (input ? `${input.price}${foreign(input.currency)}` : null))).toEqual(
      prices,
    );
    for (const { input, errors } of rows)
      if (!input) expect(errors[0]?.code).toMatch(/^(ambiguous|unsupported)_currency$/);
  });

  test("a person's word stands for what nothing says, and for nothing else", () => {
    const csv = generic(
      "2024-03-01,BUY,AAPL,1,100,\n2024-03-01,BUY,SAP,1,100,EUR",
      "date,type,ticker,quantity,price,currency",
    );
    expect(told(csv)).toEqual(["ambiguous_currency", "2024-03-01 BUY 1 SAP at 100 EUR fee 0"]);
    expect(told(csv, { notation: { currency: "CHF" } })).toEqual([
      "2024-03-01 BUY 1 AAPL at 100 CHF fee 0",
      "2024-03-01 BUY 1 SAP at 100 EUR fee 0",
    ]);
    const [quoted] = read(csv, { notation: { currency: "quoted" } }).rows;
    expect([quoted!.input?.currency, quoted!.entry.isAsQuoted]).toEqual([undefined, true]);
  });

  test("a fee beside a price in pence is what its name or the sum says", () => {
    const fee = (row: string, more = "fee") =>
      told(
        generic(`2024-03-01,BUY,VOD.L,100,70,GBX,${row}`, `date,type,ticker,quantity,price,currency,${more}`),
      );
    expect(fee("9.95")).toEqual(["ambiguous_currency"]);
    expect(fee("0")).toEqual(["2024-03-01 BUY 100 VOD.L at 0.7 GBP fee 0"]);
    expect(fee("9.95", "Fee (GBP)")).toEqual(["2024-03-01 BUY 100 VOD.L at 0.7 GBP fee 9.95"]);
    expect(fee("995", "Fee (p)")).toEqual(["2024-03-01 BUY 100 VOD.L at 0.7 GBP fee 9.95"]);
    expect(fee("9.95,79.95", "fee,total")).toEqual(["2024-03-01 BUY 100 VOD.L at 0.7 GBP fee 9.95"]);
    expect(fee("95,7095", "fee,total")).toEqual(["2024-03-01 BUY 100 VOD.L at 0.7 GBP fee 0.95"]);
  });

  test("nor is one of two that contradict each other chosen", () => {
    const spot = generic("2024-03-01,BUY,BTC-USD,1,60000,EUR", "date,type,asset,quantity,price,currency");
    expect(told(spot)).toEqual(["ambiguous_currency"]);
    expect(
      told(generic("2024-03-01,BUY,AAPL,1,€100.00,USD", "date,type,ticker,quantity,price,currency")),
    ).toEqual(["ambiguous_currency"]);
  });

  test("and a dollar is one, of whatever column", () => {
    const columns = "CurrencyPrimary,Symbol,TradeDate,Quantity,TradePrice,IBCommission,Buy/Sell";
    expect(told(generic("USD,VTI,20230403,17,204.35,-1,BUY", columns))).toEqual([
      "2023-04-03 BUY 17 VTI at 204.35 fee 1",
    ]);
    expect(
      told(generic("2024-03-01,BUY,AAPL,1,$100.00,CAD", "date,type,ticker,quantity,price,currency")),
    ).toEqual(["2024-03-01 BUY 1 AAPL at 100 CAD fee 0"]);
  });
});
