import type { Pool } from "pg";
import { createAccount } from "../accounts/index.ts";
import { inMajor, unitOf } from "../market/currency.ts";
import type { PriceHistory, PriceSource } from "../market/source.ts";
import { seedAims } from "./aims.ts";
import { seedBroker } from "./broker.ts";
import { dateOf, dayOf } from "./economy.ts";
import { describeInFiles, inFiles, writeExchangeList } from "./exchange-file.ts";
import { type Instrument, instruments } from "./instruments.ts";
import { syntheticHistory } from "./prices.ts";

/** Not a secret: the demo holds invented data and listens on this machine alone. */
export const demoCredentials = { email: "demo@example.org", password: "demo-portfolio" };

/** Somebody who lives in Nairobi and holds what four exchanges quote in four currencies. */
export const nairobiCredentials = { email: "nairobi@example.org", password: demoCredentials.password };

const yearDays = 365.25;
const feePerTrade = "1.00";

interface Intention {
  readonly yearsAgo: number;
  readonly ticker: string;
  /** What to put in, in the currency that it is quoted in, or the part of what is held to sell. */
  readonly buy?: number;
  readonly sell?: number;
}

/** Six years of somebody who saves into an ETF, picks some stocks, tries a coin and hedges with gold. */
const intentions: readonly Intention[] = [
  { yearsAgo: 6, ticker: "WRLD", buy: 12_000 },
  { yearsAgo: 5.9, ticker: "NORD", buy: 6_000 },
  { yearsAgo: 5.7, ticker: "AGGB", buy: 5_000 },
  { yearsAgo: 5.2, ticker: "HELI", buy: 3_500 },
  { yearsAgo: 5, ticker: "WRLD", buy: 6_000 },
  { yearsAgo: 4.8, ticker: "SYNC-USD", buy: 2_500 },
  { yearsAgo: 4.4, ticker: "CURA", buy: 4_000 },
  { yearsAgo: 4, ticker: "WRLD", buy: 6_000 },
  { yearsAgo: 3.8, ticker: "NORD", sell: 0.25 },
  { yearsAgo: 3.5, ticker: "BASL", buy: 3_000 },
  { yearsAgo: 3.1, ticker: "SYNC-USD", sell: 0.4 },
  { yearsAgo: 3, ticker: "WRLD", buy: 6_500 },
  { yearsAgo: 2.7, ticker: "AUR=F", buy: 5_000 },
  { yearsAgo: 2.3, ticker: "HELI", sell: 0.5 },
  { yearsAgo: 2, ticker: "WRLD", buy: 7_000 },
  { yearsAgo: 1.8, ticker: "AGGB", sell: 0.3 },
  { yearsAgo: 1.5, ticker: "NORD", buy: 3_000 },
  { yearsAgo: 1.1, ticker: "BASL", sell: 1 },
  { yearsAgo: 1, ticker: "WRLD", buy: 7_000 },
  { yearsAgo: 0.6, ticker: "AUR=F", sell: 0.34 },
  { yearsAgo: 0.3, ticker: "CURA", buy: 2_000 },
  { yearsAgo: 0.05, ticker: "SYNC-USD", buy: 800 },
];

/** Shillings at home, and a fund in dollars, a trust in pounds and a share in rands abroad. */
const nairobiIntentions: readonly Intention[] = [
  { yearsAgo: 6, ticker: "BAOB.NB", buy: 150_000 },
  { yearsAgo: 5.5, ticker: "WRLD", buy: 3_000 },
  { yearsAgo: 5, ticker: "THAM.L", buy: 900 },
  { yearsAgo: 4.2, ticker: "KARO.JO", buy: 22_000 },
  { yearsAgo: 4, ticker: "BAOB.NB", buy: 120_000 },
  { yearsAgo: 3.2, ticker: "WRLD", buy: 2_500 },
  { yearsAgo: 2.6, ticker: "THAM.L", sell: 0.3 },
  { yearsAgo: 2, ticker: "BAOB.NB", sell: 0.25 },
  { yearsAgo: 1.4, ticker: "KARO.JO", sell: 0.4 },
  { yearsAgo: 0.9, ticker: "WRLD", buy: 2_000 },
  { yearsAgo: 0.4, ticker: "SYNC-USD", buy: 500 },
];

/** Of the share whose prices come in files. */
const inFilesIntentions: readonly Intention[] = [
  { yearsAgo: 3.4, ticker: inFiles.ticker, buy: 90_000 },
  { yearsAgo: 1.6, ticker: inFiles.ticker, buy: 40_000 },
  { yearsAgo: 0.7, ticker: inFiles.ticker, sell: 0.3 },
];

