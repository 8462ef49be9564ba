-- One row per ticker and split date, with two verdicts: does it change the shares held, and are the closes before it
-- adjusted for it? Each says why; an operator may rule otherwise (bronze.split_rulings).
--
-- Shares. Yahoo Finance lists spin-offs and rights issues among the splits, and scales prices by them. They show by their
-- ratio: companies split in small whole numbers, 4:1, 3:2, or a stock dividend 21:20; what a spin-off was worth is
-- 1324:1000. So a ratio that in lowest terms has 30 at most on both sides, or 1 on one of them, changes the shares. Neither
-- makes a price rise: any ratio below 1 merges shares. What was decided on an odd ratio is doubtful, and asks to be looked at.
--
-- Closes. Across a split that they are adjusted for they move as on any other day. The direction of a jump by about the ratio
-- tells the rest: as the split would move it, and the split happened and the history was not adjusted for it; against it,
-- and the history was adjusted for a split that never was. "About": nearer to the ratio than to no change at all, on the
-- logarithmic scale on which 2:1 and 1:2 are equally far from 1. A ratio so near to 1 that an ordinary day's move
-- looks the same cannot be judged, nor one without a close within ten days on either side: then Yahoo is believed,
-- which is nearly always right. A jump up to five days from the date is the split's where the ratio is large.
--
-- A company that hands capital back often merges its shares on the same day, by the ratio that keeps their price: in
-- adjusted closes the payout then is a fall by just the ratio, in an honest history. So a dividend is counted back in
-- before a jump is believed. It can only clear a split, never condemn one.
with
  splits as not materialized (
    select
      a.ticker,
      a.action_date,
      a.numerator,
      a.denominator,
      ln(a.numerator / a.denominator) as ratio_move,
      greatest(whole.numerator, whole.denominator) / gcd(whole.numerator, whole.denominator) as larger_side,
      least(whole.numerator, whole.denominator) / gcd(whole.numerator, whole.denominator) as smaller_side
    from
      bronze.raw_corporate_actions as a
      cross join lateral (
        select power(10::numeric, greatest(scale(trim_scale(a.numerator)), scale(trim_scale(a.denominator)))) as tenfold
      ) as scaled
      cross join lateral (
        select -- 9.827:10 is 9827:10000
          trunc(a.numerator * scaled.tenfold) as numerator,
          trunc(a.denominator * scaled.tenfold) as denominator
      ) as whole
    where a.action_type = 'split' and a.numerator < 'infinity'::numeric and a.denominator < 'infinity'::numeric
  ),
  closes as not materialized (
    select
      s.ticker,
      s.action_date,
      p.price_date,
      p.close,
      lag(p.price_date) over in_order as prev_date,
      lag(p.close) over in_order as prev_close
    from
      splits as s
      join bronze.raw_prices as p
        on p.ticker = s.ticker and p.price_date between s.action_date - 10 and s.action_date + 10
    where
      p.close > 0
      and p.close < 'infinity'::numeric
      and not exists (
        select
        from bronze.market_defects as k
        where k.ticker = p.ticker and k.defect_date = p.price_date and k.is_kept_out and k.defect != 'doubled_dividend'
      )
    window
      in_order as (
        partition by s.ticker, s.action_date
        order by p.price_date
      )
  ),
  moves as (
    select
      s.*,
      across.move,
      across.move_with_dividends,
      beside.price_date as beside_date
    from
      splits as s
      left join lateral (
        select
          ln(c.close / c.prev_close) as move,
          ln((c.close + coalesce(sum(d.cash_per_share), 0)) / c.prev_close) as move_with_dividends
        from
          closes as c
          left join bronze.raw_corporate_actions as d
            on d.ticker = s.ticker
            and d.action_type in ('dividend', 'capital_gain')
            and d.action_date > c.prev_date
            and d.action_date <= c.price_date
        where
          c.ticker = s.ticker
          and c.action_date = s.action_date
          and c.price_date >= s.action_date
          and c.prev_date < s.action_date
        group by c.close, c.prev_close
      ) as across
        on true
      left join lateral (
        select c.price_date
        from closes as c
        where
          c.ticker = s.ticker
          and c.action_date = s.action_date
          and abs(c.price_date - s.action_date) <= 5
          and not (c.price_date >= s.action_date and c.prev_date < s.action_date)
          and abs(s.ratio_move) >= ln(1.8)
          and -ln(c.close / c.prev_close) / s.ratio_move between 0.8 and 1.2
        order by abs(c.price_date - s.action_date)
        limit 1
      ) as beside
        on true
  ),
  judged as (
    select
      m.*,
      case
        when move is null then 'no close on both sides to compare'
        when abs(ratio_move) < ln(1.25) then 'too near 1 to tell from a day''s move'
        when abs(move) between abs(ratio_move) * 0.5 and abs(ratio_move) * 1.5 then case
          when abs(move_with_dividends) < abs(ratio_move) * 0.5 then 'explained by a dividend'
          when sign(move) = sign(ratio_move) then 'never happened'
          else 'not adjusted'
        end
        when beside_date is not null then 'not adjusted'
        else 'adjusted'
      end as closes_say,
      ratio_move < 0 or smaller_side = 1 or larger_side <= 30 as is_split_ratio,
      case
        when abs(move) < abs(ratio_move) * 0.5 then coalesce(beside_date, action_date)
        else action_date
      end as prices_before
    from moves as m
  ),
  decided as (
    select
      j.*,
      coalesce(r.changes_quantity, is_split_ratio and closes_say != 'never happened') as is_accepted,
      coalesce(r.is_history_scaled, closes_say != 'not adjusted') as is_history_adjusted,
      r.ticker is null
      and (closes_say in ('never happened', 'not adjusted') or smaller_side > 1 and larger_side > 30) as is_doubtful,
      r.ruled_by || ' ruled: ' || r.reason as ruling
    from
      judged as j
      left join bronze.split_rulings as r on r.ticker = j.ticker and r.action_date = j.action_date
  )
select
  ticker,
  action_date,
  numerator,
  denominator,
  is_accepted,
  is_history_adjusted,
  is_doubtful,
  case
    when is_accepted then 'accepted: '
    when closes_say = 'never happened' then 'denied: '
    else 'price only: '
  end || coalesce(
    ruling,
    case
      when not is_split_ratio then 'the ratio is that of a spin-off or a rights issue, which scales prices alone; '
      else ''
    end || case closes_say
      when 'no close on both sides to compare' then 'no close on both sides to compare'
      when 'too near 1 to tell from a day''s move' then 'ratio too near 1 to tell from a day''s move'
      when 'explained by a dividend' then 'the close jumps by the ratio, and a dividend explains it'
      when 'never happened' then 'the close jumps by about the ratio, against the split: the history was adjusted for it, and it never happened'
      when 'not adjusted' then 'the close jumps by about the ratio, as the split would move it: the history is not adjusted'
      else 'the close does not jump by the ratio'
    end
  ) as reason,
  prices_before,
  case
    when is_accepted = is_history_adjusted then 1
    when is_accepted then denominator
    else numerator
  end as price_numerator,
  case
    when is_accepted = is_history_adjusted then 1
    when is_accepted then numerator
    else denominator
  end as price_denominator
from decided
