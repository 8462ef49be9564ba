/** The formulas of a portfolio's money: its value, what was put in, what it gained, and what was paid. */
import Big from "big.js";
import type { ContributionKind, PortfolioFacts } from "../../portfolio/index.ts";
import type { Format } from "../format.ts";
import { defineMessage, type Message, t } from "../messages/index.ts";
import { addition, computed, equation, known, named, summed, type Term, type Working } from "./working.ts";

/** What is held, without cash: at the end, and at the start of the range. */
const holdings = ({ span, last }: PortfolioFacts) => ({
  value: new Big(last.market_value).minus(last.cash).toFixed(),
  openingValue: new Big(span.opening_value).minus(span.opening_cash).toFixed(),
  openingCost: new Big(span.opening_cost).minus(span.opening_cash).toFixed(),
});

export function worthOf(facts: PortfolioFacts, format: Format): Working {
  const { market_value, cash } = facts.last;
  const value = format.money(market_value);
  if (Number(cash) === 0) return summed(t("sum of the values below"), value);
  const terms = [
    { name: t("sum of the values below"), amount: holdings(facts).value },
    {
      name: t(Number(cash) < 0 ? "sum of the borrowed cash below" : "sum of the cash below"),
      amount: cash,
    },
  ];
  return computed(value, named(terms, format.money), equation(addition(terms, format.money), value));
}

/** What the unrealised gain grew by over the range: before the first trade there is none. */
function unrealized({ span, last }: PortfolioFacts): string {
  return new Big(last.unrealized_pnl).minus(span.opening_value).plus(span.opening_cost).toFixed();
}

export function unrealizedOf(facts: PortfolioFacts, format: Format): Working {
  const { span, last } = facts;
  const { value, openingValue, openingCost } = holdings(facts);
  const gain = format.signedMoney(unrealized(facts));
  const atEnd = `${format.money(value)} − ${format.money(last.cost_basis)}`;
  const atStart = `${format.money(openingValue)} − ${format.money(openingCost)}`;
  const step = equation(span.is_whole ? atEnd : `(${atEnd}) − (${atStart})`, gain);
  return Number(last.cash) === 0 && Number(span.opening_cash) === 0
    ? computed(gain, step)
    : computed(gain, t("cash is worth what it cost: of what is held alone"), step);
}

/** Beside gains on what is held and was sold, and income: what else moves the value of who has more than trades. */
const otherGains = ({ performance, gain }: PortfolioFacts): Term[] =>
  known([
    { name: t("other fees"), amount: gain.other_fees, isTaken: true },
    { name: t("taxes"), amount: performance.taxes, isTaken: true },
    { name: t("exchange rates on cash"), amount: gain.cash_effect },
    { name: t("gains transferred with shares"), amount: new Big(gain.transferred).times(-1), isTaken: true },
  ]);

export function gainOf(facts: PortfolioFacts, format: Format): Working {
  const { span, last, performance } = facts;
  const { income, income_paid_out } = performance;
  const gain = new Big(last.market_value)
    .minus(span.opening_value)
    .minus(last.net_contributions)
    .plus(income_paid_out);
  const value = format.signedMoney(gain.toFixed());
  const gains = [
    { name: t("unrealised"), amount: unrealized(facts) },
    { name: t("realised"), amount: last.realized_pnl },
    { name: t("income"), amount: income },
  ];
  const others = otherGains(facts);
  if (others.length === 0 && new Big(income).eq(income_paid_out))
    return computed(
      value,
      named(gains, format.money),
      equation(gains.map(({ amount }) => format.money(amount)).join(" + "), value),
    );
  const terms = [...gains, ...others];
  const bridge = known([
    { name: t("value at the end"), amount: last.market_value },
    { name: t("value at the start"), amount: span.opening_value, isTaken: true },
    { name: t("put in, net of money taken out"), amount: last.net_contributions, isTaken: true },
    { name: t("income paid out"), amount: income_paid_out },
  ]);
  return computed(
    value,
    named(terms, format.money),
    equation(addition(terms, format.money), value),
    named(bridge, format.money),
    equation(addition(bridge, format.money), value),
  );
}

const contributionNames: Readonly<Record<ContributionKind, Message>> = {
  bought: defineMessage("purchases"),
  sold: defineMessage("sales"),
  deposited: defineMessage("deposits"),
  withdrawn: defineMessage("withdrawals"),
  cash_in: defineMessage("cash transferred in"),
  cash_out: defineMessage("cash transferred out"),
  shares_in: defineMessage("shares transferred in"),
  shares_out: defineMessage("shares transferred out"),
  costs: defineMessage("fees and taxes paid from outside"),
};

const contributionKinds = Object.keys(contributionNames) as ContributionKind[];
/** What is below 0 as it is read: money, or shares, taken out. */
const goesOut: ReadonlySet<ContributionKind> = new Set(["sold", "withdrawn", "cash_out", "shares_out"]);

export function contributionsOf({ last, contributions }: PortfolioFacts, format: Format): Working {
  const value = format.signedMoney(last.net_contributions);
  const { bought = "0", sold = "0", ...others } = contributions;
  if (Object.keys(others).length === 0) {
    const paid = format.money(new Big(sold).times(-1).toFixed());
    return computed(value, equation(`${format.money(bought)} − ${paid}`, value));
  }
  const terms = known(
    contributionKinds.map((kind) => {
      const amount = new Big(contributions[kind] ?? 0);
      const isTaken = goesOut.has(kind);
      return { name: t(contributionNames[kind]), amount: isTaken ? amount.times(-1) : amount, isTaken };
    }),
  );
  return computed(value, named(terms, format.money), equation(addition(terms, format.money), value));
}

/** Of dividends as the market tells them, and income as booked, whose sum has a name. */
function incomeTerms(fromMarket: Big, booked: string, name: string) {
  const terms = known([
    { name: t("sum of the dividends below"), amount: fromMarket },
    { name, amount: booked },
  ]);
  return { terms, isFromMarket: Number(booked) === 0 };
}

export function incomeOf({ performance, gain: { booked_gross } }: PortfolioFacts, format: Format): Working {
  const value = format.signedMoney(performance.income);
  const fromMarket = new Big(performance.income).minus(booked_gross);
  const name = t("sum of the amounts before tax below of the income as booked");
  const { terms, isFromMarket } = incomeTerms(fromMarket, booked_gross, name);
  if (isFromMarket) return summed(t("sum of the dividends below"), value);
  return computed(value, named(terms, format.money), equation(addition(terms, format.money), value));
}

export function paidOutOf({ performance, gain }: PortfolioFacts, format: Format): Working {
  const { income_paid_out } = performance;
  const value = format.signedMoney(new Big(0).minus(income_paid_out).toFixed());
  const fromMarket = new Big(income_paid_out).minus(gain.booked_paid_out);
  const name = t("sum of what is left below of the income as booked");
  const { terms, isFromMarket } = incomeTerms(fromMarket, gain.booked_paid_out, name);
  if (isFromMarket)
    return computed(
      value,
      equation(`0 − ${t("sum of the dividends below")} = 0 − ${format.money(income_paid_out)}`, value),
    );
  const sum = addition(terms, format.money);
  return computed(value, named(terms, format.money), equation(`0 − (${sum})`, value));
}
