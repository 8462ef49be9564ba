/** What a person should know of the data behind their figures: prices still on their way, failed, old or missing. */
import type { PoolClient } from "pg";
import { together } from "../../database/person.ts";
import { readIngestions, type StepProgress } from "../../engine/index.ts";
import { isOwnAsset } from "../../market/ticker.ts";
import {
  arePricesUnderWay,
  type DoubtfulSplit,
  type OwedCash,
  type PriceState,
  readDoubtfulSplits,
  readOwedCash,
  readPriceStates,
  readRateStates,
} from "../../portfolio/index.ts";
import type { Format } from "../format.ts";
import { sayKept } from "../kept-words.ts";
import { t } from "../messages/index.ts";
import { rateNote } from "../ticker/quality.ts";

export interface DataNote {
  readonly kind: "information" | "warning" | "failure";
  readonly ticker: string;
  readonly text: string;
  readonly progress: Pick<StepProgress, "done" | "total"> | null;
}

export interface DataNotes {
  /** `more`, where they are many, is folded: they would push what they are about off the screen. */
  readonly notes: { readonly shown: readonly DataNote[]; readonly more: readonly DataNote[] };
  readonly fetching: boolean;
  readonly missing: { readonly tickers: number; readonly of: number } | null;
  readonly firstBars: ReadonlyMap<string, string>;
}

/**
 * `fetching`: prices of a ticker are on their way, so the page is worth looking at again soon. `missing`: of how many of the
 * traded tickers they are; null: of none. `firstBars`: the day of each ticker's first known price.
 */
export async function readDataNotes(client: PoolClient, userId: number, format: Format): Promise<DataNotes> {
  const [states, isUnderWay, splits, rates, owed] = await together([
    readPriceStates(client, userId),
    arePricesUnderWay(client),
    readDoubtfulSplits(client, userId),
    readRateStates(client, userId),
    readOwedCash(client, userId),
  ]);
  const fetched = states.filter(isFetching).map(({ ticker }) => ticker);
  const progress =
    fetched.length === 1 ? await readIngestions(client, fetched) : new Map<string, StepProgress | null>();
  const notes: DataNote[] = [
    ...(fetched.length > 1 ? [fetchingNote(fetched.length, states.length)] : []),
    ...(isUnderWay ? [underWayNote()] : []),
    ...states
      .filter((state) => fetched.length < 2 || !isFetching(state))
      .flatMap((state) => describe(state, progress.get(state.ticker) ?? null, format)),
    ...splits.map((split) => describeSplit(split, format)),
    ...rates.map((rate) => ({
      ...rateNote(rate, format),
      ticker: rate.ticker ?? t("Cash in {currency}", { currency: rate.currency }),
      progress: null,
    })),
    ...owed.map((cash) => describeOwed(cash, format)),
    ...provisionalNotes(states, format),
  ];
  const length = notes.length > mostShown + 1 ? mostShown : notes.length;
  return {
    notes: { shown: notes.slice(0, length), more: notes.slice(length) },
    fetching: fetched.length > 0 || isUnderWay,
    missing: fetched.length > 0 ? { tickers: fetched.length, of: states.length } : null,
    firstBars: new Map(
      states.flatMap(({ ticker, first_bar_date }) =>
        first_bar_date === null ? [] : [[ticker, first_bar_date]],
      ),
    ),
  };
}

const mostShown = 4;

/** One for all of them: after an import they are sixty. */
const fetchingNote = (missing: number, traded: number): DataNote => ({
  kind: "information",
  ticker: t("Estimate:"),
  text: t("prices of {missing} of {traded} tickers are still missing. They are being fetched.", {
    missing: String(missing),
    traded: String(traded),
  }),
  progress: { done: traded - missing, total: traded },
});

const underWayNote = (): DataNote => ({
  kind: "information",
  ticker: t("Your tickers"),
  text: t("Their newest prices are being fetched."),
  progress: null,
});

function describeSplit({ ticker, action_date, ...split }: DoubtfulSplit, format: Format): DataNote {
  const { numerator, denominator, is_accepted } = split;
  const values = { numerator, denominator, date: format.date(action_date) };
  return {
    kind: "warning",
    ticker,
    text: t(
      is_accepted
        ? "The split {numerator}:{denominator} of {date} is applied to your shares, and is odd: its page says why."
        : "The split {numerator}:{denominator} of {date} does not change your shares: its page says why.",
      values,
    ),
    progress: null,
  };
}

