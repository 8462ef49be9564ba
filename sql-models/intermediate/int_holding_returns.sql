-- One row per person, ticker and day with transactions, over all accounts: by how much it multiplied what was invested, dividends
-- included, in the person's base currency and (local_) in the ticker's own. And what else gold_ticker_kpis adds up of a period
-- (held_days, realized_pnl, fees): of a second model it would have to join, of which a planner expects one row.
--
-- The product of the period's daily growths (fct_daily_returns), of which nearly all cancel out: between trades the
-- quantity is constant, so the days' growths telescope into the last close over the first, times the last exchange rate over the
-- first, and a dividend on day t adds a factor 1 + dividend / close of t. A person's return per ticker is then read off some
-- hundred periods instead of 18,000 days: 40 ms before, 3 after. Where an account books its own dividends they are what was
-- received, of what was held at the close of the day; one that came when nothing was held any more multiplies nothing.
--
-- What is known of the first day, a close or a rate, goes before what stands in for it: an account that did not trade on the day has
-- the rate of its own last trade, and only the others may lack one, of a third currency that they paid in.
--
-- Bonus shares of what was never bought are worth nothing before the ticker's first bar: their growth begins with it.
with
  periods as (
    select
      p.*,
      -- Also where the account that books them is not the one that holds the shares.
      p.has_booked_income
      or exists (
        select
        from int_booked_dividends as b
        where b.user_id = p.user_id and b.ticker = p.ticker
      ) as counts_booked,
      first_day.close as first_close,
      first_day.prev_close as close_before,
      -- of the day before the next period: looked up once, for both
      lead(first_day.prev_close) over (
        partition by p.user_id, p.ticker
        order by p.valid_from
      ) as last_close
    from
      int_ticker_periods as p
      left join int_prices_daily as first_day on first_day.ticker = p.ticker and first_day.price_date = p.valid_from
  ),
  received as (
    select
      user_id,
      ticker,
      pay_date as received_on,
      local_net
    from int_booked_dividends
    union all
    select
      user_id,
      ticker,
      ex_date as received_on,
      local_amount as local_net
    from int_dividend_income
  )
select
  p.user_id,
  p.ticker,
  p.valid_from,
  case
    when p.quantity > 0 then least(p.valid_to, known.last_day) - p.valid_from
    else 0
  end as held_days,
  p.realized_pnl,
  p.fees,
  case
    when t.is_invested then coalesce(
      daily_growth(t.market_value, t.prev_market_value, t.net_flow, t.income)::double precision,
      1
    )
    else 1
  end as trade_day_growth,
  case
    when t.is_invested then coalesce(
      daily_growth(t.local_market_value, t.local_prev_market_value, t.local_net_flow, t.local_income)::double precision,
      1
    )
    else 1
  end as local_trade_day_growth,
  coalesce(
    (period_end.close / coalesce(p.first_close, nullif(p.trade_price, 0), first_bar.close))::double precision,
    1
  ) as price_growth,
  coalesce(
    (
      coalesce(
        last_day_rate.rate,
        case
          when p.first_close is null
          and period_end.close is not null then p.held_rate
        end
      ) / case
        when p.first_close is null
        and first_bar.close is not null then coalesce(first_bar.rate, p.held_rate)
        when p.first_close is null
        and p.trade_price = 0 then null -- worth nothing, at whatever rate
        when first_day_rate.rate is not null then first_day_rate.rate
        when p.first_close is not null then p.held_rate
        else p.price_in_base / p.trade_price
      end
    )::double precision,
    1
  ) as rate_growth,
  dividends.growth as dividend_growth
