/** Rows that earlier imports kept and that the ledger can take by now, as a file that is imported as any other. */
import { Big } from "big.js";
import { stringify } from "csv-stringify/sync";
import { personTransaction } from "../../database/person.ts";
import type { LedgerContext } from "../context.ts";
import { bookRows } from "./booking.ts";
import { readMoment } from "./dates.ts";
import { type DecimalMark, readFigure } from "./figures.ts";
import type { Texts } from "./format.ts";
import { formats } from "./formats/index.ts";
import { readFileAside } from "./read-aside.ts";
import { isForLedger, readRow } from "./rows.ts";
import { maxCsvRecords } from "./tables.ts";

interface KeptRow {
  readonly key: string;
  readonly format: string | null;
  readonly kind: string;
  readonly date: string;
  readonly symbol: string | null;
  readonly identifier: string | null;
  readonly quantity: string | null;
  readonly price: string | null;
  readonly amount: string | null;
  readonly fee: string | null;
  readonly currency: string | null;
  readonly texts: Texts;
}

/** What the ledger has types for, once each: trades where their currency alone stood in the way, when dollars alone were taken. */
async function readKept({ pool }: Pick<LedgerContext, "pool">, userId: number): Promise<KeptRow[]> {
  const { rows } = await personTransaction(pool, userId, (client) =>
    client.query<KeptRow>(
      `with kept as (
         select distinct on (row_key) import_rows.*, imports.format, imports.imported_at
         from public.import_rows
         join public.imports using (user_id, import_id)
         where user_id = $1
         order by row_key, transaction_id is null, imported_at desc
       )
       select
         row_key as key, format, kind, entry_date as date, symbol, identifier, trim_scale(quantity) as quantity,
         trim_scale(price) as price, trim_scale(amount) as amount, trim_scale(fee) as fee, currency, texts
       from kept
       where transaction_id is null
         and entry_date is not null
         and (
           kind in (
             'DIVIDEND', 'INTEREST', 'DEPOSIT', 'WITHDRAWAL', 'FEE', 'TAX', 'TRANSFER_IN', 'TRANSFER_OUT', 'FX_IN', 'FX_OUT',
             'RETURN_OF_CAPITAL', 'BONUS'
           )
           or kind in ('BUY', 'SELL')
           and starts_with(reason, 'left out: expected a price in USD')
         )
       order by entry_date, imported_at, line
       limit $2`,
      [userId, maxCsvRecords],
    ),
  );
  return rows;
}

/** The mark by which the row's own text is the figure that was understood of it. */
function markOf({ amount, quantity, price, texts }: KeptRow): DecimalMark {
  const pairs = [
    [amount, texts.amount || texts.gross],
    [price, texts.price],
    [quantity, texts.quantity],
  ] as const;
  const isMark = (mark: DecimalMark): boolean =>
    pairs.every(([value, text]) => {
      const read = value === null || !text ? null : readFigure(text, mark)?.value;
      return !read || new Big(read).eq(value!);
    });
  return isMark("point") ? "point" : "comma";
}

/** Figures that are not stored by themselves: the sum before costs, where there was one after them, and taxes. */
function stillToRead(row: KeptRow): { gross: string; amount: string; tax: string } {
  const mark = markOf(row);
  const plain = (text: string | undefined): string => (text && readFigure(text, mark)?.value) || "";
  const gross = plain(row.texts.gross);
  const taxes = (row.texts.tax ?? []).map(plain).filter((text) => text !== "");
  const tax = taxes.length === 0 ? "" : taxes.reduce((sum, text) => sum.plus(text), new Big(0)).toFixed();
  const isNet = plain(row.texts.amount) !== "";
  return { gross: isNet ? gross : (row.amount ?? ""), amount: isNet ? (row.amount ?? "") : "", tax };
}

const columns = [
  ...["kept row", "date", "time", "kind", "symbol", "isin", "name", "quantity", "price", "gross", "amount"],
  ...["fee", "tax", "currency", "amount currency", "fee currency", "asset class", "reference"],
];

/** Kinds as the format of earlier imports has them; a coin's exchange is told by the class of its rows. */
function lineOf(row: KeptRow): string[] {
  const { texts } = row;
  const time = readMoment(`2000-01-01 ${texts.time ?? ""}`)?.time ?? readMoment(texts.date ?? "")?.time ?? "";
  const isCrypto = formats.some(({ name, isCrypto: is }) => name === row.format && is);
  const isTrade = row.kind === "BUY" || row.kind === "SELL";
  const { gross, amount, tax } = stillToRead(row);
  return [
    row.key,
    row.date,
    time === "00:00:00" ? "" : time,
    row.kind,
    row.symbol ?? "",
    row.identifier ?? "",
    texts.name ?? "",
    row.quantity ?? "",
    row.price ?? "",
    gross,
    amount,
    row.fee ?? "",
    isTrade ? "" : tax, // a trade's fee has them
    row.currency ?? "",
    texts.amountCurrency || (row.currency ?? ""),
    isTrade ? (row.currency ?? "") : (texts.feeCurrency ?? ""),
    isCrypto ? "crypto" : "",
    texts.status ?? "",
  ];
}

/** A file of them, to be reviewed and imported; null: there is none. */
export async function readKeptFile(
  context: Pick<LedgerContext, "pool">,
  userId: number,
): Promise<string | null> {
  const rows = await readKept(context, userId);
  return rows.length === 0 ? null : stringify([columns, ...rows.map(lineOf)]);
}

/** How many of them can be recorded now, as far as is known before their tickers are looked up. */
export async function countRecordable(context: LedgerContext, userId: number): Promise<number> {
  const csv = await readKeptFile(context, userId);
  if (csv === null) return 0;
  const { entries } = await readFileAside({ csv }, context.clock());
  const resolve = ({ instrument }: (typeof entries)[number]) =>
    instrument?.ticker === null ? (instrument.identifier ?? undefined) : undefined;
  const read = entries.map((entry) => readRow(entry, resolve, context.clock));
  const booked = await bookRows(read, resolve, context.clock);
  return booked.filter(
    (row) => row.partOf !== undefined || (row.input !== null && (isForLedger(row) || row.group)),
  ).length;
}