interface Movement {
  readonly yearsAgo: number;
  readonly type: "DEPOSIT" | "WITHDRAWAL" | "INTEREST" | "FEE";
  readonly amount: string;
  /** Withheld. */
  readonly tax: string;
}

/** A deposit each quarter for three years, and twice a year the interest. */
const savings: readonly Movement[] = [
  ...Array.from(
    { length: 12 },
    (_, quarter): Movement => ({
      yearsAgo: 3 - quarter / 4,
      type: "DEPOSIT",
      amount: "400",
      tax: "0",
    }),
  ),
  ...Array.from(
    { length: 5 },
    (_, half): Movement => ({
      yearsAgo: 2.5 - half / 2,
      type: "INTEREST",
      amount: String(12 * (half + 1)),
      tax: (1.8 * (half + 1)).toFixed(2),
    }),
  ),
  { yearsAgo: 1.7, type: "FEE", amount: "15", tax: "0" },
  { yearsAgo: 0.8, type: "WITHDRAWAL", amount: "900", tax: "0" },
];

export interface DemoTrade {
  readonly ticker: string;
  readonly type: "BUY" | "SELL";
  readonly quantity: string;
  readonly price: string;
  readonly date: string;
}

/** A sample account's trades, at that day's prices as they were before later splits: in dollars, or in what each ticker is quoted in. */
export async function demoTrades(
  prices: Pick<PriceSource, "history">,
  now: Date,
  plan: readonly Intention[] = intentions,
  listed: readonly Instrument[] = instruments,
): Promise<DemoTrade[]> {
  const trades: DemoTrade[] = [];
  const planned = listed.filter(({ ticker }) => plan.some((one) => one.ticker === ticker));
  for (const { ticker, assetClass, quotedIn = "USD" } of planned) {
    const unit = unitOf(quotedIn)!;
    const lots = assetClass === "crypto" ? 1000 : 1; // whole shares and contracts; a coin has thousandths
    const history = await prices.history(ticker, null);
    let held = 0;
    let heldSince = "";
    for (const { yearsAgo, buy = 0, sell = 0 } of plan.filter((one) => one.ticker === ticker)) {
      const quoted = quote(history, dateOf(dayOf(now) - Math.round(yearsAgo * yearDays)));
      const { date } = quoted;
      const price = Number(inMajor(quoted.price.toFixed(2), unit));
      held *= splitFactor(history, heldSince, date);
      const quantity = wholeLots(buy > 0 ? buy / price : held * sell, lots);
      held += buy > 0 ? quantity : -quantity;
      heldSince = date;
      const type = buy > 0 ? "BUY" : "SELL";
      trades.push({ ticker, type, quantity: String(quantity), price: String(price), date });
    }
  }
  return trades.toSorted((a, b) => (a.date < b.date ? -1 : 1));
}

/** The first session from the day on, and its close in the shares of that day. */
function quote(history: PriceHistory, from: string): { date: string; price: number } {
  const bar = history.bars.find(({ date }) => date >= from) ?? history.bars.at(-1);
  if (!bar) throw new RangeError(`expected a bar on or after ${from}, got none`);
  return { date: bar.date, price: Number(bar.close) * splitFactor(history, bar.date, "9999-12-31") };
}

/** What one share of the evening of the first day has become by the evening of the second. */
function splitFactor(history: PriceHistory, after: string, to: string): number {
  return history.splits
    .filter(({ date }) => date > after && date <= to)
    .reduce((factor, split) => (factor * Number(split.numerator)) / Number(split.denominator), 1);
}

function wholeLots(quantity: number, lots: number): number {
  return Math.max(Math.floor(quantity * lots + 1e-9), 1) / lots;
}

/** Invented prices would be written beside what people own. */
export class NotADemoError extends Error {
  readonly code = "not_a_demo";
  constructor() {
    super(
      "expected a data folder for the demo alone, but this one holds accounts of its own: unset DATA_DIR",
    );
  }
}

interface House {
  readonly name: string;
  /** In shillings: what was paid, with the lawyer's fee and the stamp duty, and what a valuer says at the end of each year since. */
  readonly paid: string;
  readonly fee: string;
  readonly boughtYearsAgo: number;
  readonly valuations: readonly string[];
}

/** What no exchange prices. A valuation stands until the next one. */
const house: House = {
  name: "Cottage in Naivasha",
  paid: "1850000",
  fee: "92000",
  boughtYearsAgo: 5,
  valuations: ["1900000", "1985000", "2100000", "2060000", "2240000"],
};

/** At the end of which years it was valued: the last one first. */
function valuationDays(now: Date, years: number): string[] {
  const lastYear = now.getUTCFullYear() - 1;
  return Array.from({ length: years }, (_, back) => `${lastYear - back}-12-31`);
}

