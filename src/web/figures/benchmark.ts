/** What the same days would have returned in something else, as a sentence says it. */
import { isOwnAsset } from "../../market/ticker.ts";
import type { RangeFigures } from "../../portfolio/index.ts";
import type { Format } from "../format.ts";
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
    if (returns.length === 0 && name === null)
      return `No prices of ${shown} are known here. Choose one that is proposed, or one that you have traded.`;
    if (returns.length === 0 && convertedFrom !== null)
      return `No adjusted prices of ${shown}, or no exchange rates of ${convertedFrom}, are known from ${format.date(span.start)} to ${format.date(span.end)}.`;
    if (returns.length === 0)
      return `No adjusted prices of ${shown} are known from ${format.date(span.start)} to ${format.date(span.end)}.`;
    if (startsLate)
      return `${convertedFrom === null ? "The prices" : "Prices and exchange rates"} of ${shown} begin on ${format.date(startsLate)}: it is measured from there, and not compared.`;
    return null;
  }
}
