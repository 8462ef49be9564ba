-- Conventions that several models share, each in one place. A single SQL expression is put in place of its call when
-- a query is planned, so a name costs nothing when rows are read.

-- How many returns make a year of risk: those of trading days, or of all days where everything held trades around
-- the clock.
create function public.trading_days_per_year()
returns integer
language sql
immutable
parallel safe
return 252;

create function public.calendar_days_per_year()
returns integer
language sql
immutable
parallel safe
return 365;

-- An annual rate in percent, for one of so many periods that compound to a year.
create function public.rate_per_period(annual_percent numeric, periods_per_year integer)
returns double precision
language sql
immutable
parallel safe
return power(1 + annual_percent::double precision / 100, 1.0 / periods_per_year) - 1;

-- By how much a day multiplied what was invested: money in counts from the start of the day, money out (dividends too)
-- until its end. Exact sums, divided once. Null while nothing is invested.
create function public.daily_growth(market_value numeric, prev_market_value numeric, net_flow numeric, income numeric)
returns numeric
language sql
immutable
parallel safe
return (market_value + greatest(-net_flow, 0) + income) / nullif(prev_market_value + greatest(net_flow, 0), 0);

create function public.daily_return(market_value numeric, prev_market_value numeric, net_flow numeric, income numeric)
returns double precision
language sql
immutable
parallel safe
return (public.daily_growth(market_value, prev_market_value, net_flow, income) - 1)::double precision;

create function public.annualized_return(total_return double precision, days bigint)
returns double precision
language sql
immutable
parallel safe
return power(1 + total_return, 365.25 / days) - 1;

-- Why there is no figure a year, and none of risk; null when there is enough to go by.
create function public.too_few_days(days bigint)
returns text
language sql
immutable
parallel safe
return case when days < 365 then 'needs 365 days, has ' || days::text end;

create function public.too_few_returns(returns bigint)
returns text
language sql
immutable
parallel safe
return case when returns < 20 then 'needs 20 returns, has ' || returns::text end;

-- first(value order by ...): the first value that is not null. PostgreSQL's any_value() keeps the first one, too, but
-- promises nothing.
create aggregate public.first(anyelement) (
  sfunc = any_value_transfn,
  stype = anyelement,
  parallel = safe
);
