/** What the same days would have returned in something else, as a sentence says it. */
import { isOwnAsset } from "../../market/ticker.ts";
import type { RangeFigures } from "../../portfolio/index.ts";
import type { Format } from "../format.ts";
import { t } from "../messages/index.ts";
import { shownTicker } from "../own-names.ts";

/** `own`: the return of the portfolio. `problem`: why there is no line, or not the whole of it. */
export function benchmarkView(
  { span, benchmark }: Pick<RangeFigures, "span" | "benchmark">,
  own: number,
  format: Format,
) {
  if (!benchmark) return null;
  const { ticker, name, returns, startsLate, convertedFrom } = benchmark;
  const reached = returns.at(-1) ?? null;
  const difference = reached === null || startsLate ? null : own - reached;
  return {
    ticker,
    name: isOwnAsset(ticker) ? null : name, // its name is what it goes by
    convertedFrom,
    return: reached,
    own,
    difference,
    points: difference === null ? null : format.compactNumber(Math.abs(difference) * 100),
    isAhead: difference !== null && difference >= 0,
    problem: benchmarkProblem(),
  };

  function benchmarkProblem(): string | null {
    const shown = shownTicker(ticker);
    const values = { ticker: shown, from: format.date(span.start), to: format.date(span.end) };
    if (returns.length === 0 && name === null)
      return t(
        "No prices of {ticker} are known here. Choose one that is proposed, or one that you have traded.",
        {
          ticker: shown,
        },
      );
    if (returns.length === 0 && convertedFrom !== null)
      return t(
        "No adjusted prices of {ticker}, or no exchange rates of {currency}, are known from {from} to {to}.",
        { ...values, currency: convertedFrom },
      );
    if (returns.length === 0)
      return t("No adjusted prices of {ticker} are known from {from} to {to}.", values);
    if (startsLate)
      return t(
        convertedFrom === null
          ? "The prices of {ticker} begin on {date}: it is measured from there, and not compared."
          : "Prices and exchange rates of {ticker} begin on {date}: it is measured from there, and not compared.",
        { ticker: shown, date: format.date(startsLate) },
      );
    return null;
  }
}