/** As its owner adds it on the page Own assets. */
async function seedHouse(pool: Pool, userId: number, now: Date): Promise<void> {
  const ticker = `~${userId}.1`;
  await pool.query(
    `insert into bronze.raw_assets (ticker, owner_id, source, name, asset_class, quote_unit, currency, exchange_timezone)
     values ($1, $2, 'manual', $3, 'real_estate', 'KES', 'KES', 'UTC')`,
    [ticker, userId, house.name],
  );
  await pool.query(
    `insert into bronze.raw_prices (ticker, price_date, close, adj_close)
     select $1, date, price, price
     from unnest($2::date[], $3::numeric[]) as valuation (date, price)`,
    [ticker, valuationDays(now, house.valuations.length), house.valuations.toReversed()],
  );
  await pool.query(
    `insert into bronze.transactions
       (user_id, ticker, transaction_type, quantity, price, fee, note, transaction_date)
     values ($1, $2, 'BUY', 1, $3, $4, 'Fee: the lawyer and the stamp duty', $5)`,
    [userId, ticker, house.paid, house.fee, dateOf(dayOf(now) - Math.round(house.boughtYearsAgo * yearDays))],
  );
}

/**
 * Makes the two sample accounts and their ledgers, once. Their prices and rates come as anybody's do: the sensor sees what is missing.
 * `priceFolder`: of the demo's own, where a list of an exchange is put with each start; null: there is none, nor what is in it.
 * Throws NotADemoError.
 */
export async function seedDemo(
  pool: Pool,
  prices: PriceSource,
  now: Date,
  priceFolder: string | null = null,
): Promise<void> {
  const { rows } = await pool.query<{ email: string }>(
    "select email from public.users order by user_id limit 1",
  );
  const first = rows[0]?.email;
  if (first !== undefined && first !== demoCredentials.email) throw new NotADemoError();
  if (priceFolder !== null) writeExchangeList(priceFolder, now);
  if (first !== undefined) return;
  const demo = await seedAccount(pool, demoCredentials, "USD", await demoTrades(prices, now));
  await seedAims(pool, demo);
  if (priceFolder !== null) await describeInFiles(pool);
  const nairobi = await seedAccount(pool, nairobiCredentials, "KES", [
    ...(await demoTrades(prices, now, nairobiIntentions)),
    ...(priceFolder === null ? [] : await inFilesTrades(now)),
  ]);
  const bank = await seedSavings(pool, nairobi, now);
  await seedBroker(pool, prices, { userId: nairobi, bank }, now);
  await seedHouse(pool, nairobi, now);
}

const inFilesTrades = (now: Date): Promise<DemoTrade[]> =>
  demoTrades({ history: async () => syntheticHistory(inFiles, null, now) }, now, inFilesIntentions, [
    inFiles,
  ]);

/** A bank account in dollars beside: what is put by, what it bears, what it costs, and once something is taken out. Returns its id. */
async function seedSavings(pool: Pool, userId: number, now: Date): Promise<number> {
  const { rows } = await pool.query<{ account_id: number }>(
    `insert into public.accounts (user_id, name, kind, currency, tracks_cash)
     values ($1, 'Dollar savings', 'bank', 'USD', true)
     returning account_id`,
    [userId],
  );
  const movements = savings.map(({ yearsAgo, ...movement }) => ({
    ...movement,
    date: dateOf(dayOf(now) - Math.round(yearsAgo * yearDays)),
  }));
  await pool.query(
    `insert into bronze.transactions (user_id, account_id, transaction_type, amount, currency, tax, transaction_date)
     select $1, $2, type, amount, 'USD', tax, date
     from jsonb_to_recordset($3) as movement (type text, amount numeric, tax numeric, date date)`,
    [userId, rows[0]!.account_id, JSON.stringify(movements)],
  );
  return rows[0]!.account_id;
}

async function seedAccount(
  pool: Pool,
  credentials: typeof demoCredentials,
  baseCurrency: string,
  trades: readonly DemoTrade[],
): Promise<number> {
  const account = await createAccount(pool, credentials);
  await pool.query("update public.users set base_currency = $2 where user_id = $1", [
    account.id,
    baseCurrency,
  ]);
  await pool.query(
    `insert into bronze.transactions
       (user_id, ticker, transaction_type, quantity, price, fee, transaction_date)
     select $1, ticker, transaction_type, quantity, price, $2, transaction_date
     from unnest($3::text[], $4::text[], $5::numeric[], $6::numeric[], $7::date[])
       as trade (ticker, transaction_type, quantity, price, transaction_date)`,
    [
      account.id,
      feePerTrade,
      trades.map((trade) => trade.ticker),
      trades.map((trade) => trade.type),
      trades.map((trade) => trade.quantity),
      trades.map((trade) => trade.price),
      trades.map((trade) => trade.date),
    ],
  );
  return account.id;
}
