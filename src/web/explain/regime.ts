/** The regime of a day, and the signals that it was told by. */
import type { RegimeDay } from "../../portfolio/index.ts";
import { regimeLabel } from "../figures/labels.ts";
import type { Format } from "../format.ts";
import { defineMessage, type Message, t } from "../messages/index.ts";
import { computed, impossible, type Working } from "./working.ts";

/** Within a sentence. */
const words: Readonly<Record<string, Message>> = {
  expansion: defineMessage("expansion"),
  slowdown: defineMessage("slowdown"),
  contraction: defineMessage("contraction"),
  recovery: defineMessage("recovery"),
};

export const regimeWord = (regime: string): string =>
  Object.hasOwn(words, regime) ? t(words[regime]!) : regime;

/** null: no macro data are known for the day. */
export function regimeWorking(row: RegimeDay | null, format: Format): Working {
  if (!row) return impossible(t("no macro data are known for the day"));
  return computed(
    regimeLabel(row.regime),
    t("since {date}: {count, plural, one {# day} other {# days}}", {
      date: format.date(row.regime_start),
      count: row.days_in_regime,
    }),
    ...signals(row, format),
  );
}

/** What it was told by; of each, what it is, or that it is not known. */
function signals(row: RegimeDay, format: Format): string[] {
  const { sahm_gap, unemployment_change_3m, production_growth_6m, yield_curve, fed_funds_change_3m } = row;
  const number = (value: string | number | null): string =>
    value === null ? "" : format.number(Number(value));
  return [
    t(sahm_gap === null ? "Sahm gap: not known" : "Sahm gap: {value} points", { value: number(sahm_gap) }),
    t(
      unemployment_change_3m === null
        ? "unemployment, change over three months: not known"
        : "unemployment, change over three months: {value} points",
      { value: number(unemployment_change_3m) },
    ),
    t(
      production_growth_6m === null
        ? "industrial production over six months, per year: not known"
        : "industrial production over six months, per year: {value}",
      { value: production_growth_6m === null ? "" : format.signedPercent(production_growth_6m) },
    ),
    t(
      yield_curve === null
        ? "yield curve, ten years less two: not known"
        : "yield curve, ten years less two: {value} points",
      { value: number(yield_curve) },
    ),
    t(
      fed_funds_change_3m === null
        ? "federal funds rate, change over three months: not known"
        : "federal funds rate, change over three months: {value} points",
      { value: number(fed_funds_change_3m) },
    ),
  ];
}
