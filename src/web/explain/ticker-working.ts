/** The formulas of a ticker's figures, each with the person's own numbers put in. */
import Big from "big.js";
import type { TickerFigureFacts } from "../../portfolio/index.ts";
import type { Format } from "../format.ts";
import { t } from "../messages/index.ts";
import type { FigureName } from "./figures.ts";
import {
  addition,
  computed,
  equation,
  exchangeReturn,
  impossible,
  known,
  named,
  precise,
  summed,
  type Working,
} from "./working.ts";

type Work = (facts: TickerFigureFacts, format: Format) => Working;

const priceOf = ({ local_price, currency }: TickerFigureFacts, format: Format): string =>
  format.in(currency).price(local_price);

/** " × 129.25", or nothing where the ticker's currency is the person's. */
const rateOf = ({ currency, rate }: TickerFigureFacts, format: Format): string =>
  currency === format.currency ? "" : ` × ${format.rate(rate)}`;

export const tickerWorkings: Partial<Record<FigureName, Work>> = {
  market_value: (facts, format) => {
    const value = format.money(facts.current_value);
    return computed(
      value,
      equation(
        `${format.quantity(facts.quantity)} × ${priceOf(facts, format)}${rateOf(facts, format)}`,
        value,
      ),
    );
  },
  current_price: (facts, format) => {
    const { is_priced, days_since_bar } = facts;
    const source = is_priced
      ? days_since_bar === 0
        ? t("the close of the last day known")
        : t("the last close, {count, plural, one {# day} other {# days}} old", { count: days_since_bar ?? 0 })
      : t("no bar is known: the price of your own last transaction");
    const price = priceOf(facts, format);
    const rate = rateOf(facts, format);
    if (rate === "") return computed(price, source);
    return computed(price, source, equation(`${price}${rate}`, format.price(facts.current_price)));
  },
  quantity: ({ quantity, quantities: { bought, sold, others } }, format) => {
    const value = format.quantity(quantity);
    if (!others)
      return computed(value, equation(`${format.quantity(bought)} − ${format.quantity(sold)}`, value));
    const terms = known([
      { name: t("bought"), amount: bought },
      { name: t("bonus"), amount: others.bonus },
      { name: t("transferred in"), amount: others.transferred_in },
      { name: t("by splits of your own"), amount: others.split },
      { name: t("sold"), amount: sold, isTaken: true },
      { name: t("transferred out"), amount: others.transferred_out, isTaken: true },
    ]);
    return computed(value, named(terms, format.quantity), equation(addition(terms, format.quantity), value));
  },
  cost_basis: ({ cost_basis, last_period }, format) => {
    const { valid_from, prev_cost_basis, buy_amount, transferred_cost, removed_cost } = last_period;
    const [before, bought, removed] = [prev_cost_basis, buy_amount, removed_cost].map(format.money);
    const [value, date] = [format.money(cost_basis), format.date(valid_from)];
    if (Number(transferred_cost) !== 0) {
      const terms = [
        { name: t("cost before"), amount: prev_cost_basis },
        { name: t("purchases"), amount: buy_amount },
        { name: t("cost of what was transferred"), amount: transferred_cost },
        { name: t("cost of what was sold"), amount: removed_cost, isTaken: true },
      ];
      return computed(
        value,
        t("on {date}: {terms}", { date, terms: named(terms, format.money) }),
        equation(addition(terms, format.money), value),
      );
    }
    return computed(
      value,
      t("on {date}: cost before = {before}, purchases = {bought}, cost of what was sold = {removed}", {
        date,
        before: before!,
        bought: bought!,
        removed: removed!,
      }),
      equation(`${before} + ${bought} − ${removed}`, value),
    );
  },
  average_cost: ({ average_cost, average_cost_reason, cost_basis, quantity }, format) => {
    if (average_cost === null) return impossible(average_cost_reason);
    const value = format.money(average_cost);
    return computed(value, equation(`${format.money(cost_basis)} ÷ ${format.quantity(quantity)}`, value));
  },
  unrealized_pnl: ({ current_value, cost_basis, unrealized_pnl }, format) => {
    const value = format.signedMoney(unrealized_pnl);
    return computed(value, equation(`${format.money(current_value)} − ${format.money(cost_basis)}`, value));
  },
  realized_pnl: ({ realized_pnl }, format) =>
    summed(t("sum of the gains of the sales below"), format.signedMoney(realized_pnl)),
  income: ({ income, booked_net }, format) => {
    const value = format.money(income);
    const fromMarket = new Big(income).minus(booked_net);
    if (Number(booked_net) === 0) return summed(t("sum of the dividends below"), value);
    const booked = t("sum of what is left below of the income as booked");
    if (fromMarket.eq(0)) return summed(booked, value);
    const terms = [
      { name: t("sum of the dividends below"), amount: fromMarket },
      { name: booked, amount: booked_net },
    ];
    return computed(value, named(terms, format.money), equation(addition(terms, format.money), value));
  },
  fees: ({ fees }, format) => summed(t("sum of the fees below"), format.money(fees)),
  total_gain: ({ unrealized_pnl, realized_pnl, income, total_gain }, format) => {
    const value = format.signedMoney(total_gain);
    const parts = [unrealized_pnl, realized_pnl, income].map(format.money);
    return computed(value, equation(parts.join(" + "), value));
  },
  change: ({ unrealized_pnl, opening_pnl, realized_pnl, income, total_gain }, format) => {
    const value = format.signedMoney(new Big(total_gain).minus(opening_pnl).toFixed());
    const unrealized = new Big(unrealized_pnl).minus(opening_pnl).toFixed();
    const parts = [unrealized, realized_pnl, income].map(format.money);
    const steps = [equation(parts.join(" + "), value)];
    if (Number(opening_pnl) !== 0)
      steps.unshift(
        t("unrealised over the range: {equation}", {
          equation: equation(`${format.money(unrealized_pnl)} − (${format.money(opening_pnl)})`, parts[0]!),
        }),
      );
    return computed(value, ...steps);
  },
  price_return: ({ local_return }, format) => computed(format.signedPercent(local_return)),
  currency_return: ({ total_return, local_return, currency_return }, format) =>
    exchangeReturn(total_return, local_return, currency_return, format),
  total_return: ({ total_return }, format) => computed(format.signedPercent(total_return)),
  xirr: ({ xirr, xirr_reason }, format) => {
    if (xirr === null) return impossible(xirr_reason);
    const sum = t("sum of amount ÷ (1 + {rate})^(days ÷ 365) over the movements below", {
      rate: precise(format, xirr),
    });
    return computed(format.signedPercent(xirr), equation(sum, format.money("0")));
  },
  weight: ({ weight, weight_reason, current_value, portfolio_value }, format) => {
    if (weight === null) return impossible(weight_reason);
    const value = format.percent(weight);
    const numbers = `${format.money(current_value)} ÷ ${format.money(portfolio_value)}`;
    return computed(value, equation(numbers, value));
  },
  holding_days: ({ holding_days }, format) => computed(format.count(holding_days)),
};
