/** The regime of a day, and the signals that it was told by. */
import type { RegimeDay } from "../../portfolio/index.ts";
import type { Format } from "../format.ts";
import { computed, impossible, type Working } from "./working.ts";

/** null: no macro data are known for the day. */
export function regimeWorking(row: RegimeDay | null, format: Format): Working {
  if (!row) return impossible("no macro data are known for the day");
  const signal = (label: string, value: string | number | null, unit: string): string =>
    `${label}: ${value === null ? "not known" : `${format.number(Number(value))}${unit}`}`;
  const name = row.regime.charAt(0).toUpperCase() + row.regime.slice(1);
  return computed(
    name,
    `since ${format.date(row.regime_start)}: ${format.count(row.days_in_regime)} days`,
    signal("Sahm gap", row.sahm_gap, " points"),
    signal("unemployment, change over three months", row.unemployment_change_3m, " points"),
    `industrial production over six months, per year: ${row.production_growth_6m === null ? "not known" : format.signedPercent(row.production_growth_6m)}`,
    signal("yield curve, ten years less two", row.yield_curve, " points"),
    signal("federal funds rate, change over three months", row.fed_funds_change_3m, " points"),
  );
}
