-- How many tickers that nobody here had used a person has brought on a day: each is fetched every day from then on. Which ones
-- they were is not kept.
create table public.new_tickers (
  user_id bigint not null references public.users on delete cascade,
  -- In UTC.
  brought_on date not null,
  tickers integer not null check (tickers > 0),
  primary key (user_id, brought_on)
);

alter table public.new_tickers enable row level security;

create policy own_rows on public.new_tickers to stratafolio_web
  using (user_id = (select public.current_person()))
  with check (user_id = (select public.current_person()));

grant select, insert, update, delete on public.new_tickers to stratafolio_web;
