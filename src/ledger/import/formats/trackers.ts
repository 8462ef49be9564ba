/** What other portfolio trackers and spreadsheets write. */
import type { Format } from "../format.ts";

export const trackerFormats: readonly Format[] = [
  {
    name: "Stratafolio",
    headers: ["date", "type", "ticker", "quantity", "price", "fee", "currency", "fxrate", "fxcurrency"],
    columns: {
      date: "date",
      type: "type",
      ticker: "ticker",
      quantity: "quantity",
      price: "price",
      fee: "fee",
      currency: "currency",
    },
    isOwn: true,
  },
  {
    name: "Sharesight",
    headers: ["code", "marketcode", "date", "type", "qty", "price", "instrumentcurrency", "brokerage"],
    columns: {
      date: "date",
      type: "type",
      name: "name",
      quantity: "qty",
      price: "price",
      currency: "instrumentcurrency",
      fee: "brokerage",
      feeCurrency: "brokeragecurrency",
    },
    take: (cell) => ({ ticker: `${cell("marketcode")}:${cell("code")}` }),
  },
  {
    name: "Sharesight",
    headers: ["market", "code", "type", "date", "quantity", "price", "brokerage", "currency", "exchangerate"],
    columns: {
      date: "date",
      type: "type",
      name: "name",
      quantity: "quantity",
      price: "price",
      currency: "currency",
      fee: "brokerage",
    },
    // The value is in the portfolio's currency, which it does not name.
    take: (cell) => ({ ticker: `${cell("market")}:${cell("code")}` }),
  },
  {
    name: "Yahoo Finance portfolio",
    headers: ["symbol", "currentprice", "tradedate", "purchaseprice", "quantity", "commission"],
    columns: {
      date: "tradedate",
      type: "transactiontype",
      ticker: "symbol",
      quantity: "quantity",
      price: "purchaseprice",
      fee: "commission",
    },
    isAsQuoted: true,
    // Symbols that are only watched.
    take: (cell) => (cell("quantity") === "" ? null : cell("transactiontype") === "" ? { type: "buy" } : {}),
    decimalMark: "point",
  },
  ...(
    [
      [
        "datum",
        "typ",
        "wert",
        "buchungswahrung",
        "bruttobetrag",
        "wahrungbruttobetrag",
        "gebuhren",
        "steuern",
        "stuck",
        "tickersymbol",
        "wertpapiername",
      ],
      [
        "date",
        "type",
        "value",
        "transactioncurrency",
        "grossamount",
        "currencygrossamount",
        "fees",
        "taxes",
        "shares",
        "tickersymbol",
        "securityname",
      ],
    ] as const
  ).map(
    ([
      date,
      type,
      amount,
      amountCurrency,
      gross,
      grossCurrency,
      fee,
      tax,
      quantity,
      ticker,
      name,
    ]): Format => ({
      name: "Portfolio Performance",
      headers: [date, type, amount, amountCurrency, fee, tax, quantity, "isin", ticker],
      columns: {
        date,
        type,
        amount,
        ticker,
        identifier: ["isin", "wkn"],
        name,
        quantity,
        fee,
        tax,
        fxRate: ["wechselkurs", "exchangerate"],
      },
      // The gross amount is in the currency of the security, where that is another one.
      take: (cell) => {
        const isForeign = cell(gross) !== "" && cell(grossCurrency) !== "";
        const currency = isForeign ? cell(grossCurrency) : cell(amountCurrency);
        const own = { currency, amountCurrency: cell(amountCurrency), feeCurrency: cell(amountCurrency) };
        return isForeign ? { ...own, gross: cell(gross) } : own;
      },
      bringsCost: true,
      words: {
        deliveryinbound: "TRANSFER_IN",
        deliveryoutbound: "TRANSFER_OUT",
        umbuchungeingang: "TRANSFER_IN",
        umbuchungausgang: "TRANSFER_OUT",
        steuerruckerstattung: "TAX",
        taxrefund: "TAX",
      },
    }),
  ),
  {
    name: "Ghostfolio",
    headers: ["date", "code", "datasource", "currency", "price", "quantity", "action", "fee"],
    columns: {
      date: "date",
      type: "action",
      ticker: "code",
      quantity: "quantity",
      price: "price",
      fee: "fee",
      currency: "currency",
      feeCurrency: "currency",
    },
    words: { item: "OTHER", liability: "OTHER" },
  },
  {
    name: "Ghostfolio",
    headers: ["date", "symbol", "datasource", "currency", "unitprice", "quantity", "type", "fee"],
    columns: {
      date: "date",
      type: "type",
      ticker: "symbol",
      quantity: "quantity",
      price: "unitprice",
      fee: "fee",
      currency: "currency",
      feeCurrency: "currency",
      description: "comment",
    },
    words: { item: "OTHER", liability: "OTHER" },
    decimalMark: "point",
  },
  {
    name: "Wealthfolio",
    headers: ["date", "symbol", "quantity", "activitytype", "unitprice", "currency", "fee"],
    columns: {
      date: "date",
      type: "activitytype",
      ticker: "symbol",
      quantity: "quantity",
      price: "unitprice",
      fee: "fee",
      amount: "amount",
      currency: "currency",
      feeCurrency: "currency",
    },
    words: { credit: "BONUS", adjustment: "OTHER", addholding: "TRANSFER_IN", removeholding: "TRANSFER_OUT" },
    decimalMark: "point",
  },
];
