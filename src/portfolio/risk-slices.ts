/**
 * The slices of who asks about risk: a range of days as ever, one benchmark, and perhaps a position as it was not.
 *
 * What if is a slice, too: the portfolio's days with a multiple of what one ticker was, from which all models then go on. The
 * difference is as if paid for from outside, and its income paid out; cash, fees of no trade and the days that count for risk stay.
 *
 * $1 to $4 as in slices.ts; $5: the benchmark; $6: the tickers to compare with one another, or that of what if; $7: the
 * multiple of that, 0 for sold.
 */
import { int_benchmarks } from "../../assets/benchmark.ts";
import { fct_daily_returns, int_portfolio_daily } from "../../assets/intermediate.ts";
import { int_compared_holdings } from "../../assets/risk.ts";
import { closeSlices } from "./close-estimate.ts";
import { accountSlices, byModel, columnsAsStored, rowsMade, type Slice, slices } from "./slices.ts";

const askedBenchmark = rowsMade(int_benchmarks, [""], { user_id: "$1::bigint", ticker: "$5::text" });

const askedHoldings = rowsMade(
  int_compared_holdings,
  ["from (select distinct unnest($6::text[]) as ticker) as asked"],
  {
    user_id: "$1::bigint",
    ticker: "asked.ticker",
  },
);

const more = (column: string): string => `d.${column} + ($7::numeric - 1) * coalesce(h.${column}, 0)`;

const changed = {
  market_value: more("market_value"),
  prev_market_value: more("prev_market_value"),
  cost_basis: more("cost_basis"),
  net_flow: more("net_flow"),
  fees: more("fees"),
  realized_pnl: more("realized_pnl"),
  income: more("income"),
  income_paid_out: "d.income_paid_out + ($7::numeric - 1) * coalesce(h.income, 0)",
  price_effect: more("price_effect"),
  currency_effect: more("currency_effect"),
};

const invested = `${changed.prev_market_value} + greatest(${changed.net_flow}, 0)`;

/** `portfolio`: which of the stored ones, as SQL. */
const changedDays = (portfolio: string): Slice => ({
  ...rowsMade(
    int_portfolio_daily,
    [
      `from int_portfolio_daily d
       left join fct_daily_returns h on h.user_id = d.user_id and h.ticker = $6::text and h.price_date = d.price_date
       where d.user_id = $1::bigint
         and d.portfolio_id = ${portfolio}
         and d.price_date > $2::date
         and d.price_date <= $3::date`,
    ],
    {
      ...columnsAsStored(int_portfolio_daily.columns, "d"),
      ...changed,
      portfolio_id: "0::bigint",
      // As in int_portfolio_daily. Where neither the whole nor the ticker was invested, more of it leaves last digits, unless what came in was
      // netted against what the ticker brought: a tax of 0.75 paid from outside on the day on which all of it was sold.
      daily_return: `case
        when abs(${invested}) > greatest(
          abs(d.cash) * 1e-12,
          case when coalesce(d.daily_return, h.daily_return) is null then 1e-6 else 0 end
        )
        then daily_return(${changed.market_value}, ${changed.prev_market_value}, ${changed.net_flow}, ${changed.income_paid_out})
      end`,
    },
  ),
  reads: [fct_daily_returns.name],
  isComputedFirst: true,
});

const withBenchmark = (of: ReadonlyMap<string, Slice>): ReadonlyMap<string, Slice> =>
  byModel(...of.values(), askedBenchmark, askedHoldings);

const ofAccount = `(
  select max(m.portfolio_id) from int_portfolios m where m.user_id = $1::bigint and m.account_id = $4::bigint
)`;

/** By model: of all accounts together, of one account, and of all as closes alone tell them. */
export const riskSlices = {
  whole: withBenchmark(slices),
  account: withBenchmark(accountSlices),
  fromCloses: withBenchmark(closeSlices),
};

/** By model: the same, with another quantity of one ticker. */
export const whatIfSlices = {
  whole: byModel(...riskSlices.whole.values(), changedDays("0")),
  account: byModel(...riskSlices.account.values(), changedDays(ofAccount)),
};