/** Margin is allowed; but a deposit that was forgotten looks the same, and moves every return. */
function describeOwed({ account, currency, balance }: OwedCash, format: Format): DataNote {
  const sum = format.in(currency).money(balance.replace("-", ""));
  return {
    kind: "warning",
    ticker: account,
    text: t(
      "{sum} more was paid than lay there: it counts as borrowed. If a deposit is missing, record it.",
      {
        sum,
      },
    ),
    progress: null,
  };
}

/** One note for all tickers of a day: during a session it is every ticker of the exchange. */
function provisionalNotes(rows: readonly PriceState[], format: Format): DataNote[] {
  const provisional = rows.filter(({ is_final }) => is_final === false);
  const days = Map.groupBy(provisional, ({ last_bar_date }) => last_bar_date ?? "");
  return [...days].map(([day, tickers]) => ({
    kind: "information",
    ticker: tickers.map(({ ticker }) => ticker).join(", "),
    text: t("Provisional price of {date}: the session was still open when it was fetched.", {
      date: format.date(day),
    }),
    progress: null,
  }));
}

const isFetching = ({ ticker, first_bar_date, last_error }: PriceState): boolean =>
  first_bar_date === null && last_error === null && !isOwnAsset(ticker);

/** Of an asset of one's own, which goes by its name. */
function describeOwn({ ticker, name, is_stale, ...row }: PriceState, format: Format): DataNote[] {
  const note = (text: string): DataNote => ({
    kind: "information",
    ticker: name ?? ticker,
    text,
    progress: null,
  });
  if (row.last_bar_date === null || row.first_bar_date === null)
    return [note(t("You have entered no price of it: it is valued at what you paid."))];
  if (row.first_trade_date < row.first_bar_date) {
    const date = format.date(row.first_bar_date);
    return [note(t("Your first price is of {date}: until then it is valued at what you paid.", { date }))];
  }
  return is_stale
    ? [
        note(
          t("Your price of {date} stands until you enter a newer one.", {
            date: format.date(row.last_bar_date),
          }),
        ),
      ]
    : [];
}

function describe(row: PriceState, progress: StepProgress | null, format: Format): DataNote[] {
  const note = (kind: DataNote["kind"], text: string): DataNote => ({
    kind,
    ticker: row.ticker,
    text,
    progress: null,
  });
  if (isOwnAsset(row.ticker)) return describeOwn(row, format);
  if (isFetching(row))
    return [{ ...note("information", t("Its price history is being fetched.")), progress }];
  return [
    ...failureNotes(row),
    ...beforeNotes(row, format),
    ...(row.defects > 0 ? [defectsOf(row.defects)] : []),
    ...ageNotes(row, format),
  ].map(({ kind, text }) => note(kind, text));
}

type Said = Pick<DataNote, "kind" | "text">;

function failureNotes({ last_error, is_other, first_bar_date }: PriceState): Said[] {
  if (last_error === null) return [];
  const error = sayKept(last_error);
  if (is_other)
    return [{ kind: "failure", text: t("{error}. It is valued at its last known price.", { error }) }];
  return [
    {
      kind: "failure",
      text: t(
        first_bar_date === null
          ? "Prices could not be fetched: {error}. They are asked for again by themselves; until they are there, it is valued at your last trade price."
          : "Prices could not be fetched: {error}. They are asked for again by themselves; until then it is valued at its last known price.",
        { error },
      ),
    },
  ];
}

function beforeNotes({ first_bar_date, first_trade_date }: PriceState, format: Format): Said[] {
  if (first_bar_date === null || first_trade_date >= first_bar_date) return [];
  const text = t(
    "Traded before its first known price of {date}: until then it is valued at your last trade price.",
    { date: format.date(first_bar_date) },
  );
  return [{ kind: "warning", text }];
}

const defectsOf = (count: number): Said => ({
  kind: "warning",
  text: t(
    "{count, plural, one {Something is wrong with its market data: its page says what, and what was done.} other {# things are wrong with its market data: its page says which, and what was done.}}",
    { count },
  ),
});

function ageNotes({ is_active, is_stale, last_bar_date }: PriceState, format: Format): Said[] {
  if (last_bar_date === null) return [];
  const date = format.date(last_bar_date);
  if (is_active === false)
    return [{ kind: "warning", text: t("No longer quoted: valued at its last price, of {date}.", { date }) }];
  return is_stale
    ? [{ kind: "warning", text: t("No new price since {date}: valued at that one.", { date }) }]
    : [];
}
