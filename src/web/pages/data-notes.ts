/** What a person should know of the data behind their figures: prices still on their way, failed, old or missing. */
import type { PoolClient } from "pg";
import type { Format } from "../format.ts";

export interface DataNote {
  readonly kind: "information" | "warning" | "failure";
  readonly ticker: string;
  readonly text: string;
  readonly progress: { readonly done: number; readonly total: number } | null;
}

interface TickerData {
  readonly ticker: string;
  readonly first_trade_date: string;
  readonly last_error: string | null;
  readonly is_active: boolean | null;
  readonly first_bar_date: string | null;
  readonly last_bar_date: string | null;
  readonly is_final: boolean | null;
  readonly is_stale: boolean | null;
  readonly defects: number;
  /** The symbol has come to mean something else: nothing of that is taken. */
  readonly is_other: boolean;
  readonly progress: { readonly done: number; readonly total: number } | null;
}

/**
 * `fetching`: prices of a ticker are on their way, so the page is worth looking at again soon. `firstBars`: the day
 * of each ticker's first known price.
 */
export async function readDataNotes(
  client: PoolClient,
  userId: number,
  format: Format,
): Promise<{ notes: DataNote[]; fetching: boolean; firstBars: ReadonlyMap<string, string> }> {
  const { rows } = await client.query<TickerData>({
    name: "read_data_notes",
    // A price is old when the newest price of anything is more than a week newer: no market is closed for so long.
    text: `with traded as (
             select
               upper(btrim(ticker)) as ticker,
               min(transaction_date) as first_trade_date
             from bronze.transactions
             where user_id = $1
             group by upper(btrim(ticker))
           ),
           fetches as (
             select
               partition.ticker,
               steps.progress
             from orchestrator.runs
             cross join lateral jsonb_array_elements_text(nullif(options -> 'partitions', 'null')) as partition (ticker)
             left join orchestrator.steps on steps.run_id = runs.run_id and steps.status = 'running' and steps.action = 'ingest'
             where runs.status in ('queued', 'running')
           )
           select
             traded.ticker,
             traded.first_trade_date,
             raw_assets.last_error,
             raw_assets.is_active,
             first_bar.price_date as first_bar_date,
             last_bar.price_date as last_bar_date,
             last_bar.is_final,
             last_bar.price_date < (select max(price_date) from bronze.raw_prices) - 7 as is_stale,
             (
               select count(*)
               from bronze.market_defects
               where market_defects.ticker = traded.ticker
                 and defect_date >= traded.first_trade_date - 10
             ) as defects,
             exists (
               select
               from bronze.market_defects
               where market_defects.ticker = traded.ticker
                 and defect in ('other_currency', 'other_company')
             ) as is_other,
             (select progress from fetches where fetches.ticker = traded.ticker limit 1) as progress
           from traded
           left join bronze.raw_assets on raw_assets.ticker = traded.ticker
           left join lateral (
             select price_date
             from bronze.raw_prices
             where ticker = traded.ticker
             order by price_date
             limit 1
           ) first_bar on true
           left join lateral (
             select price_date, is_final
             from bronze.raw_prices
             where ticker = traded.ticker
             order by price_date desc
             limit 1
           ) last_bar on true
           order by traded.ticker`,
    values: [userId],
  });
  const splits = await readDoubtfulSplits(client, userId);
  return {
    notes: [
      ...rows.flatMap((row) => describe(row, format)),
      ...splits.map((split) => describeSplit(split, format)),
      ...provisionalNotes(rows, format),
    ],
    fetching: rows.some(isFetching),
    firstBars: new Map(
      rows.flatMap(({ ticker, first_bar_date }) =>
        first_bar_date === null ? [] : [[ticker, first_bar_date]],
      ),
    ),
  };
}

interface DoubtfulSplit {
  readonly ticker: string;
  readonly action_date: string;
  readonly numerator: string;
  readonly denominator: string;
  readonly is_accepted: boolean;
}

