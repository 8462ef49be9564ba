-- One row per ticker and ex-date: cash per share, in major units and in today's shares (adjusted for splits, like the closes). Capital gains
-- that a fund pays out are income like dividends.
--
-- What was found to be the same payment listed twice is kept out. Where the splits that the closes are adjusted for are
-- not those that count (stg_price_scales), the cash is scaled as the closes are: both are of one reply.
select
  a.ticker,
  a.action_date as ex_date,
  sum(
    case
      when s.numerator is null then a.cash_per_share
      else a.cash_per_share * s.numerator / s.denominator
    end
  ) * coalesce(min(u.unit_factor), 1) as cash_per_share
from
  bronze.raw_corporate_actions as a
  left join lateral (
    select
      c.numerator,
      c.denominator
    from stg_price_scales as c
    where c.ticker = a.ticker and c.valid_from <= a.action_date and c.valid_to > a.action_date
    order by c.ticker, c.valid_from
    limit 1 -- there is one at most; so it is looked up, by index
  ) as s
    on true
  left join stg_assets as u on u.ticker = a.ticker
  left join bronze.market_defects as k
    on k.ticker = a.ticker and k.defect_date = a.action_date and k.defect = 'doubled_dividend' and k.is_kept_out
where
  a.action_type in ('dividend', 'capital_gain')
  and a.cash_per_share > 0
  and a.cash_per_share < 'infinity'::numeric
  and (k.ticker is null or a.action_type = 'capital_gain')
group by a.ticker, a.action_date