from
  periods as p
  cross join int_last_day as known
  left join stg_dividends as first_dividend
    on first_dividend.ticker = p.ticker and first_dividend.ex_date = p.valid_from
  cross join lateral (
    select
      case
        when p.quantity > 0 then coalesce(
          p.last_close,
          (
            select i.close
            from int_prices_daily as i
            where i.ticker = p.ticker and i.price_date < p.held_until
            order by i.price_date desc
            limit 1
          )
        )
      end as close
  ) as period_end
  left join lateral (
    select
      i.close,
      own.usd_per_unit / base.usd_per_unit as rate
    from
      int_prices_daily as i
      left join int_fx_daily as own
        on p.currency != p.base_currency and own.currency = p.currency and own.rate_date = i.price_date
      left join int_fx_daily as base on base.currency = p.base_currency and base.rate_date = own.rate_date
    where
      p.first_close is null
      and p.trade_price = 0
      and i.ticker = p.ticker
      and i.price_date > p.valid_from
      and i.price_date < p.held_until
    order by i.price_date
    limit 1
  ) as first_bar
    on true
  -- Where the ticker's currency is the person's, none is looked up.
  left join lateral (
    select
      own.usd_per_unit / base.usd_per_unit as rate,
      own.prev_usd_per_unit / base.prev_usd_per_unit as before
    from
      int_fx_daily as own
      join int_fx_daily as base on base.rate_date = own.rate_date
    where
      p.currency != p.base_currency
      and own.currency = p.currency
      and base.currency = p.base_currency
      and own.rate_date = p.valid_from
    offset 0 -- as in int_daily_holdings
  ) as first_day_rate
    on true
  left join lateral (
    select own.usd_per_unit / base.usd_per_unit as rate
    from
      int_fx_daily as own
      join int_fx_daily as base on base.rate_date = own.rate_date
    where
      p.currency != p.base_currency
      and p.quantity > 0
      and own.currency = p.currency
      and base.currency = p.base_currency
      and own.rate_date < p.held_until
    order by own.rate_date desc
    limit 1
  ) as last_day_rate
    on true
  left join lateral (
    select
      sum(r.local_net) as local_net
    from received as r
    where p.counts_booked and r.user_id = p.user_id and r.ticker = p.ticker and r.received_on = p.valid_from
  ) as first_received
    on true
  cross join lateral (
    select
      p.quantity * coalesce(
        p.first_close * coalesce(first_day_rate.rate, p.held_rate),
        p.trade_price * first_day_rate.rate,
        p.price_in_base
      ) as market_value,
      p.prev_quantity * coalesce(
        p.close_before * coalesce(first_day_rate.before, p.prev_rate),
        p.prev_trade_price * first_day_rate.before,
        p.prev_price_in_base,
        0
      ) as prev_market_value,
      p.buy_amount - p.sell_amount + (
        coalesce(
          (p.transferred_quantity - p.exchanged_quantity) * p.first_close,
          p.transferred_value
        ) + p.exchanged_value
      ) * p.rate as net_flow,
      case
        when p.counts_booked then coalesce(first_received.local_net * coalesce(first_day_rate.rate, p.held_rate), 0)
        else p.prev_quantity * coalesce(first_dividend.cash_per_share, 0) * p.rate
      end as income,
      p.quantity * coalesce(p.first_close, p.trade_price) as local_market_value,
      p.prev_quantity * coalesce(p.close_before, p.prev_trade_price, 0) as local_prev_market_value,
      p.local_buy_amount - p.local_sell_amount + coalesce(
        (p.transferred_quantity - p.exchanged_quantity) * p.first_close,
        p.transferred_value
      ) + p.exchanged_value as local_net_flow,
      case
        when p.counts_booked then coalesce(first_received.local_net, 0)
        else p.prev_quantity * coalesce(first_dividend.cash_per_share, 0)
      end as local_income
  ) as v
  cross join lateral (
    select
      v.*,
      -- as in fct_daily_returns
      abs(v.prev_market_value + greatest(v.net_flow, 0)) > (p.buy_amount + p.sell_amount) * 1e-12 as is_invested
  ) as t
  cross join lateral (
    -- In the order of days: a floating-point product in another order differs in its last bit.
    select
      product(paid.growth order by paid.paid_on) as growth
    from
      (
        select
          d.ex_date as paid_on,
          (1 + coalesce(d.cash_per_share / nullif(coalesce(i.close, p.trade_price), 0), 0))::double precision as growth
        from
          stg_dividends as d
          join int_calendar as c on c.calendar_date = d.ex_date
          left join int_prices_daily as i on i.ticker = d.ticker and i.price_date = d.ex_date
        where not p.counts_booked and d.ticker = p.ticker and d.ex_date > p.valid_from and d.ex_date < p.held_until
        union all
        select
          r.received_on as paid_on,
          (
            1 + coalesce(sum(r.local_net) / nullif(p.quantity * coalesce(min(i.close), p.trade_price), 0), 0)
          )::double precision as growth
        from
          received as r
          left join int_prices_daily as i on i.ticker = r.ticker and i.price_date = r.received_on
        where
          p.counts_booked
          and r.user_id = p.user_id
          and r.ticker = p.ticker
          and r.received_on > p.valid_from
          and r.received_on < p.held_until
        group by r.received_on
      ) as paid
  ) as dividends
