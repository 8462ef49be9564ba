-- What is wrong with market data, found when it is written, by whomever: one row for each defect, and what people rule.

-- is_kept_out: figures do as if the value were not there. Else it counts, and is only shown.
create table bronze.market_defects (
  ticker text not null,
  defect_date date not null,
  defect text not null check (defect in (
    'not_positive', 'outside_range', 'hundredfold', 'lone_spike', 'ruled_out', 'doubled_dividend', -- found by triggers
    'no_close', 'missing_day', 'lone_day', -- found by a fetch, which sees more than one ticker
    'other_currency', 'other_company'      -- found by a fetch, which then stores nothing of the other one
  )),
  is_kept_out boolean not null,
  detail text not null,
  found_at timestamptz not null default clock_timestamp(),
  primary key (ticker, defect_date, defect)
);

-- An operator's word on a price or a dividend, against what was found.
create table bronze.market_rulings (
  ticker text not null,
  ruled_date date not null,
  subject text not null check (subject in ('price', 'dividend')),
  is_kept_out boolean not null,
  reason text not null check (reason <> '' and length(reason) <= 500),
  ruled_by text not null,
  ruled_at timestamptz not null default clock_timestamp(),
  primary key (ticker, ruled_date, subject)
);

-- An operator's word on a split, against what its ratio and the closes say. is_history_scaled null: as the closes say.
create table bronze.split_rulings (
  ticker text not null,
  action_date date not null,
  changes_quantity boolean not null,
  is_history_scaled boolean,
  reason text not null check (reason <> '' and length(reason) <= 500),
  ruled_by text not null,
  ruled_at timestamptz not null default clock_timestamp(),
  primary key (ticker, action_date)
);

-- Capital gains of funds are income beside dividends. A split has a ratio, the others cash.
alter table bronze.raw_corporate_actions
  drop constraint raw_corporate_actions_action_type_check,
  add constraint raw_corporate_actions_action_type_check
    check (action_type in ('split', 'dividend', 'capital_gain')),
  drop constraint raw_corporate_actions_check1,
  add constraint raw_corporate_actions_cash_check
    check (action_type not in ('dividend', 'capital_gain') or cash_per_share is not null);

-- When a ticker's whole history was read last. Apart from raw_assets: nothing is computed from it.
create table bronze.history_reads (
  ticker text primary key,
  whole_history_at timestamptz not null
);

grant select on bronze.market_defects, bronze.market_rulings, bronze.split_rulings to stratafolio_web;
-- Only operators are let through to these by the web.
grant insert, update, delete on bronze.market_rulings, bronze.split_rulings to stratafolio_web;
