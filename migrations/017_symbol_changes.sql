-- An operator's entry: Yahoo does not tell. The new symbol has the whole history.
create table bronze.symbol_changes (
  from_ticker text primary key check (from_ticker = upper(btrim(from_ticker)) and from_ticker <> ''),
  to_ticker text not null check (to_ticker = upper(btrim(to_ticker)) and to_ticker <> '' and to_ticker <> from_ticker),
  changed_on date not null,
  entered_by text not null default session_user,
  entered_at timestamptz not null default clock_timestamp()
);

grant select, insert, update, delete on bronze.symbol_changes to stratafolio_web;
