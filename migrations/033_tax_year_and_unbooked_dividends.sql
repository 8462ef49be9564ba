-- Where a person's tax year begins, and which dividends of the market's they say they did not get.

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
