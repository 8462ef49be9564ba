import { describe, expect, test } from "vitest";
import { readImportFile } from "../../src/ledger/import/read.ts";
import { clock, toldOf } from "./import-told.ts";

// What stands in columns that no field reads: it is counted, asked, refused or named, never passed over.

const row = (header: string, values: string, start = "2024-01-05,BUY,AAPL,10,100"): string =>
  `date,type,ticker,quantity,price,${header}\n${start},${values}\n`;
const bought = "2024-01-05 BUY 10 AAPL at 100 fee 0";

describe("a trade that another column calls off", () => {
  test.each([
    ["Cancelled", "Yes"],
    ["Cancelled?", "true"],
    ["Is canceled", "1"],
    ["Storniert", "Ja"],
    ["Anulada", "Sí"],
    ["Annulé", "oui"],
    ["Void", "X"],
    ["Deleted", "Y"],
    ["Rejected on", "2024-01-06"],
    ["Executed", "No"],
    ["Filled", "false"],
    ["Transaction", "Cancelled"],
    ["Transaction", "CANCELLED BUY"],
    ["Order result", "Rejected"],
    ["Note", "Storno"],
    ["Remark", "Order cancelled"],
    ["Outcome", "Void"],
    ["Статус", "Отменён"],
    ["状態", "取消"],
    ["Trade status", "Unfilled"],
    ["Execution state", "Pending"],
    ["Zustand", "Gestrichen"],
    ["Estado", "Rechazada"],
    ["Stato", "Annullato"],
    ["Status", "Avbruten"],
    ["Status", "Geannuleerd"],
    ["Order state", "Expired"],
  ])("%s: %s", (header, value) => {
    expect(toldOf(row(header, value))).toEqual(["NOT_EXECUTED"]);
  });

  test.each([
    ["Transaction", "Reversal"],
    ["Note", "Correction"],
    ["Rejected because", "no funds left on the account"],
    ["Cancelled qty", "4"],
    ["Status", "Partially cancelled"],
    ["Status", "Cancelled - partially filled"],
    ["Comment", "this order was cancelled by the exchange"],
  ])("%s: %s is asked about, since it is not plain", (header, value) => {
    expect(toldOf(row(header, value))).toEqual(["contradicted_trade"]);
  });

  test.each([
    ["Cancelled", "No"],
    ["Cancelled qty", "0"],
    ["Cancelled on", "n/a"],
    ["Executed", "Yes"],
    ["Time in force", "Good till cancelled"],
    ["Validity", "GTC"],
    ["Order terms", "Immediate or cancel"],
    ["Note", "never cancelled"],
    ["Status", "Filled"],
    ["Status", "Partially filled"],
    ["Status", "Ausgeführt"],
    ["Status", "Ejecutada"],
    ["Status", "Uitgevoerd"],
    ["Status", "COMPLETED"],
    ["Account", "Main"],
  ])("%s: %s calls nothing off", (header, value) => {
    expect(toldOf(row(header, value))).toEqual([bought]);
  });

  test("is named where nobody knows what a state means", () => {
    expect(toldOf(row("Status", "Zorp"))).toEqual([`${bought} unknown_state`]);
  });

  test("is asked about where the filled quantity says otherwise, and no trade where nothing was filled", () => {
    const filled = (quantity: string) =>
      toldOf(
        `date,side,ticker,filled qty,price,status\n2024-01-05,BUY,AAPL,${quantity},100,Cancelled\n2024-01-05,BUY,AAPL,1,100,Filled\n`,
      )[0];
    expect(filled("4")).toBe("contradicted_trade");
    expect(filled("0")).toBe("NOT_EXECUTED");
  });

  test("is asked about where another column of sides says the other one", () => {
    const csv = "date,type,side,ticker,quantity,price\n2024-01-05,BUY,SELL,AAPL,10,100\n";
    expect(toldOf(csv)).toEqual(["contradicted_trade"]);
    expect(toldOf(csv.replace("BUY,SELL", "Market,SELL"))).toEqual(["2024-01-05 SELL 10 AAPL at 100 fee 0"]);
  });
});

