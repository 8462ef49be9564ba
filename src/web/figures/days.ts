/** What the charts of a range share: its days, and the regimes behind them. */
import type { RangeFigures } from "../../portfolio/index.ts";
import type { Band } from "../charts/time-chart.ts";
import type { Format } from "../format.ts";
import { t } from "../messages/index.ts";
import { regimeLabel } from "./labels.ts";

interface OverDays {
  readonly span: Pick<RangeFigures["span"], "is_whole" | "end">;
  readonly days: Pick<RangeFigures["days"], "dates">;
}

/** Of every chart of a page: its days, and that selecting some of them goes there. */
export const overDays = ({ span, days }: OverDays) => ({
  dates: days.dates,
  zoom: span.is_whole ? ("day" as const) : ("close" as const),
});

/** What comes before is the close that the range is measured from. */
export const daysInRange = ({ span, days }: OverDays): readonly string[] =>
  span.is_whole ? days.dates : days.dates.slice(1);

export const periodOf = ({ span, days }: OverDays, format: Format): string =>
  sayPeriod(days.dates[0]!, span.end, format);

/** Both are in it. */
export const sayPeriod = (from: string, to: string, format: Format): string =>
  t("{from} to {to}", { from: format.date(from), to: format.date(to) });

export const regimeBands = ({ regimePeriods }: Pick<RangeFigures, "regimePeriods">): Band[] =>
  regimePeriods.map(({ regime, from, to }) => ({ name: regime, label: regimeLabel(regime), from, to }));
