import { describe, expect, test } from "vitest";
import { decodeFile } from "../../src/ledger/import/decode.ts";
import { type ImportFile, readImportFile } from "../../src/ledger/import/read.ts";
import { readRow } from "../../src/ledger/import/rows.ts";

// Files that gave wrong figures, or none, in silence. What is read of each, or what is asked.

const clock = () => new Date("2026-01-15T12:00:00Z");

function read(csv: string, given: Omit<ImportFile, "csv"> = {}) {
  const file = readImportFile({ csv, ...given }, clock);
  return { file, rows: file.entries.map((entry) => readRow(entry, () => undefined, clock)) };
}

/** "2024-01-05 BUY 1 AAPL at 100 fee 0", or the codes of what is wrong, or the kind of what is kept. */
const told = (csv: string, given: Omit<ImportFile, "csv"> = {}): string[] =>
  read(csv, given).rows.map(({ input, kind, errors }) => {
    if (errors.length > 0) return errors.map(({ code }) => code).join(" ");
    return input
      ? `${input.date} ${input.type} ${input.quantity} ${input.ticker} at ${input.price} fee ${input.fee}`
      : String(kind);
  });

const generic = (row: string, header = "date,type,ticker,quantity,price"): string => `${header}\n${row}\n`;

test("the side is in the column whose values are sides", () => {
  const fidelity = "Run Date,Action,Symbol,Description,Type,Quantity,Price,Commission,Fees";
  expect(told(generic("11/17/2025,BUY,WM,A COMPANY,Margin,18,208.64,0,0", fidelity))).toEqual([
    "2025-11-17 BUY 18 WM at 208.64 fee 0",
  ]);
  const broker = "Symbol,TradeDate,TransactionType,Quantity,TradePrice,Buy/Sell";
  expect(told(generic("VTI,20230403,ExchTrade,17,204.35,BUY", broker))).toEqual([
    "2023-04-03 BUY 17 VTI at 204.35 fee 0",
  ]);
  const nameless = "Day,Kind of order,What,Ticker,Units,Unit price";
  expect(told(generic("2024-01-05,LIMIT,Purchase,AAPL,2,100", nameless))).toEqual([
    "2024-01-05 BUY 2 AAPL at 100 fee 0",
  ]);
});

test.each([
  ...[
    "Market buy",
    "Limit buy",
    "BUY - MARKET",
    "Buy Trade",
    "YOU BOUGHT DIVIDEND FUND (ABC) (Cash)",
    "Reinvest Shares",
  ],
  ...[
    "Kauf",
    "Achat",
    "Compra",
    "Köp",
    "Aankoop",
    "Koop Fondsen",
    "Acquisto",
    "Kjøp",
    "Køb",
    "Osto",
    "Kupno",
    "Savings plan buy",
  ],
  ...["BOT", "Purchased", "Stocks/ETF purchase", "ACHAT", "Dividend reinvestment"],
])("%s is a purchase", (word) => {
  expect(told(generic(`2024-01-05,"${word}",AAPL,1,100`))).toEqual(["2024-01-05 BUY 1 AAPL at 100 fee 0"]);
});

test.each([
  ...[
    "Limit sell",
    "SELL - LIMIT",
    "YOU SOLD APPLE INC (AAPL) (Margin)",
    "Verkauf",
    "Vente",
    "Venta",
    "Sälj",
    "Verkoop",
    "Vendita",
  ],
  ...["SLD", "Sold", "Salg", "Sprzedaż", "Sale"],
])("%s is a sale", (word) => {
  expect(told(generic(`2024-01-05,"${word}",AAPL,1,100`))).toEqual(["2024-01-05 SELL 1 AAPL at 100 fee 0"]);
});

test.each([
  ["Dividend", "DIVIDEND"],
  ["Qualified Dividend", "DIVIDEND"],
  ["Ausschüttung", "DIVIDEND"],
  ["Utdelning", "DIVIDEND"],
  ["Credit Interest", "INTEREST"],
  ["Zinsen", "INTEREST"],
  ["Einzahlung", "DEPOSIT"],
  ["CASH TOP-UP", "DEPOSIT"],
  ["Withdrawal", "WITHDRAWAL"],
  ["Uttag", "WITHDRAWAL"],
  ["Custody Fee", "FEE"],
  ["Withdrawal Conversion Fee", "FEE"],
  ["Foreign Tax Paid", "TAX"],
  ["Dividend tax", "TAX"],
  ["Stock Split", "SPLIT"],
  ["Buy to Open", "OPTION"],
  ["Sell Short", "SHORT_SALE"],
  ["Short sell", "SHORT_SALE"],
  ["Cancelled buy", "NOT_EXECUTED"],
])("%s is named for what it is: %s", (word, kind) => {
  expect(told(generic(`2024-01-05,BUY,AAPL,1,100\n2024-01-06,${word},AAPL,1,1`))).toEqual([
    "2024-01-05 BUY 1 AAPL at 100 fee 0",
    kind,
  ]);
});

