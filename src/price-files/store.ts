/** A price file taken in: read, placed, and written as a whole together with its report, or not at all. */
import { createHash } from "node:crypto";
import type { ClientBase, Pool } from "pg";
import { judgeRates } from "../../assets/ingest/fx-verdicts.ts";
import type { DateOrder } from "../ledger/import/dates.ts";
import { unitOf } from "../market/currency.ts";
import { type PlacedSeries, type Placement, type PriceFileHints, placeSeries } from "./place.ts";
import { readPriceFileAside } from "./read-aside.ts";
import type { PriceFileReading, RowNote } from "./reading.ts";

export interface PriceFile extends PriceFileHints {
  readonly text: string;
  readonly origin: "upload" | "folder" | "command" | "url";
  /** What its prices are in, as unitOf knows it; null: as its exchange quotes. */
  readonly unit?: string | null;
  readonly dateOrder: DateOrder | null;
  /** What it contradicts becomes what it says; else what is stored stands. */
  readonly replaces: boolean;
}

export interface PriceFileReport {
  readonly file_id: number;
  readonly received_at: string;
  /** Why nothing of it is used; null: it was read. */
  readonly problem: string | null;
  readonly kind: "prices" | "rates" | "nowhere";
  /** Null of rates. */
  readonly exchange: string | null;
  readonly tickers: readonly string[];
  readonly from: string | null;
  readonly to: string | null;
  readonly rows: number;
  readonly repeated: number;
  readonly refused: number;
  readonly refused_by_reason: Readonly<Record<string, number>>;
  /** The first of them. */
  readonly refused_rows: readonly RowNote[];
  readonly doubtful: number;
  readonly doubtful_rows: readonly RowNote<string>[];
  readonly inserted: number;
  readonly replaced: number;
  readonly unchanged: number;
  readonly contradicting: number;
  /** The first of the days on which the file says otherwise than what is stored. */
  readonly contradictions: readonly Contradiction[];
  readonly series_refused: readonly {
    readonly ticker: string;
    readonly reason: string;
    readonly rows: number;
    readonly detail: string;
  }[];
  readonly splits: readonly { readonly ticker: string; readonly date: string; readonly detail: string }[];
  /** Bars that figures do without. */
  readonly kept_out: readonly {
    readonly ticker: string;
    readonly date: string;
    readonly defect: string;
    readonly detail: string;
  }[];
  readonly notes: readonly string[];
}

export interface Contradiction {
  readonly ticker: string;
  readonly date: string;
  readonly stored: string;
  readonly file: string;
}

const mostRefusedRows = 5000;
const mostDoubtfulRows = 500;
const weekend = [0, 6];

/** Of an account that acts for an operator (`public.store_price_file`), or of the owner of the schemas. */
export type StoringFunction = "public.store_price_file" | "bronze.store_price_file";

/** PostgreSQL takes neither NUL nor half of a pair of surrogates: a cell that was cut may end in one. */
const storable = (_key: string, value: unknown): unknown =>
  typeof value === "string" ? value.toWellFormed().replaceAll("\0", "\ufffd") : value;

/** Throws what the database throws; whatever is wrong with the file stands in its report. */
export async function takePriceFile(
  pool: Pool | ClientBase,
  file: PriceFile,
  { now, by }: { readonly now: Date; readonly by: StoringFunction },
): Promise<PriceFileReport> {
  const { reading, placement } = await readAndPlace(pool, file, now);
  const brought = await broughtBy(pool, reading, inUnit(placement, file.unit ?? null));
  const digest = createHash("sha256").update(file.text).digest("hex");
  const { name, origin, replaces } = file;
  const { rows } = await pool.query<{ report: PriceFileReport }>(`select ${by}($1::jsonb) as report`, [
    JSON.stringify(
      {
        name: name.slice(0, 300),
        digest,
        origin,
        source: origin === "url" ? "url" : "file",
        replaces,
        ...brought,
      },
      storable,
    ),
  ]);
  return rows[0]!.report;
}

const inUnit = (placement: Placement, unit: string | null): Placement =>
  placement.kind !== "prices" || unit === null
    ? placement
    : {
        ...placement,
        placed: placement.placed.map((each) => ({ ...each, exchange: { ...each.exchange, unit } })),
      };

