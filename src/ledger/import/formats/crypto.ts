/** What exchanges of crypto and their trackers write. */
import type { Format, TextLine } from "../format.ts";

const crypto = { decimalMark: "point", isCrypto: true } as const;

/** "SOL (Solana)" -> "SOL". */
const code = (text: string): string => text.split(" ", 1)[0]!;

/** "0.5BTC" -> "0.5" and "BTC". */
function splitUnit(text: string): { figure: string; unit: string } {
  const match = /^([\d.,]{1,40})\s?([A-Z0-9]{2,10})$/.exec(text.slice(0, 60));
  return match ? { figure: match[1]!, unit: match[2]! } : { figure: text, unit: "" };
}

/** A trade of a ledger is a line for what came and one for what went, under one reference. */
function mergeLegs(lines: readonly TextLine[]): TextLine[] {
  const legs = new Map<string, TextLine[]>();
  for (const line of lines) {
    const key = line.texts.status ?? "";
    const isLeg = key !== "" && line.texts.type === "trade";
    const group = isLeg ? `trade ${key}` : `line ${line.line}`;
    legs.set(group, [...(legs.get(group) ?? []), line]);
  }
  return [...legs.values()].flatMap(mergePair);
}

const fiat = /^Z?(USD|EUR|GBP|CHF|CAD|AUD|JPY)(\.HOLD)?$/;

/** Dollars are no coin: so many of them are a sum of money, before its fee. */
function asMoney(texts: TextLine["texts"]): TextLine["texts"] {
  const currency = fiat.exec(texts.ticker ?? "")?.[1];
  if (!currency || texts.type === "trade") return texts;
  const { ticker: _, quantity = "", ...rest } = texts;
  return { ...rest, gross: quantity, currency, amountCurrency: currency, feeCurrency: currency };
}

function mergePair(group: readonly TextLine[]): TextLine[] {
  const plain = group.map(({ line, texts: { status: _, ...texts } }) => ({ line, texts: asMoney(texts) }));
  const money = group.find(({ texts }) => fiat.test(texts.ticker ?? ""));
  const coin = group.find((leg) => leg !== money);
  if (group.length !== 2 || !money || !coin) return plain;
  const { status: _, ...texts } = coin.texts;
  const currency = fiat.exec(money.texts.ticker!)![1]!;
  const quantity = coin.texts.quantity ?? "";
  return [
    {
      line: coin.line,
      texts: {
        ...texts,
        type: quantity.startsWith("-") ? "sell" : "buy",
        quantity,
        gross: money.texts.quantity ?? "",
        currency,
        amountCurrency: currency,
        fee: money.texts.fee ?? [],
        feeCurrency: currency,
      },
    },
  ];
}

