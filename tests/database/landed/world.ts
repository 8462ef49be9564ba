/** What a kept database holds: in words that every landed version understands. */

/** Of everybody in it. */
export const keptPassword = "correct horse battery";
/** As every version has written it: bcrypt of its SHA-256, at the least cost. */
const passwordHash = "$2b$04$0cQOgMEwcpqd0bG5OchmL.ozGkf.uxCsLaPnH7cbD5gW/s8fH2UNG";

export const keptWorld = `
  insert into public.users (email, password_hash, role)
  values
    ('ann@example.org', '${passwordHash}', 'operator'),
    ('ben@example.org', '${passwordHash}', 'investor');
  insert into bronze.raw_assets (ticker, name, asset_class, currency, exchange_timezone)
  values
    ('ACME', 'Acme Corporation', 'stock', 'USD', 'America/New_York'),
    ('ZED', 'Zed Fund', 'fund', 'USD', 'America/New_York');
  insert into bronze.raw_prices (ticker, price_date, close)
  select ticker, day::date, 100 + extract(day from day) / 4
  from (values ('ACME'), ('ZED')) as listed (ticker)
  cross join generate_series(date '2024-01-02', date '2024-01-19', interval '1 day') as day
  where extract(isodow from day) < 6;
  insert into bronze.raw_fred (series_id, observation_date, value)
  values ('DTB3', '2024-01-03', 5.25), ('DTB3', '2024-01-10', 5.2);
  insert into bronze.transactions (user_id, ticker, transaction_type, quantity, price, fee, transaction_date)
  select user_id, ticker, transaction_type, quantity, price, fee, day::date
  from (
    values
      ('ann@example.org', 'ACME', 'BUY', 10, 100.5, 1, '2024-01-03'),
      ('ann@example.org', 'ZED', 'BUY', 2.5, 101, 0, '2024-01-04'),
      ('ann@example.org', 'ACME', 'SELL', 4, 102, 1, '2024-01-10'),
      ('ben@example.org', 'ACME', 'BUY', 3, 101, 0, '2024-01-08')
  ) as traded (email, ticker, transaction_type, quantity, price, fee, day)
  join public.users using (email)`;

/** Committed when nothing was left running to carry it on. */
export const lateTrade = `
  insert into bronze.transactions (user_id, ticker, transaction_type, quantity, price, fee, transaction_date)
  select user_id, 'ZED', 'BUY', 7, 103, 0, date '2024-01-16'
  from public.users
  where email = 'ben@example.org'`;