describe("costs", () => {
  const fee = (header: string, values: string) =>
    toldOf(row(header, values).replaceAll(",", ";").replaceAll("~", ","))[0]!;
  const paid = (amount: string) => `${bought.slice(0, -1)}${amount}`;

  test.each([
    ["Commission,Fees", "-7.5,0.5", "8"],
    ["Commission,Fees", "7.5,-0.5", "8"],
    ["Brokerage,Stamp duty,Clearing fee", "-5,1,-0.25", "6.25"],
    ["Provision,Entgelt", "(3),1", "4"],
  ])("of %s %s add up, each in the sign of its column", (header, values, amount) => {
    expect(fee(header, values)).toBe(paid(amount));
  });

  test("less than nothing in a column that is more in most lines are a rebate", () => {
    const start = "date,type,ticker,quantity,price,fee\n";
    const lines = ["5", "5", "-2"].map((value) => `2024-01-05,BUY,AAPL,10,100,${value}\n`);
    expect(toldOf(start + lines.join(""))[2]).toBe("2024-01-05 BUY 10 AAPL at 99.8 fee 0 rebate");
  });

  test.each([
    ["Fee,Fee (GBP)", "5,4", "5"],
    ["Fee (GBP),Fee", "4,5", "5"],
    ["Fee,Fee (USD)", "4,5", "5"],
    ["Fee (USD),Fee (EUR)", "5,4.5", "5"],
    ["Commission EUR,Commission USD", "4.5,5", "5"],
    ["Fee,Fee (GBP)", "0,0", "0"],
    ["Commission,Commission (EUR),Stamp duty,Stamp duty (EUR)", "5,4.5,1,0.9", "6"],
    ["Commission,Commission", "5,1", "6"],
    ["Commission excl. VAT,VAT,Commission incl. VAT", "5,1,6", "6"],
    ["Commission excl. VAT,VAT", "5,1", "6"],
    ["Fee incl. VAT,Stamp duty", "6,2", "8"],
    ["Fee %,Fee", "0.5,5", "5"],
    ["Commission (%),Commission", "0.5,5", "5"],
    ["Fee pct,Commission", "0.5,5", "5"],
  ])("of %s %s are counted once: %s", (header, values, amount) => {
    expect(fee(header, values)).toBe(paid(amount));
  });

  test("in another currency alone are told", () => {
    expect(fee("Fee (GBP)", "4")).toBe(`${bought} fee_left_out`);
    expect(fee("Fee,Fee (GBP)", "0,4")).toBe(`${bought} fee_left_out`);
    expect(fee("Fee,Stamp duty (GBP)", "5,4")).toBe(`${paid("5")} fee_left_out`);
  });

  test.each([
    ...[
      "Taxas",
      "Tarifa",
      "Clearing",
      "Handling",
      "SEC",
      "TAF",
      "手数料",
      "Комиссия",
      "Fee value",
      "Fee excl. VAT",
    ],
    ...[
      "Gastos",
      "Entgelt",
      "Spese",
      "수수료",
      "手续费",
      "Comissão",
      "Jutalék",
      "Masraf",
      "Corporate action fee",
      "Duty",
    ],
    ...[
      "Commission value",
      "Stamp",
      "Surcharge",
      "Tasas",
      "Poplatky",
      "Net commission",
      "Regulatory charges",
    ],
  ])("are named %s", (header) => {
    expect(fee(header, "7.5")).toBe(paid("7.5"));
  });

  test.each([
    "Fee %",
    "Fee rate",
    "Fee type code",
    "Total incl. fees",
    "Value excl. fees",
    "Price incl. commission",
  ])("are not named %s", (header) => {
    expect(fee(header, "7.5")).toBe(bought);
  });
});

describe("a column that the rows' own sums need is a cost, whatever it is called", () => {
  const start = "date;type;ticker;quantity;price;";
  const file = (header: string, ...rows: string[]) => `${start}${header}\n${rows.join("\n")}\n`;
  const read = (csv: string) => {
    const { columns, hiddenCosts, unreadFigures } = readImportFile({ csv }, clock);
    return { fee: columns.fee, hiddenCosts, unreadFigures };
  };
  const buy = "2024-01-05;BUY;AAPL;10;100";
  const sell = "2024-01-06;SELL;AAPL;4;110.25";

  test("alone, beside other costs, in whatever sign", () => {
    const csv = file("Commission;Zorp;Total", `${buy};1;0.25;1001.25`, `${sell};1;0.1;439.9`);
    expect(toldOf(csv)).toEqual([
      "2024-01-05 BUY 10 AAPL at 100 fee 1.25",
      "2024-01-06 SELL 4 AAPL at 110.25 fee 1.1",
    ]);
    expect(read(csv)).toEqual({ fee: "Commission + Zorp", hiddenCosts: ["Zorp"], unreadFigures: [] });
    expect(toldOf(file("Zorp;Total", `${buy};-4.95;-1004.95`))).toEqual([
      "2024-01-05 BUY 10 AAPL at 100 fee 4.95",
    ]);
  });

  test("two of them together, and none that a balance or a number is", () => {
    const csv = file(
      "Balance;Order no;Brok;Exch;Net amount",
      `${buy};5000;71;3;0.5;1003.5`,
      `${sell};5439;72;3;0.25;437.75`,
    );
    expect(toldOf(csv)).toEqual([
      "2024-01-05 BUY 10 AAPL at 100 fee 3.5",
      "2024-01-06 SELL 4 AAPL at 110.25 fee 3.25",
    ]);
    expect(read(csv)).toMatchObject({
      hiddenCosts: ["Brok", "Exch"],
      unreadFigures: ["Balance", "Order no"],
    });
  });

  test("but one that most rows contradict is none, and what is not used is named", () => {
    const csv = file("Zorp;Total", `${buy};5;1005`, `${buy};6;1000`, `${buy};7;1000`);
    expect(read(csv)).toEqual({ fee: null, hiddenCosts: [], unreadFigures: ["Zorp"] });
    expect(read(file("Zorp", `${buy};5`))).toMatchObject({ unreadFigures: ["Zorp"] });
    expect(read(file("Fee %;Note", `${buy};0.5;x`))).toMatchObject({ unreadFigures: ["Fee %"] });
  });

  test("and what no column explains is told", () => {
    expect(toldOf(file("Fee;Total", `${buy};1;1004`))).toEqual([
      "2024-01-05 BUY 10 AAPL at 100 fee 1 amount_differs",
    ]);
  });

  test("a person's word that there is none holds", () => {
    const csv = file("Zorp;Total", `${buy};5;1005`);
    for (const fee of [null, "Total"])
      expect(readImportFile({ csv, columns: { fee } }, clock).hiddenCosts).toEqual([]);
  });
});
