-- What a symbol stands for may change: another currency, another company, another symbol.

alter table bronze.market_defects
  drop constraint market_defects_defect_check,
  add constraint market_defects_defect_check check (defect in (
    'not_positive', 'outside_range', 'hundredfold', 'lone_spike', 'ruled_out', -- found by triggers
    'doubled_dividend',
    'no_close', 'missing_day', 'lone_day', -- found by a fetch, which sees more than one ticker
    'other_currency', 'other_company'      -- found by a fetch, which then stores nothing of the other one
  ));

-- An operator's entry: Yahoo does not tell. The new symbol has the whole history.
create table bronze.symbol_changes (
  from_ticker text primary key check (from_ticker = upper(btrim(from_ticker)) and from_ticker <> ''),
  to_ticker text not null check (to_ticker = upper(btrim(to_ticker)) and to_ticker <> '' and to_ticker <> from_ticker),
  changed_on date not null,
  entered_by text not null default session_user,
  entered_at timestamptz not null default clock_timestamp()
);

grant select, insert, update, delete on bronze.symbol_changes to stratafolio_web;
