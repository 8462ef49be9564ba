-- One row per person and fall of the index below its highest point so far, the deepest first.
--
-- A fall lasts from the peak until the first day back up. Peak, trough and recovery are the days that
-- gold__performance names of the deepest one: the peak is the first day at that height (the day before the first trade,
-- if the index never stood above 1), the trough the first day at the bottom.
with
  days as (
    select
      user_id,
      price_date,
      drawdown,
      -- the same for all days of a fall
      count(*) filter (where drawdown = 0) over to_date as peaks_so_far,
      coalesce(
        min(price_date)
          filter (where drawdown = 0)
          over (
            partition by user_id, running_peak
            order by price_date
          ),
        min(price_date) over person - 1
      ) as peak_date,
      max(price_date) over person as as_of
    from int_portfolio_index
    where portfolio_id = 0
    window
      person as (partition by user_id),
      to_date as (
        partition by user_id
        order by price_date
        rows unbounded preceding
      )
  ),
  falls as (
    select
      user_id,
      min(drawdown) as depth,
      min(peak_date) as peak_date,
      first(price_date order by drawdown, price_date) as trough_date,
      case
        when max(price_date) < max(as_of) then max(price_date) + 1
      end as recovery_date,
      max(as_of) as as_of
    from days
    where drawdown < 0
    group by user_id, peaks_so_far
  )
select
  user_id,
  row_number() over (
    partition by user_id
    order by depth, trough_date
  ) as drawdown_rank,
  depth,
  peak_date,
  trough_date,
  recovery_date,
  case
    when recovery_date is null then 'still below the peak'
  end as recovery_date_reason,
  trough_date - peak_date as days_to_trough,
  coalesce(recovery_date, as_of) - peak_date as days
from falls
