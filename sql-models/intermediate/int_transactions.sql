-- One row per ledger row: its amounts in the person's base currency, and in the ticker's own (local_), or, of cash, in the
-- row's.
--
-- Converted at the row's own rate where it has one, else at its day's; also where its own was said in a former base currency
-- that had no rate yet on the day, so that nobody could carry it on. Before the first known rate of a currency that one
-- stands in where the row brings none (is_rated: of the ticker's currency and of what was paid). Of a currency without any rate
-- there is no amount, and so no row, nor one of the ticker's (or of cash, the currency's) later ones: missing until the rate has
-- come, never in a wrong currency, never sold without the purchase. A ticker that nobody has described yet is missing, too, but to those who have nothing but dollars: to
-- them it is as before there were other currencies.
--
-- Where all is of one currency no rate is looked up, and none is null but these.
with
  transactions as (
    select
      t.*,
      u.base_currency,
      u.cost_basis_method,
      a.tracks_cash,
      a.income = 'ledger' as books_income,
      coalesce(t.currency, asset.currency, 'USD') as trade_currency,
      case
        when t.ticker is null then t.currency
        else coalesce(asset.currency, 'USD')
      end as asset_currency,
      case
        -- Who holds a share as the day begins is who gets what is spun off.
        when t.transaction_type = 'TRANSFER_OUT'
        and t.ticker is not null
        and t.quantity is null then 0
        else ledger_order(t.transaction_type)
      end as day_order
    from
      stg_transactions as t
      join public.users as u on u.user_id = t.user_id
      join public.accounts as a on a.account_id = t.account_id
      left join stg_assets as asset on asset.ticker = t.ticker
      -- Nothing is taken from it, so that the planner leaves it out: it is what tells whose rows a rate concerns.
      left join (
        select user_id
        from int_person_currencies
        group by user_id
      ) as converted
        on converted.user_id = t.user_id
    where
      t.ticker is null
      or asset.ticker is not null
      or u.base_currency = 'USD'
      and coalesce(t.currency, 'USD') = 'USD'
  ),
  rated as (
    select
      t.*,
      r.base_per_unit,
      r.local_per_unit,
      r.trade_rate,
      r.rate,
      r.is_rated,
      -- A dividend beside the market's moves no figure: without a rate it is missing alone.
      coalesce(r.is_convertible, true)
      and bool_and(coalesce(r.is_convertible, true) or t.transaction_type = 'DIVIDEND' and not t.books_income) over (
        partition by
          t.user_id,
          t.account_id,
          t.ticker,
          case
            when t.ticker is null then t.trade_currency
          end
        order by t.transaction_date, t.day_order, t.transaction_id
        rows unbounded preceding
      ) as is_convertible
    from
      transactions as t
      left join lateral (
        select
          in_base.base_per_unit,
          in_both.local_per_unit,
          own.trade_rate,
          case
            when t.asset_currency = t.base_currency then 1
            when usd.are_known then usd.of_asset / usd.of_base
            else own.trade_rate
          end as rate,
          (t.asset_currency = t.base_currency or usd.are_known)
          and (
            t.trade_currency = t.base_currency
            or t.fx_currency is not distinct from t.base_currency
            or usd.are_paid_known
            or usd.is_own_known
            and usd.is_base_known
          )
          and (
            t.trade_currency = t.asset_currency
            or t.asset_currency = t.base_currency
            or usd.are_local_known
          ) as is_rated,
          own.trade_rate is not null and in_both.local_per_unit is not null as is_convertible
        from
          (
            select
              max(rate.usd_per_unit) filter (where k.currency = t.trade_currency) as of_trade,
              max(rate.usd_per_unit) filter (where k.currency = t.asset_currency) as of_asset,
              max(rate.usd_per_unit) filter (where k.currency = t.base_currency) as of_base,
              max(rate.usd_per_unit) filter (where k.currency = t.fx_currency) as of_own,
              coalesce(bool_and(rate.is_known) filter (where k.currency = t.fx_currency), false) as is_own_known,
              coalesce(bool_and(rate.is_known) filter (where k.currency = t.base_currency), false) as is_base_known,
              count(*) filter (
                where rate.is_known and k.currency in (t.trade_currency, t.base_currency)
              ) = 2 as are_paid_known,
              count(*) filter (
                where rate.is_known and k.currency in (t.trade_currency, t.asset_currency)
              ) = 2 as are_local_known,
              -- both of them: one without any rate has no row here
              count(*) filter (
                where rate.is_known and k.currency in (t.asset_currency, t.base_currency)
              ) = 2 as are_known
            from
              int_currencies as k
              left join int_fx_daily as f on f.currency = k.currency and f.rate_date = t.transaction_date
              cross join lateral (
                select
                  coalesce(f.usd_per_unit, k.first_usd_per_unit) as usd_per_unit,
                  f.currency is not null as is_known
              ) as rate
            where k.currency in (t.trade_currency, t.asset_currency, t.base_currency, t.fx_currency)
          ) as usd
          cross join lateral (
            select
              case
                when t.trade_currency = t.base_currency then 1
                when t.fx_currency = t.base_currency then t.fx_rate
                when t.fx_rate is null
                or not usd.is_own_known
                and usd.are_paid_known then usd.of_trade / usd.of_base
                else t.fx_rate * usd.of_own / usd.of_base
              end as base_per_unit
          ) as in_base
          cross join lateral (
            select
              case
                when t.trade_currency = t.asset_currency then 1
                when t.asset_currency = t.base_currency then in_base.base_per_unit
                else usd.of_trade / usd.of_asset
              end as local_per_unit
          ) as in_both
          cross join lateral (
            select
              case
                when t.asset_currency = t.base_currency then 1
                when t.trade_currency = t.asset_currency then in_base.base_per_unit
                else in_base.base_per_unit / in_both.local_per_unit
              end as trade_rate
          ) as own
        where t.trade_currency != t.base_currency or t.asset_currency != t.base_currency
        offset 0 -- as in int_daily_holdings
      ) as r
        on true
  )
select
  user_id,
  account_id,
  ticker,
  transaction_id,
  transaction_type,
  transaction_date,
  day_order,
  asset_currency as currency,
  trade_currency,
  base_currency,
  cost_basis_method,
  tracks_cash,
  books_income,
  quantity,
  adjusted_quantity,
  units,
  units_per_share,
  own_split,
  coalesce(acquired_on, transaction_date) as acquired_on,
  lots,
  gross_amount * coalesce(base_per_unit, 1) as gross_amount,
  fee * coalesce(base_per_unit, 1) as fee,
  tax * coalesce(base_per_unit, 1) as tax,
  gross_amount * coalesce(local_per_unit, 1) as local_gross_amount,
  fee * coalesce(local_per_unit, 1) as local_fee,
  gross_amount as own_gross_amount,
  fee + tax as own_costs,
  case
    when transaction_type = 'TRANSFER_IN'
    and market_value is not null then market_value / adjusted_quantity
    when transaction_type = 'TRANSFER_IN' then gross_amount / nullif(adjusted_quantity, 0) * coalesce(local_per_unit, 1)
    else adjusted_price * coalesce(local_per_unit, 1)
  end as local_price,
  market_value,
  coalesce(trade_rate, 1) as trade_rate,
  coalesce(rate, 1) as rate,
  coalesce(base_per_unit, 1) as base_per_unit,
  coalesce(is_rated, true) as is_rated
from rated
where is_convertible
