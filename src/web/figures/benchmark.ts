/** What the same days would have returned in something else, as a sentence says it. */
import type { RangeFigures } from "../../portfolio/index.ts";
import type { Format } from "../format.ts";

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
    name,
    convertedFrom,
    return: reached,
    own,
    difference,
    points: difference === null ? null : format.compactNumber(Math.abs(difference) * 100),
    isAhead: difference !== null && difference >= 0,
    problem: benchmarkProblem(),
  };

  function benchmarkProblem(): string | null {
    if (returns.length === 0 && name === null)
      return `No prices of ${ticker} are known here. Choose one that is proposed, or one that you have traded.`;
    if (returns.length === 0 && convertedFrom !== null)
      return `No adjusted prices of ${ticker}, or no exchange rates of ${convertedFrom}, are known from ${format.date(span.start)} to ${format.date(span.end)}.`;
    if (returns.length === 0)
      return `No adjusted prices of ${ticker} are known from ${format.date(span.start)} to ${format.date(span.end)}.`;
    if (startsLate)
      return `${convertedFrom === null ? "The prices" : "Prices and exchange rates"} of ${ticker} begin on ${format.date(startsLate)}: it is measured from there, and not compared.`;
    return null;
  }
}
