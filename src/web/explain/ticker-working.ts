/** The formulas of a ticker's figures, each with the person's own numbers put in. */
import Big from "big.js";
import type { PoolClient } from "pg";
import { gold_ticker_kpis, int_ticker_flows } from "../../../assets/gold.ts";
import type { Registry, RowOf } from "../../engine/index.ts";
import type { Format } from "../format.ts";
import type { Span } from "../portfolio/range.ts";
import { modelsOverRange } from "../portfolio/range-models.ts";
import type { FigureName } from "./figures.ts";
import type { Movement } from "./portfolio-facts.ts";
import { computed, equation, impossible, precise, total, type Working } from "./working.ts";

type Kpis = RowOf<typeof gold_ticker_kpis> & {
  /** Of the whole portfolio. */
  readonly portfolio_value: string;
  /** Unrealised at the start: what was gained before the range. */
  readonly opening_pnl: string;
};

interface Trades {
  /** Quantities, in today's shares. */
  readonly bought: string;
  readonly sold: string;
  readonly last_period: LastPeriod;
}

export type TickerFacts = Kpis & Trades;

/** The newest day with trades: what they made of the cost. */
interface LastPeriod {
  readonly valid_from: string;
  readonly prev_cost_basis: string;
  readonly buy_amount: string;
  readonly removed_cost: string;
}

/** null: the person never held the ticker, or nothing has been computed yet. */
export async function readTickerFacts(
  client: PoolClient,
  registry: Registry,
  userId: number,
  ticker: string,
  { start, end }: Span,
): Promise<TickerFacts | null> {
  const { rows } = await client.query<Kpis>(
    `${modelsOverRange(registry, gold_ticker_kpis)},
     kpis as (
       select
         *,
         sum(current_value) over () as portfolio_value
       from gold_ticker_kpis
       where user_id = $1
     )
     select
       kpis.*,
       coalesce(opening.buy_amount - opening.cost_basis, 0) as opening_pnl
     from kpis
     left join int_holding_periods opening on opening.ticker = kpis.ticker and opening.valid_from = $2::date
     where kpis.ticker = $4`,
    [userId, start, end, ticker],
  );
  const [kpis] = rows;
  return kpis ? { ...kpis, ...(await readTrades(client, userId, ticker, end)) } : null;
}

async function readTrades(client: PoolClient, userId: number, ticker: string, end: string): Promise<Trades> {
  const { rows: quantities } = await client.query<Pick<Trades, "bought" | "sold">>(
    `select
       trim_scale(coalesce(sum(adjusted_quantity) filter (where transaction_type = 'BUY'), 0)) as bought,
       trim_scale(coalesce(sum(adjusted_quantity) filter (where transaction_type = 'SELL'), 0)) as sold
     from stg_transactions
     where user_id = $1
       and ticker = $2
       and transaction_date <= $3`,
    [userId, ticker, end],
  );
  const { rows: periods } = await client.query<LastPeriod>(
    `select
       valid_from,
       prev_cost_basis,
       buy_amount,
       sell_amount - realized_pnl as removed_cost
     from int_holding_periods
     where user_id = $1
       and ticker = $2
       and valid_from <= $3
     order by valid_from desc
     limit 1`,
    [userId, ticker, end],
  );
  return { ...quantities[0]!, last_period: periods[0]! };
}

/** The ticker's movements of money, its value on the last day as the last of them. */
export async function readTickerMovements(
  client: PoolClient,
  registry: Registry,
  userId: number,
  { ticker, as_of, current_value }: TickerFacts,
  { start, end }: Span,
): Promise<Movement[]> {
  const { rows } = await client.query<Movement>(
    `${modelsOverRange(registry, int_ticker_flows)},
     movements as (
       select
         flow_date,
         amount,
         case when is_dividend then 'dividends' else 'trades' end as kind
       from int_ticker_flows
       where user_id = $1
         and ticker = $4
       union all
       select $5::date, $6::numeric, 'end'
     )
     select
       flow_date,
       amount,
       flow_date - min(flow_date) over () as days,
       case when kind = 'trades' and flow_date = $2::date then 'start' else kind end as kind
     from movements
     where amount <> 0
     order by flow_date, kind = 'end'`,
    [userId, start, end, ticker, as_of, current_value],
  );
  return rows;
}

type Work = (facts: TickerFacts, format: Format) => Working;

export const tickerWorkings: Partial<Record<FigureName, Work>> = {
  market_value: ({ quantity, current_price, current_value }, format) => {
    const value = format.money(current_value);
    return computed(value, equation(`${format.quantity(quantity)} × ${format.price(current_price)}`, value));
  },
  current_price: ({ current_price, is_priced, days_since_bar }, format) => {
    const source = is_priced
      ? days_since_bar === 0
        ? "the close of the last day known"
        : `the last close, ${format.count(days_since_bar ?? 0)} days old`
      : "no bar is known: the price of your own last transaction";
    return computed(format.price(current_price), source);
  },
  quantity: ({ quantity, bought, sold }, format) => {
    const value = format.quantity(quantity);
    return computed(value, equation(`${format.quantity(bought)} − ${format.quantity(sold)}`, value));
  },
  cost_basis: ({ cost_basis, last_period }, format) => {
    const { valid_from, prev_cost_basis, buy_amount, removed_cost } = last_period;
    const [before, bought, removed] = [prev_cost_basis, buy_amount, removed_cost].map(format.money);
    const value = format.money(cost_basis);
    return computed(
      value,
      `on ${format.date(valid_from)}: cost before = ${before}, purchases = ${bought}, cost of what was sold = ${removed}`,
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
    total("the gains of the sales below", format.signedMoney(realized_pnl)),
  income: ({ income }, format) => total("the dividends below", format.money(income)),
  fees: ({ fees }, format) => total("the fees below", format.money(fees)),
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
        `unrealised over the range: ${equation(`${format.money(unrealized_pnl)} − (${format.money(opening_pnl)})`, parts[0]!)}`,
      );
    return computed(value, ...steps);
  },
  total_return: ({ total_return }, format) => computed(format.signedPercent(total_return)),
  xirr: ({ xirr, xirr_reason }, format) => {
    if (xirr === null) return impossible(xirr_reason);
    const terms = `amount ÷ (1 + ${precise(format, xirr)})^(days ÷ 365)`;
    return computed(
      format.signedPercent(xirr),
      equation(`sum of ${terms} over the movements below`, format.money("0")),
    );
  },
  weight: ({ weight, weight_reason, current_value, portfolio_value }, format) => {
    if (weight === null) return impossible(weight_reason);
    const value = format.percent(weight);
    const numbers = `${format.money(current_value)} ÷ ${format.money(portfolio_value)}`;
    return computed(value, equation(numbers, value));
  },
  holding_days: ({ holding_days }, format) => computed(format.count(holding_days)),
};
