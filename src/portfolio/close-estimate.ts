/**
 * A portfolio's days as closes alone tell them: the slice of who must learn neither what was paid nor how much there is.
 *
 * The return of a day is that of what was held at the close before, by the day's prices, exchange rates and the market's dividends:
 * a purchase and a sale count as at the close of their day, and fees, taxes, interest and cash do not count at all. So it depends on
 * nothing but what was held in which proportions, and on what everybody knows. What a corporate action made of a holding counts at
 * its close; a holding with bonus shares or returned capital counts as unchanged on that day, and a day on which a leg of an exchange
 * has no price has no return.
 *
 * Rounded once: the logarithm of the index since the first day, to a hundredth of a percent. The returns of any range are differences
 * of that, so that several ranges tell no more than one.
 */

import { int_booked_income } from "../../assets/cash.ts";
import { int_portfolio_daily } from "../../assets/intermediate.ts";
import { byModel, columnsAsStored, everybodys, paidInRange, rowsMade, rowsWhere } from "./slices.ts";

/** $2 and $3 as in slices.ts; of what is stored, whatever the range. Below a millionth of what there was, the rest counts as that. */
const estimates = `
  select
    price_date,
    exp(index_log - lag(index_log, 1, 0::double precision) over (order by price_date)) - 1 as daily_return
  from (
    select
      price_date,
      round(
        (sum(ln(greatest(1 + day_gain / value_before, 0.000001)::double precision)) over (order by price_date))::numeric,
        4
      )::double precision as index_log
    from (
      select
        price_date,
        sum(value_before) as value_before,
        case when bool_and(is_priced) then sum(gain) else 0 end as day_gain
      from (
        select
          i.price_date,
          p.quantity * i.prev_close * fx.prev_rate as value_before,
          case
            when exists (
              select
              from stg_transactions t
              where t.user_id = p.user_id
                and t.account_id = p.account_id
                and t.ticker = p.ticker
                and t.transaction_date = i.price_date
                and t.transaction_type in ('BONUS', 'RETURN_OF_CAPITAL')
            ) then 0
            else p.quantity * ((i.close + i.dividend_per_share) * fx.rate - i.prev_close * fx.prev_rate)
          end as gain,
          true as is_priced
        from int_holding_periods p
        join int_prices_daily i
          on i.ticker = p.ticker
          and i.price_date > p.valid_from
          and i.price_date <= least(p.valid_to, $3::date)
          and i.prev_close is not null
        join lateral (@rates) fx on fx.rate is not null and fx.prev_rate is not null
        where p.user_id = $1::bigint and p.quantity > 0
        union all
        select
          p.valid_from,
          0,
          p.exchanged_quantity * i.close * fx.rate,
          i.close is not null and fx.rate is not null
        from int_holding_periods p
        left join int_prices_daily i on i.ticker = p.ticker and i.price_date = p.valid_from
        left join lateral (@rates) fx on true
        where p.user_id = $1::bigint and p.exchanged_quantity != 0 and p.valid_from <= $3::date
      ) moves
      group by price_date
    ) sums
    where value_before > 0
  ) indexes`.replaceAll(
  "@rates",
  `
          select
            case when p.currency = p.base_currency then 1 else own.usd_per_unit / base.usd_per_unit end as rate,
            case when p.currency = p.base_currency then 1 else own.prev_usd_per_unit / base.prev_usd_per_unit end as prev_rate
          from (select 1) one
          left join int_fx_daily own
            on own.currency = nullif(p.currency, p.base_currency) and own.rate_date = i.price_date
          left join int_fx_daily base
            on base.currency = nullif(p.base_currency, p.currency) and base.rate_date = i.price_date
          offset 0`,
);

/** By model: of all accounts together. Amounts stay as they are stored: who is shown these days is shown none. */
export const closeSlices = byModel(
  rowsMade(
    int_portfolio_daily,
    [
      `from int_portfolio_daily d
       left join (${estimates}
       ) e on e.price_date = d.price_date
       where d.user_id = $1::bigint
         and d.portfolio_id = 0
         and d.price_date > $2::date
         and d.price_date <= $3::date`,
    ],
    { ...columnsAsStored(int_portfolio_daily.columns, "d"), daily_return: "e.daily_return" },
  ),
  ...everybodys,
  rowsWhere(int_booked_income, paidInRange, true),
);
