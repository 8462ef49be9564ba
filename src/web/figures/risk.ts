/** What the template of risk is given. */
import type { RiskFigures } from "../../portfolio/index.ts";
import type { Format } from "../format.ts";
import { dated, type Tile } from "./tiles.ts";

export function riskView({ span, performance }: RiskFigures, format: Format) {
  const firstDay = span.is_whole ? span.first : dayAfter(span.start);
  return {
    firstDay,
    period: `${format.date(span.is_whole ? span.first : span.start)} to ${format.date(span.end)}`,
    tiles: tiles(performance, format),
  };
}

const dayAfter = (day: string): string => new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);

function tiles(performance: RiskFigures["performance"], format: Format): Tile[] {
  return [
    {
      figure: "volatility",
      label: "Volatility, per year",
      value: performance.volatility,
      reason: performance.volatility_reason,
      isPercent: true,
    },
    { figure: "sharpe", label: "Sharpe ratio", value: performance.sharpe, reason: performance.sharpe_reason },
    {
      figure: "sortino",
      label: "Sortino ratio",
      value: performance.sortino,
      reason: performance.sortino_reason,
    },
    {
      figure: "max_drawdown",
      label: "Deepest drawdown",
      value: performance.max_drawdown,
      note: dated(performance.max_drawdown_trough_date, format),
      isSigned: true,
    },
  ];
}
