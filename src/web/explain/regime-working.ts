/** The formulas of a portfolio's figures in one macro regime, with the person's own numbers put in. */
import type { RegimeFacts, RegimeSpell } from "../../portfolio/index.ts";
import type { Format } from "../format.ts";
import { t } from "../messages/index.ts";
import type { FigureName } from "./figures.ts";
import { type Asked, type Evidence, numeric, tableOf } from "./table.ts";
import {
  computed,
  equation,
  impossible,
  perYear,
  precise,
  type Working,
  yearlyDeviation,
} from "./working.ts";

export function spellTable(spells: readonly RegimeSpell[], { format, account }: Asked): Evidence {
  const ofAccount = account === null ? "" : `&account=${account}`;
  const rows = spells.map(({ first_day, last_day, days, return: earned }) => [
    {
      text: t("{first} to {last}", { first: format.date(first_day), last: format.date(last_day) }),
      href: `/portfolio?from=${first_day}&to=${last_day}${ofAccount}`,
    },
    { text: format.count(days) },
    { text: format.signedPercent(earned) },
  ]);
  // All of them: they are to be added up and multiplied.
  return tableOf(
    t("Times in the regime"),
    [t("From and to"), numeric(t("Days")), numeric(t("Return"))],
    rows.reverse(),
    rows.length,
  );
}

type Work = (facts: RegimeFacts, format: Format) => Working;

export const regimeWorkings: Partial<Record<FigureName, Work>> = {
  regime_days: ({ days, spells }, format) => {
    const value = format.count(days);
    return computed(value, equation(spells.map((spell) => format.count(spell.days)).join(" + "), value));
  },
  regime_return: ({ return: earned, return_reason, spells }, format) => {
    if (earned === null) return impossible(return_reason);
    const value = format.signedPercent(earned);
    const factors = spells.map((spell) => `(1 + ${precise(format, spell.return)})`);
    return computed(value, equation(`${factors.join(" × ")} − 1`, value));
  },
  regime_annualized_return: (
    { annualized_return, annualized_return_reason, return: earned, days },
    format,
  ) => {
    if (annualized_return === null || earned === null) return impossible(annualized_return_reason);
    const value = format.signedPercent(annualized_return);
    return computed(value, equation(perYear(format, earned, days), value));
  },
  regime_volatility: ({ volatility, volatility_reason, returns, periods_per_year }, format) => {
    if (volatility === null) return impossible(volatility_reason);
    const facts = { yearly: volatility, returns, periods_per_year };
    return yearlyDeviation(facts, format.percent(volatility), format);
  },
  regime_drawdown: ({ max_drawdown, max_drawdown_reason, trough }, format) => {
    if (max_drawdown === null) return impossible(max_drawdown_reason);
    const value = format.signedPercent(max_drawdown);
    const [index, peak] = [precise(format, trough.index), precise(format, trough.peak)];
    return computed(
      value,
      t("on {date}: index = {index}, highest index so far = {peak}", {
        date: format.date(trough.price_date),
        index,
        peak,
      }),
      equation(`${index} ÷ ${peak} − 1`, value),
    );
  },
};
