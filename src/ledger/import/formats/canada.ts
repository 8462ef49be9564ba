/** What brokers of Canada write. */
import type { Format } from "../format.ts";

export const canadianFormats: readonly Format[] = [
  {
    name: "Questrade",
    headers: [
      "transactiondate",
      "action",
      "symbol",
      "quantity",
      "price",
      "grossamount",
      "commission",
      "netamount",
      "currency",
    ],
    columns: {
      date: "transactiondate",
      type: ["action", "activitytype"],
      ticker: "symbol",
      name: "description",
      quantity: "quantity",
      price: "price",
      gross: "grossamount",
      fee: "commission",
      amount: "netamount",
      currency: "currency",
    },
    words: {
      con: "DEPOSIT",
      dep: "DEPOSIT",
      wdr: "WITHDRAWAL",
      fch: "FEE",
      tfo: "TRANSFER_OUT",
      tfi: "TRANSFER_IN",
      brw: "TRANSFER",
    },
    decimalMark: "point",
  },
  {
    name: "Wealthsimple",
    headers: [
      "transactiondate",
      "activitytype",
      "symbol",
      "currency",
      "quantity",
      "unitprice",
      "netcashamount",
    ],
    columns: {
      date: "transactiondate",
      type: ["activitysubtype", "activitytype"],
      ticker: "symbol",
      name: "name",
      quantity: "quantity",
      price: "unitprice",
      fee: "commission",
      amount: "netcashamount",
      currency: "currency",
    },
    decimalMark: "point",
  },
  {
    name: "Wealthsimple statement",
    headers: ["date", "transaction", "description", "amount", "balance", "currency"],
    columns: {
      date: "date",
      type: "transaction",
      name: "description",
      amount: "amount",
      currency: "currency",
    },
    // "AAPL - Apple Inc: Bought 1.5 shares (executed at 2024-01-02), FX Rate: 1.35"
    take: (cell) => {
      const text = cell("description").slice(0, 300);
      const trade = /^([A-Z0-9.]{1,10}) - .{1,160}(?:Bought|Sold) ([\d.,]{1,20}) shares?/.exec(text);
      const executed = /executed at (\d{4}-\d{2}-\d{2})/.exec(text)?.[1];
      const of = /^([A-Z0-9.]{1,10}) - /.exec(["DIV", "NRT"].includes(cell("transaction")) ? text : "")?.[1];
      return trade
        ? { ticker: trade[1]!, quantity: trade[2]!, ...(executed && { date: executed }) }
        : of
          ? { ticker: of }
          : {};
    },
    words: { cont: "DEPOSIT", eft: "CASH", fplint: "INTEREST", nrt: "TAX" },
    decimalMark: "point",
  },
  {
    name: "Disnat",
    headers: ["datedetransaction", "typedetransaction", "symbole", "quantite", "prix", "deviseduprix"],
    columns: {
      date: ["datedetransaction", "datedereglement"],
      type: "typedetransaction",
      ticker: "symbole",
      name: "description",
      quantity: "quantite",
      price: "prix",
      fee: "commissionpayee",
      amount: "montantdeloperation",
      currency: "deviseduprix",
      amountCurrency: "deviseducompte",
    },
  },
];
