-- One row per account, ticker and day of dividends or interest booked: what each share was paid before tax, in today's shares and the
-- ticker's currency.
--
-- A booking does not say of how many shares it is. They are those held when the day before the ex-date closed (entitled_on), the last
-- one that the market tells of in the 60 days before the payment; without one, when the day before the payment closed. Who had sold off by then, the last
-- that were held within those 60 days; who held none before, the first of the days up to the payment. Booked in an account that held
-- none at all: all that the person's accounts held. Without any it is not to be told, and there is no row.
--
-- Kept, because an estimate asks for each holding what was booked of its ticker.
with
  bookings as (
    select
      b.user_id,
      b.account_id,
      b.ticker,
      b.pay_date,
      sum(b.gross / b.rate) as local_gross
    from
      int_booked_income as b
      join int_income_ledgers as d on d.user_id = b.user_id
    where b.ticker is not null
    group by b.user_id, b.account_id, b.ticker, b.pay_date
  ),
  entitled as (
    select
      b.*,
      coalesce(
        (
          select max(d.ex_date)
          from stg_dividends as d
          where d.ticker = b.ticker and d.ex_date <= b.pay_date and d.ex_date >= b.pay_date - 60
        ),
        b.pay_date
      ) as entitled_on
    from bookings as b
  )
select
  e.user_id,
  e.account_id,
  e.ticker,
  e.pay_date,
  e.entitled_on,
  e.local_gross / coalesce(own.quantity, of_all.quantity) as cash_per_share
from
  entitled as e
  left join lateral (
    select p.quantity
    from int_holding_periods as p
    where
      p.user_id = e.user_id
      and p.account_id = e.account_id
      and p.ticker = e.ticker
      and p.quantity > 0
      and p.valid_from <= e.pay_date
      and p.valid_to > e.pay_date - 60
    order by p.valid_from < e.entitled_on desc, abs(p.valid_from - e.entitled_on), p.valid_from
    limit 1
  ) as own
    on true
  left join lateral (
    select sum(p.quantity) as quantity
    from int_holding_periods as p
    where
      own.quantity is null
      and p.user_id = e.user_id
      and p.ticker = e.ticker
      and p.valid_from < e.entitled_on
      and p.valid_to >= e.entitled_on
  ) as of_all
    on true
where coalesce(own.quantity, of_all.quantity) > 0
