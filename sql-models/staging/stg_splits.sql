-- One row per ticker and split date, with the verdict of the closes on it.
--
-- Yahoo's closes are adjusted for every split it reports. So across an honest split the close moves as on any other
-- day. Where it jumps by about the ratio, up or down, either the history was not adjusted or the split never
-- happened: applying it to the ledger would multiply a position out of thin air, so it is kept out, and shown.
--
-- "About the ratio": nearer to the ratio than to no change at all, on the logarithmic scale on which 2:1 and 1:2
-- are equally far from 1. What cannot be judged is accepted, because Yahoo is nearly always right: a ratio so
-- near to 1 that an ordinary day's move looks the same, or no close within ten days on one of its sides.
--
-- A company that hands capital back often merges its shares on the same day, by the ratio that keeps their price: in
-- adjusted closes the payout then is a fall by just the ratio, in an honest history. So a dividend is counted back in
-- before a split is denied. It can only clear a split, never condemn one.
with
  splits as (
    select
      a.ticker,
      a.action_date,
      a.numerator,
      a.denominator,
      abs(ln(a.numerator / a.denominator)) as ratio_distance,
      abs(ln(after.close / before.close)) as close_distance,
      abs(ln((after.close + paid.cash_per_share) / before.close)) as close_distance_with_dividends
    from
      bronze.raw_corporate_actions as a
      left join lateral (
        select p.price_date, p.close
        from stg_raw_prices as p
        where p.ticker = a.ticker and p.price_date < a.action_date and p.price_date >= a.action_date - 10
        order by p.price_date desc
        limit 1
      ) as before
        on true
      left join lateral (
        select p.price_date, p.close
        from stg_raw_prices as p
        where p.ticker = a.ticker and p.price_date >= a.action_date and p.price_date <= a.action_date + 10
        order by p.price_date
        limit 1
      ) as after
        on true
      left join lateral (
        select sum(d.cash_per_share) as cash_per_share
        from stg_dividends as d
        where d.ticker = a.ticker and d.ex_date > before.price_date and d.ex_date <= after.price_date
      ) as paid
        on true
    where a.action_type = 'split' and a.numerator < 'infinity'::numeric and a.denominator < 'infinity'::numeric
  ),
  comparisons as (
    select
      *,
      close_distance between ratio_distance * 0.5 and ratio_distance * 1.5 as jumps_by_ratio,
      close_distance_with_dividends < ratio_distance * 0.5 as is_explained_by_dividend
    from splits
  ),
  judged as (
    select
      *,
      case
        when close_distance is null then 'accepted: no close on both sides to compare'
        when ratio_distance < ln(1.25) then 'accepted: ratio too near 1 to tell from a day''s move'
        when not jumps_by_ratio then 'accepted: the close does not jump by the ratio'
        when is_explained_by_dividend then 'accepted: the close jumps by the ratio, and a dividend explains it'
        else 'denied: the close jumps by about the ratio'
      end as reason
    from comparisons
  )
select
  ticker,
  action_date,
  numerator,
  denominator,
  reason not like 'denied%' as is_accepted,
  reason
from judged