/** Splits since a first trade that ask to be looked at. None before the models are built for the first time. */
async function readDoubtfulSplits(client: PoolClient, userId: number): Promise<DoubtfulSplit[]> {
  const { rows: models } = await client.query<{ is_built: boolean }>(
    `select to_regclass('"default".stg_splits') is not null as is_built`,
  );
  if (!models[0]!.is_built) return [];
  const { rows } = await client.query<DoubtfulSplit>({
    name: "read_doubtful_splits",
    text: `select ticker, action_date, trim_scale(numerator) as numerator, trim_scale(denominator) as denominator, is_accepted
           from stg_splits
           where is_doubtful
             and action_date > (
               select min(transaction_date)
               from bronze.transactions
               where user_id = $1
                 and transactions.ticker = stg_splits.ticker
             )
           order by ticker, action_date`,
    values: [userId],
  });
  return rows;
}

function describeSplit({ ticker, action_date, ...split }: DoubtfulSplit, format: Format): DataNote {
  const { numerator, denominator, is_accepted } = split;
  const verdict = is_accepted ? "is applied to your shares, and is odd" : "does not change your shares";
  return {
    kind: "warning",
    ticker,
    text: `The split ${numerator}:${denominator} of ${format.date(action_date)} ${verdict}: its page says why.`,
    progress: null,
  };
}

/** One note for all tickers of a day: during a session it is every ticker of the exchange. */
function provisionalNotes(rows: readonly TickerData[], format: Format): DataNote[] {
  const provisional = rows.filter(({ is_final }) => is_final === false);
  const days = Map.groupBy(provisional, ({ last_bar_date }) => last_bar_date ?? "");
  return [...days].map(([day, tickers]) => ({
    kind: "information",
    ticker: tickers.map(({ ticker }) => ticker).join(", "),
    text: `Provisional price of ${format.date(day)}: the session was still open when it was fetched.`,
    progress: null,
  }));
}

const isFetching = ({ first_bar_date, last_error }: TickerData): boolean =>
  first_bar_date === null && last_error === null;

function describe(row: TickerData, format: Format): DataNote[] {
  const note = (kind: DataNote["kind"], text: string): DataNote => ({
    kind,
    ticker: row.ticker,
    text,
    progress: null,
  });
  if (isFetching(row))
    return [{ ...note("information", "Its price history is being fetched."), progress: row.progress }];
  const notes: DataNote[] = [];
  if (row.last_error !== null && row.is_other)
    notes.push(note("failure", `${row.last_error}. It is valued at its last known price.`));
  else if (row.last_error !== null) {
    const meanwhile =
      row.first_bar_date === null
        ? "They are asked for again by themselves; until they are there, it is valued at your last trade price."
        : "They are asked for again by themselves; until then it is valued at its last known price.";
    notes.push(note("failure", `Prices could not be fetched: ${row.last_error}. ${meanwhile}`));
  }
  if (row.first_bar_date !== null && row.first_trade_date < row.first_bar_date) {
    const day = format.date(row.first_bar_date);
    notes.push(
      note(
        "warning",
        `Traded before its first known price of ${day}: until then it is valued at your last trade price.`,
      ),
    );
  }
  if (row.defects > 0)
    notes.push(
      note(
        "warning",
        row.defects === 1
          ? "Something is wrong with its market data: its page says what, and what was done."
          : `${row.defects} things are wrong with its market data: its page says which, and what was done.`,
      ),
    );
  if (row.is_active === false && row.last_bar_date !== null)
    notes.push(
      note("warning", `No longer quoted: valued at its last price, of ${format.date(row.last_bar_date)}.`),
    );
  else if (row.is_stale && row.last_bar_date !== null)
    notes.push(note("warning", `No new price since ${format.date(row.last_bar_date)}: valued at that one.`));
  return notes;
}
