-- One row per ledger row: its amounts in the person's base currency, and in the ticker's own (local_), or, of cash, in the
-- row's.
--
-- Converted at the row's own rate where it has one, else at its day's. Before the first known rate of a currency that one
-- stands in where the row brings none (is_rated). Of a currency without any rate there is no amount, and so no row: a
-- figure that is missing until the rate has come, never one in a wrong currency.
with
  transactions as (
    select
      t.*,
      u.base_currency,
      u.cost_basis_method,
      a.tracks_cash,
      a.income = 'ledger' as books_income,
      coalesce(t.currency, asset.currency, 'USD') as trade_currency,
      coalesce(asset.currency, t.currency, 'USD') as asset_currency,
      converted.user_id is not null as is_converted
    from
      stg_transactions as t
      join public.users as u on u.user_id = t.user_id
      join public.accounts as a on a.account_id = t.account_id
      left join stg_assets as asset on asset.ticker = t.ticker
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
      coalesce(usd.are_known, true) as is_rated
    from
      transactions as t
      left join lateral (
        select
          max(rate.usd_per_unit) filter (where k.currency = t.trade_currency) as of_trade,
          max(rate.usd_per_unit) filter (where k.currency = t.asset_currency) as of_asset,
          max(rate.usd_per_unit) filter (where k.currency = t.base_currency) as of_base,
          max(rate.usd_per_unit) filter (where k.currency = t.fx_currency) as of_own,
          bool_and(rate.is_known) filter (where k.currency in (t.asset_currency, t.base_currency)) as are_known
        from
          int_currencies as k
          left join int_fx_daily as f on f.currency = k.currency and f.rate_date = t.transaction_date
          cross join lateral (
            select
              coalesce(f.usd_per_unit, k.first_usd_per_unit) as usd_per_unit,
              f.currency is not null as is_known
          ) as rate
        where t.is_converted and k.currency in (t.trade_currency, t.asset_currency, t.base_currency, t.fx_currency)
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
      end as trade_rate
    from in_both
  )
select
  user_id,
  account_id,
  ticker,
  transaction_id,
  transaction_type,
  transaction_date,
  asset_currency as currency,
  trade_currency,
  base_currency,
  cost_basis_method,
  tracks_cash,
  books_income,
  adjusted_quantity,
  units,
  units_per_share,
  own_split,
  coalesce(acquired_on, transaction_date) as acquired_on,
  lots,
  gross_amount * base_per_unit as gross_amount,
  fee * base_per_unit as fee,
  tax * base_per_unit as tax,
  gross_amount * local_per_unit as local_gross_amount,
  fee * local_per_unit as local_fee,
  gross_amount as own_gross_amount,
  fee + tax as own_costs,
  case
    when transaction_type = 'TRANSFER_IN' then gross_amount / nullif(adjusted_quantity, 0)
    else adjusted_price
  end * local_per_unit as local_price,
  trade_rate,
  case
    when asset_currency = base_currency then 1
    when is_rated then of_asset / of_base
    else trade_rate
  end as rate,
  base_per_unit,
  is_rated
from rates
where base_per_unit is not null and local_per_unit is not null and trade_rate is not null