export const cryptoFormats: readonly Format[] = [
  ...(["spotprice", "price"] as const).map(
    (price): Format => ({
      name: "Coinbase",
      headers: [
        "timestamp",
        "transactiontype",
        "asset",
        "quantitytransacted",
        `${price}currency`,
        `${price}attransaction`,
      ],
      columns: {
        date: "timestamp",
        type: "transactiontype",
        ticker: "asset",
        quantity: "quantitytransacted",
        price: `${price}attransaction`,
        gross: "subtotal",
        fee: ["feesandorspread", "fees"],
        amount: ["totalinclusiveoffeesandorspread", "totalinclusiveoffees"],
        currency: `${price}currency`,
        description: "notes",
      },
      words: {
        convert: "FX",
        learningreward: "INTEREST",
        rewardsincome: "INTEREST",
        inflationreward: "INTEREST",
      },
      zone: "UTC",
      ...crypto,
    }),
  ),
  {
    name: "Coinbase Pro",
    headers: ["tradeid", "product", "side", "createdat", "size", "sizeunit", "price", "fee"],
    columns: {
      date: "createdat",
      type: "side",
      ticker: "product",
      quantity: "size",
      price: "price",
      fee: "fee",
      amount: "total",
      currency: "pricefeetotalunit",
    },
    ...crypto,
  },
  {
    name: "Kraken trades",
    headers: ["txid", "pair", "time", "type", "ordertype", "price", "cost", "fee", "vol"],
    columns: {
      date: "time",
      type: "type",
      ticker: "pair",
      quantity: "vol",
      price: "price",
      gross: "cost",
      fee: "fee",
    },
    zone: "UTC",
    ...crypto,
  },
  {
    name: "Kraken ledger",
    headers: ["txid", "refid", "time", "type", "asset", "amount", "fee", "balance"],
    columns: { date: "time", type: "type", ticker: "asset", quantity: "amount", fee: "fee", status: "refid" },
    words: { spend: "TRADE", receive: "TRADE", trade: "TRADE", staking: "INTEREST", earn: "INTEREST" },
    take: (cell) => ({ type: ["spend", "receive"].includes(cell("type")) ? "trade" : cell("type") }),
    merge: mergeLegs,
    zone: "UTC",
    ...crypto,
  },
  {
    name: "Binance",
    headers: ["dateutc", "side", "price", "executed", "amount", "fee"],
    columns: { date: "dateutc", type: "side", ticker: ["pair", "market"], price: "price" },
    take: (cell) => {
      const [quantity, gross, fee] = [cell("executed"), cell("amount"), cell("fee")].map(splitUnit);
      return {
        quantity: quantity!.figure,
        gross: gross!.figure,
        amountCurrency: gross!.unit,
        currency: gross!.unit,
        fee: [fee!.figure],
        feeCurrency: fee!.unit,
      };
    },
    zone: "UTC",
    ...crypto,
  },
  {
    name: "Binance",
    headers: ["dateutc", "market", "type", "price", "amount", "total", "fee", "feecoin"],
    columns: {
      date: "dateutc",
      type: "type",
      ticker: "market",
      quantity: "amount",
      price: "price",
      gross: "total",
      fee: "fee",
      feeCurrency: "feecoin",
    },
    zone: "UTC",
    ...crypto,
  },
  {
    name: "Bitvavo",
    headers: ["timezone", "date", "time", "type", "currency", "amount", "quotecurrency", "quoteprice"],
    columns: {
      date: "date",
      time: "time",
      type: "type",
      ticker: "currency",
      quantity: "amount",
      price: "quoteprice",
      currency: "quotecurrency",
      amount: "receivedpaidamount",
      amountCurrency: "receivedpaidcurrency",
      fee: "feeamount",
      feeCurrency: "feecurrency",
      status: "status",
    },
    ...crypto,
  },
  {
    name: "Crypto.com",
    headers: [
      "timestamputc",
      "transactiondescription",
      "currency",
      "amount",
      "tocurrency",
      "toamount",
      "nativecurrency",
      "transactionkind",
    ],
    columns: {
      date: "timestamputc",
      type: "transactionkind",
      name: "transactiondescription",
      ticker: "currency",
      quantity: "amount",
      gross: "nativeamount",
      currency: "nativecurrency",
      amountCurrency: "nativecurrency",
    },
    words: {
      cryptopurchase: "BUY",
      vibanpurchase: "BUY",
      recurringbuyorder: "BUY",
      cryptovibanexchange: "SELL",
      cardtopup: "SELL",
      cryptoexchange: "FX",
      cryptowalletswapcredited: "FX",
      cryptowalletswapdebited: "FX",
      cryptodeposit: "TRANSFER_IN",
      cryptowithdrawal: "TRANSFER_OUT",
      cryptotoexchangetransfer: "TRANSFER_OUT",
      exchangetocryptotransfer: "TRANSFER_IN",
      referralcardcashback: "BONUS",
      referralgift: "BONUS",
      vibandeposit: "DEPOSIT",
      mcostakereward: "INTEREST",
      cryptoearninterestpaid: "INTEREST",
    },
    take: (cell) => {
      const kind = cell("transactionkind");
      if (kind.startsWith("finance.") || kind.startsWith("lockup"))
        return { type: kind.includes("interest") ? "interest" : "transfer" };
      // Bought with money: the coin is on the other side.
      return kind === "viban_purchase" ? { ticker: cell("tocurrency"), quantity: cell("toamount") } : {};
    },
    zone: "UTC",
    ...crypto,
  },
  {
    name: "Relai",
    headers: ["date", "transactiontype", "btcamount", "btcprice", "currencypair", "fiatcurrency", "fee"],
    columns: {
      date: "date",
      type: "transactiontype",
      ticker: "currencypair",
      quantity: "btcamount",
      price: "btcprice",
      gross: "fiatamountexclfees",
      currency: "fiatcurrency",
      fee: "fee",
      feeCurrency: "feecurrency",
    },
    ...crypto,
  },
  {
    name: "Revolut crypto",
    headers: ["symbol", "type", "quantity", "price", "value", "fees", "date"],
    columns: {
      date: "date",
      type: "type",
      ticker: "symbol",
      quantity: "quantity",
      price: "price",
      gross: "value",
      fee: "fees",
    },
    ...crypto,
  },
  {
    name: "CoinTracking",
    headers: ["type", "buy", "cur", "sell", "cur2", "fee", "cur3", "exchange", "date"],
    columns: { date: "date", type: "type", fee: "fee", feeCurrency: "cur3", description: "comment" },
    take: (cell) => {
      const isSale = cell("type") === "Trade" && fiat.test(cell("cur"));
      const [coin, money] = isSale ? (["sell", "buy"] as const) : (["buy", "sell"] as const);
      const unit = { buy: cell("cur"), sell: cell("cur2") };
      return {
        type: cell("type") === "Trade" ? coin : cell("type"),
        ticker: unit[coin] || unit[money],
        quantity: cell(coin) || cell(money),
        ...(unit[coin] &&
          unit[money] && { gross: cell(money), currency: unit[money], amountCurrency: unit[money] }),
      };
    },
    ...crypto,
  },
  ...(["basecurrencyname", "basecurrency"] as const).map(
    (base): Format => ({
      name: "Delta",
      headers: ["baseamount", base, "quoteamount", "quotecurrency", "feeamount"],
      columns: {
        date: "date",
        type: ["way", "type"],
        quantity: "baseamount",
        gross: "quoteamount",
        currency: "quotecurrency",
        amountCurrency: "quotecurrency",
        fee: "feeamount",
        assetType: "basetype",
      },
      take: (cell) => ({
        ticker: code(cell(base)),
        feeCurrency: code(cell("feecurrencyname") || cell("feecurrency")),
      }),
      decimalMark: "point",
    }),
  ),
];
