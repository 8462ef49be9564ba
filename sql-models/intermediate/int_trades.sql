-- One row per trade: its amounts in the person's base currency, and in the ticker's own (local_).
--
-- Converted at the trade's own rate where it has one, else at its day's. Before the first known rate of a currency that one
-- stands in where the trade brings none (is_rated). Of a currency without any rate there is no amount, and so no row, nor one of
-- the ticker's later trades: missing until the rate has come, never in a wrong currency, never sold without the purchase.
with
  trades as (
    select
      t.*,
      u.base_currency,
      u.cost_basis_method,
      coalesce(t.currency, a.currency, 'USD') as trade_currency,
      coalesce(a.currency, t.currency, 'USD') as asset_currency
    from
      stg_transactions as t
      join public.users as u on u.user_id = t.user_id
      left join stg_assets as a on a.ticker = t.ticker
      -- Nothing is taken from it, so that the planner leaves it out: it is what tells whose trades a rate concerns.
      left join (
        select user_id
        from int_person_currencies
        group by user_id
      ) as converted
        on converted.user_id = t.user_id
  ),
  dollars as (
    select
      t.*,
      usd.of_trade,
      usd.of_asset,
      usd.of_base,
      usd.of_own,
      t.asset_currency = t.base_currency or coalesce(usd.are_known, false) as is_rated
    from
      trades as t
      left join lateral (
        select
          max(rate.usd_per_unit) filter (where k.currency = t.trade_currency) as of_trade,
          max(rate.usd_per_unit) filter (where k.currency = t.asset_currency) as of_asset,
          max(rate.usd_per_unit) filter (where k.currency = t.base_currency) as of_base,
          max(rate.usd_per_unit) filter (where k.currency = t.fx_currency) as of_own,
          -- both of them: one without any rate has no row here
          count(*) filter (where rate.is_known and k.currency in (t.asset_currency, t.base_currency)) = 2 as are_known
        from
          int_currencies as k
          left join int_fx_daily as f on f.currency = k.currency and f.rate_date = t.transaction_date
          cross join lateral (
            select
              coalesce(f.usd_per_unit, k.first_usd_per_unit) as usd_per_unit,
              f.currency is not null as is_known
          ) as rate
        where
          (t.trade_currency != t.base_currency or t.asset_currency != t.base_currency)
          and k.currency in (t.trade_currency, t.asset_currency, t.base_currency, t.fx_currency)
      ) as usd
        on true
  ),
  in_base as (
    select
      *,
      case
        when trade_currency = base_currency then 1
        when fx_rate is null then of_trade / of_base
        when fx_currency = base_currency then fx_rate
        else fx_rate * of_own / of_base
      end as base_per_unit
    from dollars
  ),
  in_both as (
    select
      *,
      case
        when trade_currency = asset_currency then 1
        when asset_currency = base_currency then base_per_unit
        else of_trade / of_asset
      end as local_per_unit
    from in_base
  ),
  rates as (
    select
      *,
      case
        when asset_currency = base_currency then 1
        when trade_currency = asset_currency then base_per_unit
        else base_per_unit / local_per_unit
      end as trade_rate,
      bool_and(base_per_unit is not null and local_per_unit is not null) over (
        partition by user_id, ticker
        order by transaction_date, transaction_type, transaction_id
        rows unbounded preceding
      ) as is_convertible
    from in_both
  )
select
  user_id,
  ticker,
  transaction_id,
  transaction_type,
  transaction_date,
  asset_currency as currency,
  base_currency,
  cost_basis_method,
  adjusted_quantity,
  units,
  units_per_share,
  gross_amount * base_per_unit as gross_amount,
  fee * base_per_unit as fee,
  gross_amount * local_per_unit as local_gross_amount,
  fee * local_per_unit as local_fee,
  adjusted_price * local_per_unit as local_price,
  trade_rate,
  case
    when asset_currency = base_currency then 1
    when is_rated then of_asset / of_base
    else trade_rate
  end as rate,
  is_rated
from rates
where is_convertible
