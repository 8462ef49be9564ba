-- An import is undone as one: what it changed beside its rows is known with it, so that this goes back with them.
alter table public.imports
  -- As the browser or the program said; null: it said none.
  add column file_name text check (length(file_name) <= 200),
  -- The account that began to keep cash, or to book its dividends, with this import; null: none did.
  add column account_id bigint,
  add column began_cash boolean not null default false,
  add column began_income boolean not null default false,
  -- null: it stands. What was deleted since then with its rows was deleted by undoing it.
  add column undone_at timestamptz;

grant update (undone_at) on public.imports to stratafolio_web;
