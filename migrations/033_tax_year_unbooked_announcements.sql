-- Where a person's tax year begins, which dividends of the market's they say they did not get, and what operators announced, for who records the
-- ticker only afterwards.

-- Month and day: 01-01 is the calendar year. A day that every year has.
alter table public.users
  add column tax_year_start text not null default '01-01'
    check (tax_year_start ~ '^(0[13578]|1[02])-(0[1-9]|[12]\d|3[01])$|^(0[469]|11)-(0[1-9]|[12]\d|30)$|^02-(0[1-9]|1\d|2[0-8])$');
grant select (tax_year_start), update (tax_year_start) on public.users to stratafolio_web;

-- Of an account that books its own income: ex-dates without a booking of which nothing more is to be said.
create table public.dismissed_dividends (
  user_id bigint not null,
  account_id bigint not null,
  ticker text not null check (ticker = upper(btrim(ticker)) and ticker <> ''),
  ex_date date not null check (ex_date >= '1900-01-01' and ex_date < '2200-01-01'),
  dismissed_at timestamptz not null default clock_timestamp(),
  primary key (user_id, account_id, ticker, ex_date),
  constraint dismissed_dividends_account_fkey
    foreign key (user_id, account_id) references public.accounts (user_id, account_id) on delete cascade,
  constraint dismissed_dividends_user_id_fkey foreign key (user_id) references public.users on delete cascade
);

create index dismissed_dividends_account_idx on public.dismissed_dividends (account_id);

alter table public.dismissed_dividends enable row level security;
create policy own_rows on public.dismissed_dividends to stratafolio_web
  using (user_id = (select public.current_person()))
  with check (user_id = (select public.current_person()));
grant select, insert, delete on public.dismissed_dividends to stratafolio_web;

-- Corporate actions that operators wrote for all holders, the terms with the prices of the day. Nothing of who holds what; who records such a ticker later is
-- offered it.
create table public.announcements (
  announcement_id uuid primary key,
  kind text not null check (kind in ('spin_off', 'merger', 'rename', 'rights', 'cash_in_lieu')),
  ticker text not null check (ticker = upper(btrim(ticker)) and ticker <> ''),
  new_ticker text check (new_ticker = upper(btrim(new_ticker)) and new_ticker <> ''),
  action_date date not null check (action_date >= '1900-01-01' and action_date < '2200-01-01'),
  terms jsonb not null check (jsonb_typeof(terms) = 'object'),
  written_by text not null check (written_by <> '' and length(written_by) <= 320),
  written_at timestamptz not null default clock_timestamp(),
  -- Taken back for everybody.
  withdrawn_at timestamptz
);

create index announcements_ticker_idx on public.announcements (ticker);

insert into public.announcements (
  announcement_id, kind, ticker, new_ticker, action_date, terms, written_by, written_at, withdrawn_at
)
select
  announcement_id, min(kind), min(ticker), min(new_ticker), min(action_date), min(terms::text)::jsonb, min(written_by),
  min(written_at), case when count(*) = count(undone_at) then max(undone_at) end
from public.corporate_actions
where announcement_id is not null
group by announcement_id;

alter table public.announcements enable row level security;
create policy everybody_reads on public.announcements for select to stratafolio_web using (true);
create policy operators_write on public.announcements for insert to stratafolio_web
  with check ((select public.is_operator()));
create policy operators_withdraw on public.announcements for update to stratafolio_web
  using ((select public.is_operator()))
  with check ((select public.is_operator()));
grant select, insert, update (withdrawn_at) on public.announcements to stratafolio_web;

-- As before, those that nobody held among them.
drop function public.announced_actions();
create function public.announced_actions()
returns table (
  announcement_id uuid, kind text, ticker text, new_ticker text, action_date date, written_by text, written_at timestamptz,
  withdrawn_at timestamptz, holders bigint, undone bigint
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not public.is_operator() then
    raise exception 'expected an operator, to list what was written for all holders' using errcode = 'insufficient_privilege';
  end if;
  return query
    select n.announcement_id, n.kind, n.ticker, n.new_ticker, n.action_date, n.written_by, n.written_at, n.withdrawn_at,
      count(a.user_id), count(a.undone_at)
    from public.announcements as n
    left join public.corporate_actions as a on a.announcement_id = n.announcement_id
    group by n.announcement_id
    order by n.written_at desc, n.announcement_id
    limit 100;
end
$$;
revoke execute on function public.announced_actions() from public;
grant execute on function public.announced_actions() to stratafolio_web;
