/** What Interactive Brokers writes: queries, statements, histories. */
import type { Format, TextLine } from "../format.ts";

/** The fills of an order stand below it once more. */
function keepOrders(lines: readonly TextLine[]): TextLine[] {
  const orders = lines.filter(({ texts }) => texts.status === "Order");
  return orders.length > 0 ? orders : [...lines];
}

/** A query can list a trade as an order, as its fills and as the lots that it closed: the finest that is a trade counts. */
function keepOneLevel(lines: readonly TextLine[]): TextLine[] {
  const level = ["EXECUTION", "ORDER"].find((wanted) => lines.some(({ texts }) => texts.status === wanted));
  const kept = level === undefined ? lines : lines.filter(({ texts }) => texts.status === level);
  return withoutCancelled(kept.map(({ texts: { status: _, ...texts }, ...line }) => ({ ...line, texts })));
}

/** "BUY (Ca.)" takes an earlier trade back: it is the same with the other sign. */
function withoutCancelled(lines: readonly TextLine[]): TextLine[] {
  const keyOf = ({ texts }: TextLine, isTurned: boolean): string => {
    const quantity = texts.quantity ?? "";
    const turned = quantity.startsWith("-") ? quantity.slice(1) : `-${quantity}`;
    return [texts.ticker, texts.price, isTurned ? turned : quantity].join(" ");
  };
  const isCancelling = ({ texts }: TextLine): boolean => /\(Ca\.?\)/.test(texts.type ?? "");
  const taken = Map.groupBy(lines.filter(isCancelling), (line) => keyOf(line, true));
  return lines.filter((line) => {
    if (isCancelling(line)) return false;
    return taken.get(keyOf(line, false))?.pop() === undefined;
  });
}

/** "MSFT(US5949181045) Cash Dividend USD 0.75 per Share (Ordinary Dividend)" */
function takeInstrument(description: string): { ticker: string; identifier: string } | null {
  const match = /^([A-Z0-9. ]{1,20}?) ?\(([A-Z0-9]{6,12})\)/.exec(description.slice(0, 60));
  return match && { ticker: match[1]!, identifier: match[2]! };
}

const isOfCapital = (description: string): boolean =>
  /\(Return of Capital\)\s*$/i.test(description.slice(0, 300));

const typeOf = (title: string, description: string): string =>
  title !== "Dividends" ? "cash" : isOfCapital(description) ? "return of capital" : "dividend";

/** What an account can be kept in, as the names of columns have it. */
const bases = "usd eur gbp chf cad aud jpy hkd sek nok dkk pln czk huf sgd nzd mxn ils zar inr aed sar".split(
  " ",
);

export const interactiveBrokersFormats: readonly Format[] = [
  {
    name: "Interactive Brokers Flex",
    headers: ["tradedate", "quantity", "tradeprice", "buysell"],
    columns: {
      date: ["tradedate", "datetime"],
      time: ["tradetime", "datetime"],
      type: "buysell",
      ticker: "symbol",
      identifier: ["isin", "cusip"],
      name: "description",
      quantity: "quantity",
      price: "tradeprice",
      gross: ["trademoney", "proceeds"],
      fee: ["ibcommission", "taxes"],
      amount: "netcash",
      currency: "currencyprimary",
      feeCurrency: "ibcommissioncurrency",
      assetType: "assetclass",
      status: "levelofdetail",
    },
    merge: keepOneLevel,
    decimalMark: "point",
  },
  {
    name: "Interactive Brokers Flex cash",
    headers: ["type", "settledate", "description", "amount", "currencyprimary"],
    columns: {
      date: "settledate",
      type: "type",
      ticker: "symbol",
      identifier: "isin",
      name: "description",
      amount: "amount",
      currency: "currencyprimary",
    },
    take: (cell) => ({
      ...(cell("symbol") === "" && takeInstrument(cell("description"))),
      ...(isOfCapital(cell("description")) && { type: "return of capital" }),
    }),
    words: { depositswithdrawals: "CASH", depositsandwithdrawals: "CASH" },
    decimalMark: "point",
  },
  ...(["Trades", null] as const).map(
    (title): Format => ({
      name: title === null ? "Interactive Brokers trades" : "Interactive Brokers statement",
      title,
      headers: ["assetcategory", "currency", "symbol", "datetime", "quantity", "tprice"],
      columns: {
        date: "datetime",
        ticker: "symbol",
        quantity: "quantity",
        price: "tprice",
        gross: ["proceeds", "notionalvalue"],
        fee: ["commfee", ...bases.map((base) => `commin${base}`)],
        currency: "currency",
        assetType: "assetcategory",
        status: "datadiscriminator",
      },
      take: (cell) => (["", "Order", "Trade"].includes(cell("datadiscriminator")) ? {} : null),
      merge: keepOrders,
      decimalMark: "point",
    }),
  ),
  {
    name: "Interactive Brokers statement",
    title: "Transaction History",
    headers: [
      "date",
      "description",
      "transactiontype",
      "symbol",
      "quantity",
      "price",
      "commission",
      "netamount",
    ],
    columns: {
      date: "date",
      type: "transactiontype",
      ticker: "symbol",
      name: "description",
      quantity: "quantity",
      price: "price",
      currency: "pricecurrency",
      gross: "grossamount",
      fee: "commission",
      amount: "netamount",
    },
    decimalMark: "point",
  },
  ...(
    [
      // Which may be a return of capital.
      ["Dividends", undefined],
      ["Withholding Tax", "TAX"],
      ["Interest", "INTEREST"],
      ["Fees", "FEE"],
      ["Deposits & Withdrawals", undefined],
      ["Corporate Actions", "CORPORATE_ACTION"],
    ] as const
  ).map(
    ([title, kind]): Format => ({
      name: "Interactive Brokers statement",
      title,
      headers: ["currency", "description"],
      columns: {
        date: ["date", "settledate", "datetime"],
        name: "description",
        quantity: "quantity",
        amount: ["amount", "proceeds"],
        currency: "currency",
      },
      // "Total", and totals of each currency.
      take: (cell) =>
        cell("currency").startsWith("Total")
          ? null
          : { type: kind ?? typeOf(title, cell("description")), ...takeInstrument(cell("description")) },
      ...(kind && { kind }),
      decimalMark: "point",
    }),
  ),
];