test("a word that nobody knows is asked, once, and what is said of it holds", () => {
  const csv = generic("2024-01-05,Zorp,AAPL,1,100\n2024-01-06,BUY,AAPL,1,100\n2024-01-07,zorp,AAPL,1,100");
  const { file } = read(csv);
  expect([file.unknownWords, told(csv)]).toEqual([
    ["Zorp"],
    ["invalid_type", "2024-01-06 BUY 1 AAPL at 100 fee 0", "invalid_type"],
  ]);
  expect(told(csv, { words: { zorp: "DIVIDEND" } })).toEqual([
    "DIVIDEND",
    "2024-01-06 BUY 1 AAPL at 100 fee 0",
    "DIVIDEND",
  ]);
});

test("one with a quantity that cannot be read is asked too", () => {
  expect(told(generic("2024-01-05,Zorp,AAPL,1.500,100"))).toEqual(["ambiguous_figure invalid_type"]);
});

test("what a sale lacks of its own sum is the fee that no column shows", () => {
  const robinhood =
    "Activity Date,Process Date,Settle Date,Instrument,Description,Trans Code,Quantity,Price,Amount";
  const sale = (amount: string) =>
    told(generic(`9/14/2023,9/14/2023,9/18/2023,AMD,,Sell,10,$105.00,"${amount}"`, robinhood));
  expect(sale("$1,049.98")).toEqual(["2023-09-14 SELL 10 AMD at 105 fee 0.02"]);
  expect(sale("$1,050.00")).toEqual(["2023-09-14 SELL 10 AMD at 105 fee 0"]);
});

test("every cost is counted, with its sign", () => {
  const fees = (header: string, values: string) =>
    told(generic(`2024-01-05,BUY,AAPL,1,100,${values}`, `date,type,ticker,quantity,price,${header}`));
  expect(fees("Commission ($),Fees ($)", "4.95,0.03")).toEqual(["2024-01-05 BUY 1 AAPL at 100 fee 4.98"]);
  expect(fees("Commission Fees", "7.00")).toEqual(["2024-01-05 BUY 1 AAPL at 100 fee 7"]);
  expect(fees("Brokerage,Stamp Duty,Tax", "1,0.5,0.25")).toEqual(["2024-01-05 BUY 1 AAPL at 100 fee 1.75"]);
  expect(fees("Commission,Total fees", "1,1.5")).toEqual(["2024-01-05 BUY 1 AAPL at 100 fee 1.5"]);
  expect(fees("Commission", "-1")).toEqual(["2024-01-05 BUY 1 AAPL at 100 fee 1"]);
});

