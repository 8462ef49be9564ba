/** Rolling figures, explained by the returns that they are of. */
import {
  type RiskReturn,
  type RollingFacts,
  readRollingFacts,
  rollingReturns,
} from "../../portfolio/index.ts";
import { dayAfter } from "../../values.ts";
import type { Format } from "../format.ts";
import { t } from "../messages/index.ts";
import { type Answer, noMovements, type Reading } from "./answer.ts";
import { readEvidence } from "./evidence.ts";
import type { FigureName } from "./figures.ts";
import { excessRatio } from "./portfolio-working.ts";
import { type Asked, type Evidence, numeric, tableOf } from "./table.ts";
import { computed, equation, impossible, precise, type Working, yearlyDeviation } from "./working.ts";

type Figures = NonNullable<RollingFacts["figures"]>;
/** `returns`: those that the figure is of, the newest first; `before`: the one before them, if there is one. */
interface Window {
  readonly figures: Figures;
  readonly returns: readonly RiskReturn[];
  readonly before: RiskReturn | null;
  /** The first day that the first of all returns compounds. */
  readonly since: string;
}
type Work = (window: Window, format: Format) => Working;

const rollingWorkings: Partial<Record<FigureName, Work>> = {
  rolling_volatility: ({ figures: { volatility }, returns }, format) =>
    yearlyDeviation(
      {
        yearly: volatility,
        returns: returns.length,
        periods_per_year: returns[0]!.periods_per_year,
      },
      format.percent(volatility),
      format,
    ),
  rolling_sharpe: ({ figures: { sharpe, sharpe_reason }, returns }, format) => {
    const excess = returns.flatMap((one) => one.excess ?? []);
    const { periods_per_year } = returns[0]!;
    const mean = excess.reduce((sum, value) => sum + value, 0) / excess.length;
    const squares = excess.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return excessRatio(
      { value: sharpe, reason: sharpe_reason },
      { symbol: "stddev(r − rf)", deviation: Math.sqrt(squares / (excess.length - 1)) },
      { returns: excess.length, periods_per_year, annual_excess: mean * Math.sqrt(periods_per_year) },
      format,
    );
  },
  rolling_drawdown: ({ figures: { drawdown }, returns, before }, format) => {
    const value = format.signedPercent(drawdown);
    const levels = [...returns, ...(before ? [before] : [])].map(({ price_date, twr_index }) => ({
      date: price_date,
      index: twr_index,
    }));
    // Before its first return an index is at 1, on no day that has a row.
    const start = before ? [] : [{ date: null, index: 1 }];
    const peak = [...levels, ...start].reduce((highest, one) => (one.index > highest.index ? one : highest));
    const [index, highest] = [precise(format, levels[0]!.index), precise(format, peak.index)];
    return computed(
      value,
      t("on {date}: index = {index}", { date: format.date(levels[0]!.date), index }),
      peak.date === null
        ? t("highest before the first of these returns: {peak}", { peak: highest })
        : t("highest on {date}: {peak}", { date: format.date(peak.date), peak: highest }),
      equation(`${index} ÷ ${highest} − 1`, value),
    );
  },
};

export const isRolling = (figure: FigureName): boolean => Object.hasOwn(rollingWorkings, figure);

/** `day`: null: the last one of the range. */
export async function answerForRolling(
  { client, published, whose, span, asked }: Reading,
  figure: FigureName,
  day: string | null,
): Promise<Answer> {
  const { figures, returns } = await readRollingFacts(client, published, whose, span, day);
  const extent = { ...whose, ticker: null, start: span.start };
  if (!figures) {
    const reason = `needs ${rollingReturns} returns, has ${returns.length}`;
    const evidence = await readEvidence(
      client,
      figure,
      { ...extent, end: span.end },
      span.end,
      noMovements,
      asked,
    );
    return { working: impossible(reason), evidence, asOf: span.end, period: null };
  }
  const { format } = asked;
  const last = figures.price_date;
  const until = returns.filter(({ price_date }) => price_date <= last);
  const inWindow = until.slice(0, rollingReturns);
  const since = span.is_whole ? span.first : dayAfter(span.start);
  const window = { figures, returns: inWindow, before: until[rollingReturns] ?? null, since };
  return {
    working: rollingWorkings[figure]!(window, format),
    evidence: [
      returnTable(window, asked),
      ...(await readEvidence(client, figure, { ...extent, end: last }, last, noMovements, asked)),
    ],
    asOf: last,
    period: t("of the {count} returns from {first} on", {
      count: format.count(inWindow.length),
      first: format.date(inWindow.at(-1)!.price_date),
    }),
  };
}

/** All of them: they are to be added up. Each leads to the days that it is of. */
function returnTable({ returns, before, since }: Window, { format, account }: Asked): Evidence {
  const ofAccount = account === null ? "" : `&account=${account}`;
  const rows = returns.map(({ price_date, risk_return, excess, twr_index }, place) => {
    const previous = returns[place + 1] ?? before;
    const from = previous ? dayAfter(previous.price_date) : since;
    return [
      { text: format.date(price_date), href: `/portfolio?from=${from}&to=${price_date}${ofAccount}` },
      { text: format.signedPercent(risk_return) },
      { text: excess === null ? "–" : format.signedPercent(excess) },
      { text: precise(format, twr_index) },
    ];
  });
  return tableOf(
    t("Returns"),
    [t("Date"), numeric(t("Return")), numeric(t("Above the risk-free rate")), numeric(t("Index"))],
    rows,
    rows.length,
  );
}
