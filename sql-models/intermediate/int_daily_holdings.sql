-- One row per account, ticker and calendar day held, the day of the exit included: what it was worth, and what moved.
--
-- A holding period joined to its days. Each row also carries what it needs of the day before (prev_close, prev_rate,
-- prev_quantity), so it can be computed without that day. Before a ticker's first bar there is no price: the person's
-- own last transaction price stands in, and the row says so (is_priced); so does the last trade's exchange rate before the
-- first known one (is_rated), which a day's trade may lack of the third currency that it was paid in. A dividend of the market's
-- counts where the account does not book its own. Closes and local_ amounts are in the ticker's currency, all others in the
-- person's base currency. The rate is looked up only where the two differ; else the trade's, 1, stands.
with
  days as (
    select
      p.*,
      d.price_date,
      d.price_date = p.valid_from as is_trade_day,
      d.close,
      -- On the day of the first bar the price of the day before was a transaction's.
      coalesce(
        d.prev_close,
        case
          when d.price_date = p.valid_from then p.prev_trade_price
          else p.trade_price
        end
      ) as prev_close,
      case
        when p.books_income then 0
        else d.dividend_per_share
      end as dividend_per_share,
      d.is_session,
      d.is_always_open,
      d.is_final,
      true as is_priced,
      case
        when p.is_rated then p.valid_from + 1
        else p.held_until
      end as quiet_from
    from
      int_holding_periods as p
      join int_prices_daily as d on d.ticker = p.ticker and d.price_date >= p.valid_from and d.price_date < p.held_until
    union all
    select
      p.*,
      c.calendar_date as price_date,
      c.calendar_date = p.valid_from as is_trade_day,
      p.trade_price as close,
      case
        when c.calendar_date = p.valid_from then p.prev_trade_price
        else p.trade_price
      end as prev_close,
      case
        when p.books_income then 0
        else coalesce(v.cash_per_share, 0)
      end as dividend_per_share,
      false as is_session,
      coalesce(t.is_always_open, false) as is_always_open,
      true as is_final,
      false as is_priced,
      p.held_until as quiet_from
    from
      int_holding_periods as p
      left join int_tickers as t on t.ticker = p.ticker
      join int_calendar as c
        on c.calendar_date >= p.valid_from
        and c.calendar_date < p.held_until
        and c.calendar_date < coalesce(t.first_price_date, 'infinity')
      left join stg_dividends as v on v.ticker = p.ticker and v.ex_date = c.calendar_date
    where p.valid_from < coalesce(t.first_price_date, 'infinity')
  ),
  rated_days as (
    select
      d.*,
      coalesce(of_day.rate, d.rate) as day_rate,
      coalesce(
        of_day.prev_rate,
        case
          when d.is_trade_day then d.prev_rate
          else d.rate
        end,
        0
      ) as prev_day_rate,
      d.currency = d.base_currency or of_day.rate is not null as is_day_rated,
      case
        when d.is_trade_day then d.prev_quantity
        else d.quantity
      end as held_before,
      coalesce(d.prev_close, 0) as close_before,
      case
        when d.is_trade_day
        and (d.transferred_quantity != 0 or d.exchanged_value != 0) then (
          (d.transferred_quantity - d.exchanged_quantity) * d.close + d.exchanged_value
        ) * coalesce(of_day.rate, d.rate)
        else 0
      end as transferred_for
    from
      days as d
      left join lateral (
        select
          own.usd_per_unit / base.usd_per_unit as rate,
          own.prev_usd_per_unit / base.prev_usd_per_unit as prev_rate
        from
          int_fx_daily as own
          join int_fx_daily as base on base.rate_date = own.rate_date
        where
          d.currency != d.base_currency
          and own.currency = d.currency
          and base.currency = d.base_currency
          and own.rate_date = d.price_date
        offset 0 -- looked up for a row; flattened, all rates of all days would be read for it
      ) as of_day
        on true
  ),
  moved as (
    select
      *,
      -- All that changed the value, less what prices did to what was held, and to what was bought or sold on the day at its own
      -- price and rate: docs/metrics.md.
      case
        when currency = base_currency then 0
        when not is_trade_day then held_before * (close * (day_rate - prev_day_rate))
        else quantity * close * day_rate - held_before * close_before * prev_day_rate - (
          buy_amount - sell_amount - fees + transferred_for
        ) - (
          prev_day_rate * held_before * (close - close_before) + (exchanged_quantity * close - exchanged_value) * case
            when held_before > 0
            and exchanged_quantity <= 0 then prev_day_rate
            else day_rate
          end + bought_at_rates * close - bought_for + (local_sold_for - sold_quantity * close) * case
            when held_before > 0
            and sold_quantity <= held_before then prev_day_rate
            -- paid back on what came on the day
            when sold_quantity = 0 then coalesce(
              (bought_at_rates + greatest(transferred_quantity, 0) * day_rate) / nullif(
                quantity - least(transferred_quantity, 0),
                0
              ),
              day_rate
            )
            -- what was held went first, the rest is of what was bought, or came by a transfer, on the day
            else (
              prev_day_rate * held_before + (bought_at_rates + greatest(transferred_quantity, 0) * day_rate) * (
                sold_quantity - held_before
              ) / (quantity + sold_quantity - held_before - least(transferred_quantity, 0))
            ) / sold_quantity
          end
        )
      end as currency_effect
    from rated_days
  )
select
  user_id,
  account_id,
  ticker,
  price_date,
  currency,
  base_currency,
  quantity,
  cost_basis,
  local_cost_basis,
  close,
  close_before as prev_close,
  day_rate as rate,
  quantity * close * day_rate as market_value,
  quantity * close as local_market_value,
  held_before as prev_quantity,
  held_before * close_before * prev_day_rate as prev_market_value,
  held_before * close_before as local_prev_market_value,
  case
    when is_trade_day then buy_amount
    else 0
  end as buy_amount,
  case
    when is_trade_day then sell_amount
    else 0
  end as sell_amount,
  case
    when is_trade_day then buy_amount - sell_amount + transferred_for
    else 0
  end as net_flow,
  case
    when is_trade_day
    and (transferred_quantity != 0 or exchanged_value != 0) then local_buy_amount - local_sell_amount + (
      transferred_quantity - exchanged_quantity
    ) * close + exchanged_value
    when is_trade_day then local_buy_amount - local_sell_amount
    else 0
  end as local_net_flow,
  case
    when is_trade_day then fees
    else 0
  end as fees,
  case
    when is_trade_day then realized_pnl
    else 0
  end as realized_pnl,
  held_before * dividend_per_share * day_rate as income,
  -- In an account that holds cash, it stays there.
  case
    when tracks_cash then 0
    else held_before * dividend_per_share * day_rate
  end as income_paid_out,
  held_before * dividend_per_share as local_income,
  -- What else changed the value: exact, so that both effects always add up to it.
  quantity * close * day_rate - held_before * close_before * prev_day_rate - case
    when is_trade_day then buy_amount - sell_amount - fees + transferred_for
    else 0
  end - currency_effect as price_effect,
  currency_effect,
  is_session,
  is_always_open,
  is_final,
  is_priced,
  is_day_rated and (is_rated or not is_trade_day) as is_rated,
  quiet_from
from moved
