/** Which column of a file is which field, told from what brokers call them. Pure. */

export const importFields = ["date", "type", "ticker", "quantity", "price", "fee", "currency"] as const;

export type ImportField = (typeof importFields)[number];

export const requiredFields: readonly ImportField[] = ["date", "type", "ticker", "quantity", "price"];

/** The name of each field's column; null: the file has none. */
export type ColumnMapping = Readonly<Record<ImportField, string | null>>;

// Best first, as spelled by `spell`: where a file has both, a trade's date is meant and not its settlement.
const synonyms: Readonly<Record<ImportField, readonly string[]>> = {
  date: [
    ...[
      "tradedate",
      "transactiondate",
      "executiondate",
      "orderdate",
      "date",
      "datetime",
      "time",
      "activitydate",
    ],
    ...["executedat", "rundate", "day", "datum", "buchungsdatum", "handelsdatum", "fecha", "data"],
  ],
  type: [
    ...[
      "type",
      "transactiontype",
      "tradetype",
      "ordertype",
      "side",
      "action",
      "buysell",
      "activity",
      "operation",
    ],
    ...["activitytype", "transcode", "transaction", "typ", "art", "tipo", "sens"],
  ],
  ticker: [
    ...[
      "ticker",
      "symbol",
      "tickersymbol",
      "stocksymbol",
      "instrument",
      "security",
      "asset",
      "code",
      "underlying",
    ],
    ...["product", "wertpapier", "valor"],
  ],
  quantity: [
    ...[
      "quantity",
      "qty",
      "shares",
      "units",
      "noofshares",
      "numberofshares",
      "volume",
      "size",
      "amountofshares",
    ],
    ...["filledqty", "anzahl", "stück", "stücke", "menge", "quantité", "cantidad", "quantità"],
  ],
  price: [
    ...[
      "price",
      "pricepershare",
      "priceshare",
      "unitprice",
      "shareprice",
      "tradeprice",
      "averageprice",
      "avgprice",
    ],
    ...["fillprice", "tprice", "rate", "kurs", "preis", "prix", "precio", "prezzo"],
  ],
  fee: [
    ...["fee", "fees", "commission", "commissions", "commfee", "feesandcommissions", "feescomm", "brokerage"],
    ...["charges", "cost", "transactioncosts", "gebühr", "gebühren", "provision", "frais", "comisión"],
  ],
  currency: ["currency", "ccy", "curr", "currencycode", "pricecurrency", "währung", "devise", "moneda"],
};

/** "Price (USD)", "price_usd" and "Price / USD" are one name. */
function spell(header: string): string {
  const letters = header
    .toLowerCase()
    .replaceAll(/\([^)]*\)|\[[^\]]*\]/g, "")
    .replaceAll(/[^\p{L}\p{N}]/gu, "");
  return letters.replace(/(?<=.)usd$/, "");
}

/** A column for each field, none for two; what is given stands, if the file has such a column. */
export function mapColumns(headers: readonly string[], given: Partial<ColumnMapping> = {}): ColumnMapping {
  const isGiven = (field: ImportField) => {
    const name = given[field];
    return name === null || (name !== undefined && headers.includes(name));
  };
  const taken = new Set(importFields.filter(isGiven).map((field) => given[field]));
  const column = (field: ImportField): string | null => {
    if (isGiven(field)) return given[field] ?? null;
    for (const synonym of synonyms[field]) {
      const name = headers.find((header) => !taken.has(header) && spell(header) === synonym);
      if (name === undefined) continue;
      taken.add(name);
      return name;
    }
    return null;
  };
  return Object.fromEntries(importFields.map((field) => [field, column(field)])) as ColumnMapping;
}
