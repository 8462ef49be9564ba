/** Rows of our own export: each says all that there is to a transaction, and is read by what the ledger itself takes. Pure. */
import { z } from "zod";
import { transactionTypes } from "../transaction-types.ts";
import { readMoment } from "./dates.ts";
import type { Entry, OwnTexts, Reading } from "./entry.ts";
import type { TextLine } from "./format.ts";
import { spell } from "./spelling.ts";

/** The columns of the export beside those of every file, by name as spelled. */
const ownColumns = {
  row: "row",
  account: "account",
  amount: "amount",
  tax: "tax",
  fxrate: "fx_rate",
  fxcurrency: "fx_currency",
  numerator: "numerator",
  denominator: "denominator",
  acquiredon: "acquired_on",
  lots: "lots",
  marketvalue: "market_value",
  transferid: "transfer_id",
  groupid: "group_id",
  note: "note",
  tags: "tags",
  externalid: "external_id",
} as const;

function ownTextsOf({ beside = [] }: TextLine): OwnTexts {
  const known = beside.flatMap(({ name, text }) => {
    const column = ownColumns[spell(name) as keyof typeof ownColumns];
    return column ? [[column, text] as const] : [];
  });
  return Object.fromEntries(known);
}

/** The line as it stands: what is wrong with it is for the ledger to say. */
export function readOwnEntry(textLine: TextLine, { notation }: Reading): Entry {
  const { line, texts } = textLine;
  const own = ownTextsOf(textLine);
  const moment = readMoment(texts.date ?? "");
  const date = typeof moment?.date === "string" ? moment.date : null;
  const symbol = texts.ticker ?? "";
  const { row: _, fx_rate: _rate, fx_currency: _currency, ...more } = own;
  return {
    line,
    // What tells it from another row of the file, whichever columns its export had.
    texts: Object.keys(more).length === 0 ? texts : { ...texts, description: JSON.stringify(more) },
    kind: transactionTypes.find((type) => type === texts.type) ?? "OTHER",
    word: texts.type ?? "",
    date:
      date ??
      (moment && notation.dateOrder && typeof moment.date !== "string"
        ? moment.date[notation.dateOrder]
        : null),
    time: null,
    offset: null,
    instrument:
      symbol === ""
        ? null
        : {
            symbol,
            identifier: null,
            name: "",
            ticker: symbol.trim().toUpperCase(),
            spelled: null,
            quote: null,
            derivative: null,
          },
    quantity: texts.quantity || null,
    price: texts.price || null,
    amount: own.amount ?? null,
    fee: texts.fee?.[0] ?? null,
    currency: texts.currency || null,
    own,
    errors: [],
    warnings: [],
    notes: [],
  };
}

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: "custom" });
    return z.NEVER;
  }
});

/** As an API's body has it. What is no JSON stays a text, and is refused as that. */
export function ownFields({ texts, own = {}, date }: Entry): Record<string, unknown> {
  const {
    tags,
    lots,
    row: _row,
    fx_currency: _currency,
    transfer_id: _transfer,
    group_id: _group,
    market_value: _value,
    ...rest
  } = own;
  return {
    ...rest,
    type: texts.type,
    ticker: texts.ticker,
    quantity: texts.quantity,
    price: texts.price,
    fee: texts.fee?.[0],
    currency: texts.currency,
    date: date ?? texts.date,
    ...(tags !== undefined && { tags: json.safeParse(tags).data ?? tags }),
    ...(lots !== undefined && { lots: json.safeParse(lots).data ?? lots }),
  };
}