describe("what stands around a table", () => {
  test.each([
    [
      "a title",
      '"Transactions for account XXXX as of 05/03/2023"\n\n"Date","Action","Symbol","Quantity","Price"\n"04/27/2023","Buy","AAPL","1","$100"\n',
    ],
    [
      "a comma at the end",
      '"Date","Action","Symbol","Quantity","Price"\n"04/27/2023","Buy","AAPL","1","$100",\n',
    ],
    [
      "a total and a word from the lawyers",
      'Date,Action,Symbol,Quantity,Price\n04/27/2023,Buy,AAPL,1,$100\nTotal,,,1,$100\n"We are not liable, whatever happens."\n',
    ],
    ["sep=;", "sep=;\r\nDate;Action;Symbol;Quantity;Price\r\n04/27/2023;Buy;AAPL;1;$100\r\n"],
    ["values as formulas", 'Date,Action,Symbol,Quantity,Price\n="04/27/2023",Buy,="AAPL",="1",$100\n'],
    [
      "a quotation mark that is an inch",
      'Date,Action,Symbol,Name,Quantity,Price\n04/27/2023,Buy,AAPL,12" pipe,1,$100\n',
    ],
    [
      "another table above",
      "Symbol,Shares,Price\nAAPL,10,100\n\nDate,Action,Symbol,Quantity,Price\n04/27/2023,Buy,AAPL,1,$100\n",
    ],
    ["no names of columns", "04/27/2023,Buy,AAPL,1,$100\n"],
  ])("%s is told from it", (name, csv) => {
    const given =
      name === "no names of columns"
        ? { columns: { ticker: "Column 3", quantity: "Column 4", price: "Column 5" } }
        : {};
    expect(told(csv, given)).toEqual(["2023-04-27 BUY 1 AAPL at 100 fee 0"]);
  });

  test("a line with a value too many, or without one that is needed, is that line's problem", () => {
    const csv =
      "date,type,ticker,quantity,price\n2024-01-05,BUY,AAPL,1,100\n2024-01-05,BUY,AAPL,1\n2024-01-05,BUY,AAPL,1,1,000\n";
    expect(told(csv)).toEqual(["2024-01-05 BUY 1 AAPL at 100 fee 0", "invalid_line", "invalid_line"]);
  });

  test.each([
    [
      "UTF-16 with a mark",
      Buffer.from("\ufeffDatum;Typ;Symbol;Stück;Kurs\n05.01.2024;Kauf;AAPL;1,5;100,25\n", "utf16le"),
      "UTF-16LE",
    ],
    [
      "UTF-16 without",
      Buffer.from("Datum;Typ;Symbol;Stück;Kurs\n05.01.2024;Kauf;AAPL;1,5;100,25\n", "utf16le"),
      "UTF-16LE",
    ],
    [
      "windows-1252",
      Buffer.from("Datum;Typ;Symbol;Stück;Kurs;Gebühr\n05.01.2024;Kauf;AAPL;1,5;100,25;0\n", "latin1"),
      "windows-1252",
    ],
    ["UTF-8", Buffer.from("Datum;Typ;Symbol;Stück;Kurs\n05.01.2024;Kauf;AAPL;1,5;100,25\n"), "UTF-8"],
  ])("%s is decoded", (_, bytes, encoding) => {
    const decoded = decodeFile(bytes);
    expect(decoded.encoding).toBe(encoding);
    expect(told(decoded.text)).toEqual(["2024-01-05 BUY 1.5 AAPL at 100.25 fee 0"]);
  });
});

describe("days", () => {
  test.each([
    ["02-Apr-2025", "2025-04-02"],
    ["May 5, 2020, 10:10:57 PM", "2020-05-05"],
    ["23/12/24 15:18:12", "2024-12-23"],
    ["2024-05-20, 10:30:00", "2024-05-20"],
    ["05.01.24", "2024-01-05"],
    ["20240102;103000", "2024-01-02"],
    ["Tue Jan 02 2024 10:11:12 GMT+0100", "2024-01-02"],
    ["2 janvier 2024", "2024-01-02"],
    ["2024/1/2", "2024-01-02"],
    ["01/31/2024 as of 01/30/2024", "2024-01-30"],
  ])("%s is %s", (text, date) => {
    expect(told(generic(`"${text}",BUY,AAPL,1,100`))).toEqual([`${date} BUY 1 AAPL at 100 fee 0`]);
  });

  test("are decided by the file, which says so", () => {
    const { file } = read(generic("03/04/2024,BUY,AAPL,1,100\n25/04/2024,BUY,AAPL,1,100"));
    expect([file.notation.dateOrder, file.dateEvidence]).toEqual([
      "day",
      { kind: "one_way", text: "25/04/2024" },
    ]);
    // Read the other way they would lie ahead, or be in no order.
    expect(told(generic("03/02/2026,BUY,AAPL,1,100\n05/01/2026,BUY,AAPL,1,100"), {})).toEqual([
      "ambiguous_date",
      "ambiguous_date",
    ]);
    expect(told(generic("10/01/2026,BUY,AAPL,1,100"))).toEqual(["2026-01-10 BUY 1 AAPL at 100 fee 0"]);
    const inOrder = ["03/01/2025", "05/01/2025", "02/02/2025", "04/02/2025", "01/03/2025"];
    expect(
      read(generic(inOrder.map((day) => `${day},BUY,AAPL,1,100`).join("\n"))).file.notation.dateOrder,
    ).toBe("day");
  });

  test("are those of the exchange where the time is in UTC", () => {
    const day = (text: string, ticker: string) =>
      told(generic(`${text},BUY,${ticker},1,100`))[0]!.slice(0, 10);
    expect(day("2024-01-06T00:30:00Z", "AAPL")).toBe("2024-01-05");
    expect(day("2024-01-06T00:30:00Z", "BTC-USD")).toBe("2024-01-06");
    expect(day("2024-01-06T00:00:00.000Z", "AAPL")).toBe("2024-01-06");
    expect(day("2024-01-05T21:30:00-05:00", "BTC-USD")).toBe("2024-01-06");
    expect(day("2024-01-06 00:30:00", "AAPL")).toBe("2024-01-06");
  });
});

