-- What came with a file beside the trades that the ledger took: kept, so that it can be recorded once the ledger has its
-- type; and what a person said of a format, so that it is said once.

create table public.imports (
  user_id bigint not null references public.users on delete cascade,
  import_id uuid not null default gen_random_uuid(),
  -- As people call it; null: nobody has declared it.
  format text,
  -- SHA-256 of its text.
  file_hash bytea not null,
  imported_at timestamptz not null,
  primary key (user_id, import_id)
);

-- Every row of it, as it was understood and as it stood there.
create table public.import_rows (
  user_id bigint not null,
  import_id uuid not null,
  line integer not null check (line > 0),
  -- Of what stands in the row, and how many times that stood above it: the same row of the same file has it again.
  row_key text not null,
  -- null: its word is not understood.
  kind text,
  word text not null,
  entry_date date,
  symbol text,
  identifier text,
  quantity numeric check (quantity <> 'NaN'),
  price numeric check (price <> 'NaN'),
  amount numeric check (amount <> 'NaN'),
  fee numeric check (fee <> 'NaN'),
  currency text,
  texts jsonb not null,
  -- Of the trade that it became; null: it was kept or left out, and this is why.
  transaction_id bigint,
  reason text,
  primary key (user_id, import_id, line),
  foreign key (user_id, import_id) references public.imports on delete cascade,
  check ((transaction_id is null) = (reason is not null))
);

create index import_rows_key_idx on public.import_rows (user_id, row_key);

-- What a person said of files with these columns.
create table public.import_choices (
  user_id bigint not null references public.users on delete cascade,
  signature text not null check (length(signature) <= 100),
  choices jsonb not null,
  chosen_at timestamptz not null,
  primary key (user_id, signature)
);

-- And of what such files call an instrument: one broker's BTC is a coin, another's a fund.
create table public.import_tickers (
  user_id bigint not null references public.users on delete cascade,
  -- '': of any file, since an ISIN is the same everywhere.
  signature text not null check (length(signature) <= 100),
  symbol text not null check (symbol <> '' and length(symbol) <= 40),
  ticker text not null check (length(ticker) <= 20),
  chosen_at timestamptz not null,
  primary key (user_id, signature, symbol)
);

-- Nobody's own: which listing an ISIN or a like number is, in a currency, as the price source found it.
create table bronze.identifiers (
  identifier text not null check (length(identifier) <= 20),
  currency text not null,
  ticker text not null,
  found_at timestamptz not null,
  primary key (identifier, currency)
);

alter table public.imports enable row level security;
alter table public.import_rows enable row level security;
alter table public.import_choices enable row level security;
alter table public.import_tickers enable row level security;

create policy own_rows on public.imports to stratafolio_web
  using (user_id = (select public.current_person()))
  with check (user_id = (select public.current_person()));
create policy own_rows on public.import_rows to stratafolio_web
  using (user_id = (select public.current_person()))
  with check (user_id = (select public.current_person()));
create policy own_rows on public.import_choices to stratafolio_web
  using (user_id = (select public.current_person()))
  with check (user_id = (select public.current_person()));
create policy own_rows on public.import_tickers to stratafolio_web
  using (user_id = (select public.current_person()))
  with check (user_id = (select public.current_person()));

grant select, insert on public.imports, public.import_rows to stratafolio_web;
grant select, insert, update, delete on public.import_choices, public.import_tickers to stratafolio_web;
grant select, insert, update on bronze.identifiers to stratafolio_web;