async function readAndPlace(
  pool: Pool | ClientBase,
  file: PriceFile,
  now: Date,
): Promise<{ reading: PriceFileReading; placement: Placement }> {
  // Somewhere it is tomorrow already.
  const today = new Date(now.getTime() + 14 * 3_600_000).toISOString().slice(0, 10);
  const isRates = file.isRates || file.pair !== null;
  const read = (restDays: readonly number[]) =>
    readPriceFileAside(file.text, { today, restDays, dateOrder: file.dateOrder });
  const restDays = isRates ? [] : (file.exchange?.restDays ?? weekend);
  const reading = await read(restDays);
  if (reading.problem !== null) return { reading, placement: { kind: "nowhere", problem: reading.problem } };
  const placement = await placeSeries(pool, reading.series, file);
  const known =
    placement.kind === "rates"
      ? []
      : placement.kind === "prices"
        ? placement.placed[0]!.exchange.restDays
        : restDays;
  if (known.join() === restDays.join()) return { reading, placement };
  const again = await read(known);
  return { reading: again, placement: await placeSeries(pool, again.series, file) };
}

/** What the database is given of the file: what to write, and the part of the report that is known before. */
async function broughtBy(
  pool: Pool | ClientBase,
  reading: PriceFileReading,
  placement: Placement,
): Promise<object> {
  const { rows, repeated, refused, doubtful, series } = reading;
  const bars = series.flatMap(({ bars }) => bars);
  const days = bars.map(({ date }) => date).sort();
  const report = {
    problem: null,
    kind: placement.kind,
    exchange: null as string | null,
    tickers: [] as string[],
    from: days[0] ?? null,
    to: days.at(-1) ?? null,
    rows,
    repeated,
    ...{
      inserted: 0,
      replaced: 0,
      unchanged: 0,
      contradicting: 0,
      contradictions: [],
      series_refused: [],
      splits: [],
      kept_out: [],
    },
    notes: [] as string[],
    ...refusals(refused),
    doubtful: doubtful.length,
    doubtful_rows: doubtful.slice(0, mostDoubtfulRows),
  };
  if (placement.kind === "nowhere") return { report: { ...report, problem: placement.problem } };
  if (placement.kind === "rates") {
    const { pair } = placement;
    const lines = new Map(placement.series.bars.map(({ date, line }) => [date, line]));
    const quotes = placement.series.bars.map(({ date, close }) => ({ date, value: close, isFinal: true }));
    const judged = judgeRates(quotes, pair.isInverse, null);
    const defects = judged.defects.map(
      ({ date, detail }): RowNote => ({
        line: lines.get(date)!,
        reason: "not_a_rate",
        detail: `${date}: ${detail}`,
      }),
    );
    const all = refusals([...refused, ...defects].sort((a, b) => a.line - b.line));
    return {
      report: { ...report, ...all, tickers: [pair.currency] },
      currency: pair.currency,
      rates: judged.rates.map(({ date, usdPerUnit }) => ({ rate_date: date, usd_per_unit: usdPerUnit })),
    };
  }
  const { placed, notes } = await underNewSymbols(pool, placement.placed);
  const found = [...notes, ...(await successions(pool, placed))];
  const tickers = [...new Set(placed.map(({ ticker }) => ticker))].sort();
  return {
    report: { ...report, tickers, exchange: placed[0]!.exchange.mic || null, notes: found },
    assets: tickers.map((ticker) => assetOf(placed.find((each) => each.ticker === ticker)!)),
    bars: placed.flatMap(({ ticker, series: { bars } }) => bars.map((bar) => rowOf(ticker, bar))),
    splits: placed.flatMap(({ ticker, series: { splits } }) =>
      splits.map(({ date: action_date, ...split }) => ({ ticker, action_date, ...split })),
    ),
  };
}

const refusals = (refused: readonly RowNote[]) => ({
  refused: refused.length,
  refused_by_reason: Object.fromEntries(
    [...Map.groupBy(refused, ({ reason }) => reason)].map(([reason, own]) => [reason, own.length]),
  ),
  refused_rows: refused.slice(0, mostRefusedRows),
});