describe("figures", () => {
  test("of crypto have up to 18 decimals and exponents, rounded with a word where the table must", () => {
    const { rows } = read(
      generic(
        "2024-01-05,BUY,ETH-USD,0.010713949999999999,2500\n2024-01-05,BUY,ETH-USD,3.605E-05,2500\n2024-01-05,BUY,ETH-USD,0.01,3102.3217898325970226955",
      ),
    );
    expect(rows.map(({ input }) => [input?.quantity, input?.price])).toEqual([
      ["0.01071395", "2500"],
      ["0.00003605", "2500"],
      ["0.01", "3102.321789832597"],
    ]);
    expect(rows.map(({ notes }) => notes.map(({ message }) => message))).toEqual([
      ["the quantity is rounded to 12 decimals"],
      [],
      ["the price is rounded to 12 decimals"],
    ]);
  });

  test("of two readings are asked, unless another figure or the row's own sum tells", () => {
    const header = "Datum;Typ;Symbol;Stück;Kurs";
    expect(told(generic("05.01.2024;Kauf;AAPL;1.500;100", header))).toEqual(["ambiguous_figure"]);
    expect(told(generic("05.01.2024;Kauf;AAPL;1.500;100,25", header))).toEqual([
      "2024-01-05 BUY 1500 AAPL at 100.25 fee 0",
    ]);
    expect(
      told(generic("05.01.2024;Kauf;AAPL;1.500;100", header), { notation: { decimalMark: "point" } }),
    ).toEqual(["2024-01-05 BUY 1.5 AAPL at 100 fee 0"]);
    expect(told(generic("05.01.2024;Kauf;AAPL;1.500;100;150", `${header};Betrag`))).toEqual([
      "2024-01-05 BUY 1.5 AAPL at 100 fee 0",
    ]);
  });

  test.each(["1.2,3.4", "1..5", "--5", "12a", "1e999", "0x10", "9".repeat(120_000)])(
    "%.20s is none",
    (text) => {
      expect(told(generic(`2024-01-05,BUY,AAPL,"${text}",100`))).toEqual(["invalid_quantity"]);
    },
  );
});

describe("without a column of its own", () => {
  test("a price is the amount by the quantity", () => {
    expect(told(generic("2024-01-05,BUY,AAPL,4,-401,1", "date,type,ticker,quantity,amount,fee"))).toEqual([
      "2024-01-05 BUY 4 AAPL at 100 fee 1",
    ]);
  });

  test("a side is the sign of the quantity, else of the amount", () => {
    expect(
      told(
        generic(
          "2024-01-05,AAPL,4,100,-400\n2024-01-06,AAPL,-4,100,400",
          "date,ticker,quantity,price,amount",
        ),
      ),
    ).toEqual(["2024-01-05 BUY 4 AAPL at 100 fee 0", "2024-01-06 SELL 4 AAPL at 100 fee 0"]);
    expect(
      read(generic("2024-01-05,AAPL,4,100", "date,ticker,quantity,price")).file.problem?.message,
    ).toContain("type");
  });

  test("an amount that is another sum than number times price is told", () => {
    const { rows } = read(
      generic("2024-01-05,BUY,VOD,1000,70,700", "date,type,ticker,quantity,price,amount"),
    );
    expect(rows[0]?.warnings.map(({ message }) => message)).toEqual([
      "1000 × 70 is 70000, but the file says 700",
    ]);
  });
});

test.each([
  ["BRK.B", "BRK-B"],
  ["BRK/B", "BRK-B"],
  ["$AAPL", "AAPL"],
  ["NASDAQ:AAPL", "AAPL"],
  ["NYSE:BRK.B", "BRK-B"],
  ["AAPL.US", "AAPL"],
  ["VOD.LON", "VOD.L"],
  ["VWRL:xams", "VWRL.AS"],
  ["VOD.L", "VOD.L"],
  ["BTC/USD", "BTC-USD"],
  ["XXBTZUSD", "BTC-USD"],
  ["BTC-USD", "BTC-USD"],
])("%s is read as %s, which the row says", (symbol, ticker) => {
  const { rows } = read(generic(`2024-01-05,BUY,${symbol},1,100`));
  expect(rows[0]?.input?.ticker).toBe(ticker);
  expect(rows[0]?.notes.map(({ message }) => message)).toEqual(
    symbol === ticker ? [] : [`${symbol} is read as ${ticker}`],
  );
});

test.each([
  "AAPL270115C00200000",
  "AAPL  240119C00150000",
  "AAPL 02/16/2024 190.00 C",
  "AAPL 3/15/2024 Call $190.00",
])("%s is an option, never bought as shares", (symbol) => {
  const { rows } = read(generic(`2024-01-28,BUY,${symbol},2,15.00`));
  expect(rows[0]?.errors[0]?.message).toContain("is an option: it is never bought as shares");
});
