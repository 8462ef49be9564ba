/** Days that only show when the tickers of an exchange are seen together: one that lacks, and one too many. */
import type { Pool } from "pg";
import { noRows, type RowCounts } from "./row-counts.ts";

/** Further back all has been judged before. */
const recentDays = 30;

/** The nth (from 1; -1: the last) such weekday (0: Sunday) of a month. */
function nthWeekday(year: number, month: number, weekday: number, nth: number): string {
  const first = new Date(Date.UTC(year, nth > 0 ? month - 1 : month, nth > 0 ? 1 : 0));
  const step = nth > 0 ? (weekday - first.getUTCDay() + 7) % 7 : -((first.getUTCDay() - weekday + 7) % 7);
  const weeks = nth > 0 ? nth - 1 : nth + 1;
  return new Date(first.getTime() + (step + 7 * weeks) * 86_400_000).toISOString().slice(0, 10);
}

/** The Friday before Easter (the anonymous Gregorian algorithm). */
function goodFriday(year: number): string {
  const golden = year % 19;
  const century = Math.floor(year / 100);
  const skipped = century - Math.floor(century / 4) - Math.floor((8 * century + 13) / 25) + 19 * golden + 15;
  const epact = skipped % 30;
  const moon =
    epact - Math.floor(epact / 28) * (1 - Math.floor(29 / (epact + 1)) * Math.floor((21 - golden) / 11));
  const weekday = (year + Math.floor(year / 4) + moon + 2 - century + Math.floor(century / 4)) % 7;
  const easterFromMarch = moon - weekday + 28;
  return new Date(Date.UTC(year, 2, easterFromMarch - 2)).toISOString().slice(0, 10);
}

/** A fixed day, kept on the Friday before when it is a Saturday and on the Monday after when it is a Sunday. */
function observed(year: number, monthAndDay: string): string {
  const day = new Date(`${year}-${monthAndDay}T00:00:00Z`);
  const move = { 6: -1, 0: 1 }[day.getUTCDay()] ?? 0;
  return new Date(day.getTime() + move * 86_400_000).toISOString().slice(0, 10);
}

/** The days on which New York's exchanges rest, by their rules since 2022; a new year's Saturday is not made up for. */
export function newYorkHolidays(year: number): Set<string> {
  return new Set([
    ...(new Date(`${year}-01-01T00:00:00Z`).getUTCDay() === 6 ? [] : [observed(year, "01-01")]),
    nthWeekday(year, 1, 1, 3),
    nthWeekday(year, 2, 1, 3),
    goodFriday(year),
    nthWeekday(year, 5, 1, -1),
    observed(year, "06-19"),
    observed(year, "07-04"),
    nthWeekday(year, 9, 1, 1),
    nthWeekday(year, 11, 4, 4),
    observed(year, "12-25"),
  ]);
}

/**
 * Judges the last month's days of shares and funds that trade on an exchange:
 *   missing_day  most others of the time zone have a bar and this one has none; or none of them has, though New York's
 *                exchanges were open (elsewhere holidays are not known, and a day without any bar is taken for one)
 *   lone_day     of ten or more tickers this one alone has a bar: it is kept out
 * Only days between a ticker's first and last bar count. `missing_day` keeps nothing out: there is nothing.
 */
export async function judgeDays(pool: Pool, now: Date): Promise<RowCounts> {
  const today = now.toISOString().slice(0, 10);
  const year = Number(today.slice(0, 4));
  const holidays = [...newYorkHolidays(year - 1), ...newYorkHolidays(year)];
  const { rows } = await pool.query<RowCounts>(
    `with tickers as (
       select
         assets.ticker,
         assets.exchange_timezone as zone,
         first_bar.price_date as first_date,
         last_bar.price_date as last_date
       from bronze.raw_assets as assets
       cross join lateral (
         select price_date from bronze.raw_prices where ticker = assets.ticker and close > 0 order by price_date limit 1
       ) as first_bar
       cross join lateral (
         select price_date from bronze.raw_prices where ticker = assets.ticker and close > 0 order by price_date desc limit 1
       ) as last_bar
       where assets.asset_class in ('stock', 'etf')
         and assets.source <> 'manual'
     ),
     expected as (
       select
         tickers.ticker,
         tickers.zone,
         days.day::date as day,
         bars.ticker is not null as has_bar,
         count(*) over same_day as expected,
         count(bars.ticker) over same_day as bars
       from tickers
       cross join generate_series($1::date - $2::integer, $1::date, interval '1 day') as days (day)
       left join bronze.raw_prices as bars
         on bars.ticker = tickers.ticker
         and bars.price_date = days.day::date
         and bars.close > 0
       where days.day::date > tickers.first_date
         and days.day::date < tickers.last_date
       window same_day as (partition by tickers.zone, days.day)
     ),
     found as (
       select
         ticker,
         day,
         case when has_bar then 'lone_day' else 'missing_day' end as defect,
         has_bar as is_kept_out,
         case
           when has_bar then 'of ' || expected || ' tickers of its exchanges'' time zone it alone has a bar'
           when bars > 0 then 'no bar, and ' || bars || ' of ' || expected || ' tickers of its exchanges'' time zone have one'
           else 'no bar of any of ' || expected || ' tickers, on a day on which New York''s exchanges were open'
         end as detail
       from expected
       where has_bar and bars = 1 and expected >= 10
         or not has_bar and expected >= 3 and bars >= 0.5 * expected
         or not has_bar
         and bars = 0
         and expected >= 3
         and zone = 'America/New_York'
         and extract(isodow from day) < 6
         and day <> all ($3::date[])
     ),
     removed as (
       delete from bronze.market_defects
       where defect in ('missing_day', 'lone_day')
         and defect_date between $1::date - $2::integer and $1::date
         and not exists (
           select
           from found
           where found.ticker = market_defects.ticker
             and found.day = market_defects.defect_date
             and found.defect = market_defects.defect
         )
       returning ticker
     ),
     written as (
       insert into bronze.market_defects as stands (ticker, defect_date, defect, is_kept_out, detail)
       select ticker, day, defect, is_kept_out, detail
       from found
       on conflict (ticker, defect_date, defect) do update
       set detail = excluded.detail
       where stands.detail <> excluded.detail
       returning old.ticker is null as inserted
     )
     select
       count(*) filter (where inserted)::integer as inserted,
       count(*) filter (where not inserted)::integer as updated,
       (select count(*)::integer from removed) as deleted
     from written`,
    [today, recentDays, holidays],
  );
  return rows[0] ?? noRows;
}
