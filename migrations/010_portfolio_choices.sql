-- What a person last chose to look at on their portfolio, so that every device of theirs shows the same.

create table public.portfolio_choices (
  user_id bigint primary key references public.users on delete cascade,
  range_name text check (range_name in ('1M', '3M', '6M', 'YTD', '1Y', '3Y', '5Y', 'Max')),
  from_date date,
  to_date date,
  -- As it was typed: it need not be a ticker that has prices.
  benchmark text check (benchmark <> '' and length(benchmark) <= 20),
  -- A range of the picker, or two dates of one's own.
  check ((range_name is null) = (from_date is not null and to_date is not null and from_date <= to_date))
);

alter table public.portfolio_choices enable row level security;

create policy own_rows on public.portfolio_choices to stratafolio_web
  using (user_id = (select public.current_person()))
  with check (user_id = (select public.current_person()));

grant select, insert, update on public.portfolio_choices to stratafolio_web;
