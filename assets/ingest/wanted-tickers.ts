/** Which tickers have their prices fetched every day: what somebody trades, watches or aims at. */

/** Each different value once, from one to the next by index: `distinct` reads every row there is (100,000 trades of 100 tickers: 20 ms against 1 ms). */
const everyTicker = (name: string, table: string): string => `
  ${name} as (
    select min(ticker) as ticker
    from ${table}
    union all
    select (select min(next.ticker) from ${table} as next where next.ticker > ${name}.ticker)
    from ${name}
    where ticker is not null
  )`;

/**
 * A WITH clause that ends with `wanted (ticker)`: those of everybody, in whatever case they came in by SQL, without assets of somebody's
 * own. It is for whoever fetches; nobody is shown it.
 */
export const wantedTickers = `
  with recursive ${everyTicker("traded", "bronze.transactions")},
  ${everyTicker("watched", "public.watchlist")},
  ${everyTicker("aimed_at", "public.target_weights")},
  wanted as (
    select upper(trim(ticker)) as ticker
    from traded
    where ticker is not null
      and ticker not like '~%'
    union
    select ticker
    from watched
    where ticker is not null
    union
    select ticker
    from aimed_at
    where ticker <> ''
      and ticker not like '~%'
  )`;
