/** Whether the ticker that a row is read as is the listing that was traded, by the currencies of both. Pure. */
import { plain } from "../../plain.ts";
import { UnnamedCurrencyError } from "../currency-errors.ts";
import type { KnownTicker } from "../tickers.ts";
import { exchangesIn, instrumentKey } from "./instrument.ts";
import { assumedCurrency } from "./lookup.ts";
import { type Note, noteOf, type Remark, remarkIn, remarkOf } from "./remarks.ts";
import type { ImportRow } from "./rows.ts";

export interface Judgement {
  readonly errors: readonly Remark[];
  readonly warnings: readonly Remark[];
  readonly notes: readonly Note[];
}

export const noJudgement: Judgement = { errors: [], warnings: [], notes: [] };

/** What is paid in another currency than its ticker's may be of another listing, or of another company. */
export function doubtListing({ input, entry }: ImportRow, { unit }: KnownTicker): Remark | null {
  if (input?.currency === undefined || input.currency === unit.currency) return null;
  const name = entry.instrument?.symbol || input.ticker;
  return remarkIn(
    "unknown_ticker",
    plain("It was paid in {paidIn}, and {ticker} is quoted in {currency}: say which ticker {name} is.", {
      paidIn: input.currency,
      ticker: input.ticker ?? "",
      currency: unit.currency,
      name: name ?? "",
    }),
  );
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
  const note = plain("Paid in {paidIn}, and {ticker} is quoted in {currency}: converted at the day's rate.", {
    paidIn: input.currency,
    ticker,
    currency: unit.currency,
  });
  return { ...noJudgement, notes: [noteOf(note)] };
}

function judgeUnnamed({ entry }: ImportRow, { ticker, unit }: KnownTicker): Judgement {
  if (!entry.isAsQuoted)
    return unit.name === assumedCurrency
      ? noJudgement
      : { ...noJudgement, errors: [remarkOf(new UnnamedCurrencyError(ticker, unit.name))] };
  if (unit.factor === "1") return noJudgement;
  const words = plain("{ticker} is quoted in {unit}, and its price here is taken in {currency}.", {
    ticker,
    unit: unit.name,
    currency: unit.currency,
  });
  return { ...noJudgement, warnings: [remarkIn("unit_assumed", words)] };
}

/** Where a symbol may be listed that is paid in the currency. */
export const listingsIn = (currency: string | null, symbol: string): string[] =>
  symbol === "" || currency === null || /[.=]/.test(symbol)
    ? []
    : exchangesIn(currency).map((suffix) => `${symbol}${suffix}`);