function assetOf({ ticker, exchange, series: { code, name } }: PlacedSeries) {
  const unit = unitOf(exchange.unit)!;
  return {
    ticker,
    name: name ?? code ?? ticker,
    asset_class: ticker.startsWith("^") ? "index" : "stock",
    quote_unit: unit.name,
    currency: unit.currency,
    unit_factor: unit.factor,
    exchange: exchange.name || null,
    exchange_timezone: exchange.timeZone,
  };
}

const rowOf = (
  ticker: string,
  { date, open, high, low, close, adjClose, volume }: PlacedSeries["series"]["bars"][number],
) => ({
  ticker,
  price_date: date,
  open,
  high,
  low,
  close,
  adj_close: adjClose,
  volume,
});

/** A symbol that was changed means the new one, which has the whole history. */
async function underNewSymbols(
  client: Pool | ClientBase,
  placed: readonly PlacedSeries[],
): Promise<{ placed: readonly PlacedSeries[]; notes: readonly string[] }> {
  const { rows } = await client.query<{ from: string; to: string; changedOn: string }>(
    `select from_ticker as "from", to_ticker as "to", changed_on as "changedOn"
     from bronze.symbol_changes
     where from_ticker = any ($1)`,
    [placed.map(({ ticker }) => ticker)],
  );
  const changes = new Map(rows.map((change) => [change.from, change]));
  const notes: string[] = [];
  const renamed = placed.flatMap((each): PlacedSeries[] => {
    const change = changes.get(each.ticker);
    if (change === undefined) return [each];
    const { bars, splits, ...series } = each.series;
    const isOld = ({ date }: { readonly date: string }): boolean => date < change.changedOn;
    const part = (ticker: string, isOfPart: typeof isOld): PlacedSeries => ({
      ...each,
      ticker,
      series: { ...series, bars: bars.filter(isOfPart), splits: splits.filter(isOfPart) },
    });
    const parts = [part(change.to, isOld), part(each.ticker, (day) => !isOld(day))];
    notes.push(
      `${change.from} has been ${change.to} since ${change.changedOn}: its prices before that are written as ${change.to}'s`,
    );
    return parts.filter((own) => own.series.bars.length > 0);
  });
  return { placed: renamed, notes };
}

/** Tickers that look like another one's new code: nothing of them is stored, and their first row names its last close as the close before. */
async function successions(client: Pool | ClientBase, placed: readonly PlacedSeries[]): Promise<string[]> {
  const firsts = placed.flatMap(({ ticker, exchange, series: { bars } }) =>
    bars[0]?.previous
      ? [{ ticker, exchange: exchange.name, date: bars[0].date, previous: bars[0].previous }]
      : [],
  );
  const { rows } = await client.query<{
    ticker: string;
    date: string;
    old: string;
    last: string;
    close: string;
  }>(
    `select starting.ticker, starting.date, min(ended.ticker) as old, min(ended.price_date) as last, min(starting.previous) as close
     from jsonb_to_recordset($1::jsonb) as starting (ticker text, exchange text, date date, previous numeric)
     join lateral (
       select assets.ticker, bar.price_date, bar.close
       from bronze.raw_assets as assets
       cross join lateral (
         select price_date, close
         from bronze.raw_prices
         where raw_prices.ticker = assets.ticker
         order by price_date desc
         limit 1
       ) as bar
       where assets.exchange = starting.exchange
         and assets.source = 'file'
         and assets.ticker <> all ($2)
     ) as ended
       on ended.price_date between starting.date - 10 and starting.date - 1
       and ended.close = starting.previous
     where not exists (select from bronze.raw_prices where raw_prices.ticker = starting.ticker)
     group by starting.ticker, starting.date
     having count(*) = 1`,
    [JSON.stringify(firsts), placed.map(({ ticker }) => ticker)],
  );
  return rows.map(
    ({ ticker, date, old, last, close }) =>
      `${ticker} begins on ${date} after a close of ${close}, with which ${old} ended on ${last}: if it is ${old} under a new symbol, enter the change and give the older files again`,
  );
}
