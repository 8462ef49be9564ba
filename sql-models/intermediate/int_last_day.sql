-- One row: the last day known to the system, the newest of all bars and all trades. While there is neither: the day
-- before the calendar begins.
--
-- Stored, so that the thousands of changes that do not move it stop here. When it does move, from one day to another,
-- every day between them begins or ceases to be: the change counts from the earlier of the two. So there is always a
-- row: with none before the first trade, the days before that trade would count as unchanged, and whatever is
-- computed for every day (interest, regimes) would lack them for ever.
--
-- Never the clock: a model that reads the clock is not the same twice.
select
  greatest(
    date '1899-12-31',
    (select p.price_date from stg_raw_prices as p order by p.price_date desc limit 1),
    (select max(t.transaction_date) from bronze.transactions as t)
  ) as last_day
