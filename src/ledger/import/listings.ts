/** Whether the ticker that a row is read as is the listing that was traded, by the currencies of both. Pure. */
import { UnnamedCurrencyError } from "../currency-errors.ts";
import type { KnownTicker } from "../tickers.ts";
import { exchangesIn, instrumentKey } from "./instrument.ts";
import { assumedCurrency } from "./lookup.ts";
import { type Remark, remarkOf } from "./remarks.ts";
import type { ImportRow } from "./rows.ts";

export interface Judgement {
  readonly errors: readonly Remark[];
  readonly warnings: readonly Remark[];
  readonly notes: readonly string[];
}

export const noJudgement: Judgement = { errors: [], warnings: [], notes: [] };

/** What is paid in another currency than its ticker's may be of another listing, or of another company. */
export function doubtListing({ input, entry }: ImportRow, { unit }: KnownTicker): Remark | null {
  if (input?.currency === undefined || input.currency === unit.currency) return null;
  const name = entry.instrument?.symbol || input.ticker;
  return {
    code: "unknown_ticker",
    message: `it was paid in ${input.currency}, and ${input.ticker} is quoted in ${unit.currency}: say which ticker ${name} is`,
  };
}

/** Of a trade. `named`: by a person, whose word stands, as an ISIN's does: what was paid is converted then, and said. */
export function judgeListing(
  row: ImportRow,
  found: KnownTicker,
  named: Readonly<Record<string, string>>,
): Judgement {
  const { input, entry } = row;
  const { ticker, unit } = found;
  if (input === null || entry.own !== undefined) return noJudgement;
  if (input.currency === undefined) return judgeUnnamed(row, found);
  if (input.currency === unit.currency) return noJudgement;
  const isSure =
    Object.hasOwn(named, instrumentKey(entry)) || entry.instrument?.identifier || entry.instrument?.quote;
  const doubt = isSure ? null : doubtListing(row, found);
  if (doubt) return { ...noJudgement, errors: [doubt] };
  const note = `paid in ${input.currency}, and ${ticker} is quoted in ${unit.currency}: converted at the day's rate`;
  return { ...noJudgement, notes: [note] };
}

function judgeUnnamed({ entry }: ImportRow, { ticker, unit }: KnownTicker): Judgement {
  if (!entry.isAsQuoted)
    return unit.name === assumedCurrency
      ? noJudgement
      : { ...noJudgement, errors: [remarkOf(new UnnamedCurrencyError(ticker, unit.name))] };
  if (unit.factor === "1") return noJudgement;
  const message = `${ticker} is quoted in ${unit.name}, and its price here is taken in ${unit.currency}`;
  return { ...noJudgement, warnings: [{ code: "unit_assumed", message }] };
}

/** Where a symbol may be listed that is paid in the currency. */
export const listingsIn = (currency: string | null, symbol: string): string[] =>
  symbol === "" || currency === null || /[.=]/.test(symbol)
    ? []
    : exchangesIn(currency).map((suffix) => `${symbol}${suffix}`);
