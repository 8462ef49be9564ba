/**
 * Real exchange rates (euro, Kenyan shilling, naira, rand) and an S&P 500 fund of somebody who lives in Nairobi: bought in
 * 2015 and kept, with what prices did and what exchange rates did told apart. Expected figures are computed here from the files.
 */
import { readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import { beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../support/database.ts";
import { buildModels } from "../support/models.ts";

const folder = new URL("../../../shared/data/", import.meta.url);

type Line = Readonly<Record<string, string>>;

function readLines(path: string): Line[] {
  return parse(readFileSync(new URL(path, folder), "utf8"), { columns: true, bom: true });
}

/** A rate or a close of a day. */
type Values = ReadonlyMap<string, number>;

const isoDate = (date: string): string => {
  const [month = "", day = "", year = ""] = date.split("/");
  return `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
};

/** Files in Investing.com's layout say how much of the currency a dollar is. */
const perDollar = (file: string): Values =>
  new Map(
    readLines(`africa/fx/${file}`).map(({ Date: date, Price: price }) => [
      isoDate(date!),
      1 / Number(price!.replaceAll(",", "")),
    ]),
  );

const closesOf = (file: string): Values =>
  new Map(readLines(`prices/${file}`).map(({ date, close }) => [date!, Number(close)]));

const dollarsFor: Readonly<Record<string, Values>> = {
  EUR: closesOf("EURUSD__lean_oanda_mid.csv"),
  KES: perDollar("USD_KES_2015_2025 Historical Data.csv"),
  NGN: perDollar("USD_NGN Historical Data.csv"),
  ZAR: perDollar("USD_ZAR Historical Data.csv"),
};
const fund: Values = closesOf("SPY__lean_raw.csv");
const dividends = readLines("prices/events/SPY__lean_events.csv").filter(({ type }) => type === "dividend");
const lastDay = [...fund.keys()].at(-1)!;
const bought = "2015-10-01";
const shares = 10;
/** The one whose base currency it is. */
const people: Readonly<Record<string, number>> = { KES: 1, EUR: 2, NGN: 3, ZAR: 4, USD: 5 };
/** Has a purchase of before the first known rate, too, at a rate of its own. */
const early = 6;

function lastKnown(values: Values): (date: string) => number | undefined {
  const days = [...values.keys()].sort();
  return (date) => {
    const day = days.findLast((known) => known <= date);
    return day === undefined ? undefined : values.get(day);
  };
}

const { pool } = await createTestDatabase();

async function written(statement: string, values: Values, ...others: unknown[]): Promise<void> {
  await pool.query(statement, [[...values.keys()], [...values.values()], ...others]);
}

beforeAll(async () => {
  for (const [currency, rates] of Object.entries(dollarsFor))
    await written(
      `insert into raw_fx_rates (currency, rate_date, usd_per_unit, source)
       select $3, *, 'file' from unnest($1::date[], $2::numeric[])`,
      rates,
      currency,
    );
  await pool.query(
    `insert into raw_assets (ticker, name, asset_class, quote_unit, currency, exchange_timezone)
     values ('SPY', 'SPY', 'etf', 'USD', 'USD', 'America/New_York')`,
  );
  await written(
    "insert into raw_prices (ticker, price_date, close) select 'SPY', * from unnest($1::date[], $2::numeric[])",
    fund,
  );
  await written(
    `insert into raw_corporate_actions (ticker, action_type, action_date, cash_per_share)
     select 'SPY', 'dividend', * from unnest($1::date[], $2::numeric[])`,
    new Map(dividends.map((line) => [line.ex_date!, Number(line.dividend_per_share_as_paid)])),
  );
  await pool.query(
    `insert into users (user_id, email, password_hash, base_currency)
     select id, id || '@example.org', '', base from unnest($1::bigint[], $2::text[]) as person (id, base)`,
    [
      [...Object.values(people), early],
      [...Object.keys(people), "KES"],
    ],
  );
  await pool.query(
    `insert into transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     select user_id, 'SPY', 'BUY', $1, $2, $3 from users`,
    [shares, fund.get(bought), bought],
  );
  await pool.query(
    `insert into transactions
       (user_id, ticker, transaction_type, quantity, price, fx_rate, fx_currency, transaction_date)
     values ($1, 'SPY', 'BUY', 5, $2, 88.5, 'KES', '2014-06-02')`,
    [early, fund.get("2014-06-02")],
  );
  await buildModels(pool);
}, 300_000);

test("every calendar day from a currency's first rate on has the last one known, weekends and holidays among them", async () => {
  for (const [currency, rates] of Object.entries(dollarsFor)) {
    const { rows } = await pool.query<{ rate_date: string; usd_per_unit: string; is_observed: boolean }>(
      "select rate_date, usd_per_unit, is_observed from int_fx_daily where currency = $1 order by rate_date",
      [currency],
    );
    const days = [...rates.keys()].sort();
    expect(rows[0]?.rate_date).toBe(days[0]);
    expect(rows.at(-1)?.rate_date).toBe(lastDay);
    expect(rows.length).toBe((Date.parse(lastDay) - Date.parse(days[0]!)) / 86_400_000 + 1);
    expect(rows.filter((row) => row.is_observed).map((row) => row.rate_date)).toEqual(
      days.filter((day) => day <= lastDay),
    );
    const known = lastKnown(rates);
    for (const row of rows) expect(Number(row.usd_per_unit)).toBeCloseTo(known(row.rate_date)!, 12);
  }
});

interface Day {
  readonly date: string;
  readonly value: number;
  readonly price_effect: string;
  readonly currency_effect: string;
  readonly income: number;
  readonly is_rated: boolean;
}

async function daysOf(person: number): Promise<Day[]> {
  const { rows } = await pool.query<Day>(
    `select price_date as date, r.market_value::float8 as value, r.price_effect, r.currency_effect, h.is_rated,
       r.income::float8 as income
     from fct_daily_returns as r
     join int_daily_holdings as h using (user_id, ticker, price_date)
     where user_id = $1
     order by price_date`,
    [person],
  );
  return rows;
}

test.each(Object.keys(people))(
  "the fund in %s, each day over the years: value, price effect, currency effect",
  async (base) => {
    const days = await daysOf(people[base]!);
    expect(days.at(-1)?.date).toBe(lastDay);
    const close = lastKnown(fund);
    const dollars = base === "USD" ? () => 1 : lastKnown(dollarsFor[base]!);
    const [firstRate = bought] = base === "USD" ? [] : [...dollarsFor[base]!.keys()].sort();
    const rate = (date: string) => 1 / dollars(date < firstRate ? firstRate : date)!;
    const paid = new Map(dividends.map((line) => [line.ex_date, line.dividend_per_share_as_paid]));
    let before = { price: close(bought)!, rate: rate(bought) };
    for (const day of days) {
      const after = { price: close(day.date)!, rate: rate(day.date) };
      const tolerance = 1e-9 * shares * after.price * after.rate;
      const differsBy = (actual: number | string, expected: number) => Math.abs(Number(actual) - expected);
      expect(differsBy(day.value, shares * after.price * after.rate), day.date).toBeLessThan(tolerance);
      expect(
        differsBy(day.price_effect, shares * (after.price - before.price) * before.rate),
        day.date,
      ).toBeLessThan(tolerance);
      expect(
        differsBy(day.currency_effect, shares * after.price * (after.rate - before.rate)),
        day.date,
      ).toBeLessThan(tolerance);
      const dividend = Number(paid.get(day.date) ?? 0);
      expect(differsBy(day.income, shares * dividend * after.rate), day.date).toBeLessThan(tolerance);
      expect(day.is_rated, day.date).toBe(day.date >= firstRate);
      before = after;
    }
  },
);

test("the effects add up to the gain, exactly, and its parts are those of the return", async () => {
  const { rows } = await pool.query(
    `select f.currency, f.total_gain = f.price_effect + f.currency_effect + f.income - f.fees as adds_up,
       abs((1 + f.price_return) * (1 + f.currency_return) / (1 + f.twr) - 1) < 1e-12 as multiplies,
       abs(k.local_return / dollars.total_return - 1) < 1e-12 as is_of_the_fund, f.currency_effect <> 0 as has_effect
     from gold__performance as f
     join gold_ticker_kpis as k using (user_id)
     cross join (select total_return from gold_ticker_kpis where user_id = $1) as dollars
     where user_id <= $1
     order by currency`,
    [people.USD],
  );
  const agrees = { adds_up: true, multiplies: true, is_of_the_fund: true };
  expect(rows).toEqual(
    Object.keys(people)
      .sort()
      .map((currency) => ({ currency, ...agrees, has_effect: currency !== "USD" })),
  );
});

test("a purchase of before the first known rate costs what it was paid at, and its days say that they are estimated", async () => {
  const days = await daysOf(early);
  const [firstRate = ""] = [...dollarsFor.KES!.keys()].sort();
  expect(days.find(({ is_rated }) => is_rated)?.date).toBe(firstRate);
  const dayBefore = days.findLast(({ date }) => date < firstRate)!;
  expect(dayBefore.value).toBeCloseTo(5 * lastKnown(fund)(dayBefore.date)! * 88.5, 6);
  const sum = (pick: (day: Day) => string) => days.reduce((total, day) => total + Number(pick(day)), 0);
  const paid =
    5 * fund.get("2014-06-02")! * 88.5 + (shares * fund.get(bought)!) / dollarsFor.KES!.get(bought)!;
  expect(sum((day) => day.price_effect) + sum((day) => day.currency_effect)).toBeCloseTo(
    days.at(-1)!.value - paid,
    3,
  );
});
