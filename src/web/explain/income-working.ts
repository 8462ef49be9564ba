/** The formulas of what the next twelve months may bring, each with the person's own numbers put in. */
import type { IncomeYield } from "../../portfolio/index.ts";
import type { Format } from "../format.ts";
import { t } from "../messages/index.ts";
import type { FigureName } from "./figures.ts";
import { computed, equation, impossible, type Working } from "./working.ts";

/** Of one ticker, or of all that is held; null: nothing is. */
type Work = (facts: IncomeYield | null, format: Format) => Working;

/** As the models say why there is no figure. */
const nothing = "nothing is held";

/** Payments that are in no estimate. */
const withoutSpecial = ({ special }: IncomeYield, format: Format): string[] =>
  Number(special) > 0
    ? [
        t("without special payments of {amount}, which are not expected again", {
          amount: format.money(special),
        }),
      ]
    : [];

/** What is in no estimate. */
const leftOut = (facts: IncomeYield, format: Format): string[] => [
  ...(facts.unestimated > 0
    ? [
        t("without {count} of {holdings} holdings, of which nobody knows what they will pay", {
          count: String(facts.unestimated),
          holdings: String(facts.holdings),
        }),
      ]
    : []),
  ...withoutSpecial(facts, format),
];

const withoutYield = ({ unpriced, unyielding, holdings }: IncomeYield): string =>
  t(
    unyielding === unpriced
      ? "without {count} of {holdings} holdings, of which no price is known"
      : "without {count} of {holdings} holdings, of which no price, or not what they will pay, is known",
    { count: String(unyielding), holdings: String(holdings) },
  );

export const incomeWorkings: Partial<Record<FigureName, Work>> = {
  expected_income: (facts, format) =>
    facts?.expected == null
      ? impossible(facts?.expected_reason ?? nothing)
      : computed(
          format.money(facts.expected),
          ...leftOut(facts, format),
          equation(t("sum of expected, below"), format.money(facts.expected)),
        ),
  income_yield: (facts, format) => {
    if (facts?.income_yield == null) return impossible(facts?.income_yield_reason ?? nothing);
    const value = format.percent(facts.income_yield);
    const [expected, worth] = [format.money(facts.priced_expected), format.money(facts.estimated_value)];
    return computed(
      value,
      ...(facts.unyielding > 0 ? [withoutYield(facts)] : []),
      ...withoutSpecial(facts, format),
      t("expected = {expected}, value = {worth}", { expected, worth }),
      equation(`${expected} ÷ ${worth}`, value),
    );
  },
  yield_on_cost: (facts, format) => {
    if (facts?.yield_on_cost == null || facts.expected === null)
      return impossible(facts?.yield_on_cost_reason ?? nothing);
    const value = format.percent(facts.yield_on_cost);
    const [expected, cost] = [format.money(facts.expected), format.money(facts.estimated_cost)];
    return computed(
      value,
      ...leftOut(facts, format),
      t("expected = {expected}, cost = {cost}", { expected, cost }),
      equation(`${expected} ÷ ${cost}`, value),
    );
  },
};
