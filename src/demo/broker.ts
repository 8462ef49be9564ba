/**
 * An account at a broker abroad that keeps cash and books its own income: dollars come from the bank, some of them become pounds, shares
 * are bought with both, and each dividend comes with what was withheld of it.
 */
import type { Pool } from "pg";
import { inMajor, unitOf } from "../market/currency.ts";
import type { PriceSource } from "../market/source.ts";
import { dateOf, dayOf, epochDay } from "./economy.ts";

type History = Awaited<ReturnType<PriceSource["history"]>>;

interface Row {
  readonly account_id: number;
  readonly type: string;
  readonly date: string;
  readonly ticker?: string;
  readonly quantity?: string;
  readonly price?: string;
  readonly amount?: string;
  readonly currency?: string;
  readonly fee?: string;
  readonly tax?: string;
  readonly transfer_id?: string;
  readonly note?: string;
}

/** Begun so long ago; in days, so that it is the same day whenever in it the demo is started. */
const begunDaysAgo = 438;
const transferred = 2000;
const converted = 800;
/** What the broker keeps of a conversion, and what its country keeps of a dividend. */
const spread = 0.005;
const withheld = 0.15;
const daysToPayment = 5;

const closeOn = ({ bars }: History, from: string): { date: string; close: string } =>
  bars.find(({ date, isFinal }) => isFinal && date >= from) ?? bars.at(-1)!;

const later = (date: string, days: number): string => dateOf(epochDay(date) + days);

/** Of what is held from the day on: each dividend of the market's, paid some days after it. */
function dividends(
  history: History,
  { quantity, since, unit, tax }: { quantity: number; since: string; unit: string; tax: number },
  today: string,
) {
  const { currency } = unitOf(unit)!;
  return history.dividends
    .map(({ date, cashPerShare }) => {
      const amount = quantity * Number(inMajor(cashPerShare, unitOf(unit)!));
      return { ex: date, date: later(date, daysToPayment), amount: amount.toFixed(2), currency };
    })
    .filter(({ ex, date }) => ex > since && date <= today)
    .map(({ ex: _, ...paid }) => ({ ...paid, tax: (Number(paid.amount) * tax).toFixed(2) }));
}

/** As they would be typed. Of two sides one `transfer_id`. */
async function brokerRows(
  prices: Pick<PriceSource, "history">,
  { bank, broker }: { readonly bank: number; readonly broker: number },
  now: Date,
): Promise<Row[]> {
  const today = dateOf(dayOf(now));
  const sent = dateOf(dayOf(now) - begunDaysAgo);
  const [world, trust, pound] = await Promise.all(
    ["WRLD", "THAM.L", "GBPUSD=X"].map((ticker) => prices.history(ticker, null)),
  );
  const exchanged = closeOn(pound!, later(sent, 2));
  const pounds = ((converted / Number(exchanged.close)) * (1 - spread)).toFixed(2);
  const bought = closeOn(world!, later(exchanged.date, 1));
  const inPounds = closeOn(trust!, bought.date);
  const price = inMajor(Number(inPounds.close).toFixed(2), unitOf("GBp")!);
  const shares = Math.floor((transferred - converted - 100) / Number(bought.close));
  const units = Math.floor((Number(pounds) - 10) / Number(price));
  const [moved, conversion] = [crypto.randomUUID(), crypto.randomUUID()];
  const usd = { currency: "USD" };
  const at = { account_id: broker };
  return [
    {
      account_id: bank,
      type: "TRANSFER_OUT",
      date: sent,
      amount: String(transferred),
      ...usd,
      transfer_id: moved,
    },
    { ...at, type: "TRANSFER_IN", date: sent, amount: String(transferred), ...usd, transfer_id: moved },
    {
      ...at,
      type: "FX_OUT",
      date: exchanged.date,
      amount: String(converted),
      ...usd,
      transfer_id: conversion,
    },
    { ...at, type: "FX_IN", date: exchanged.date, amount: pounds, currency: "GBP", transfer_id: conversion },
    {
      ...at,
      type: "BUY",
      date: bought.date,
      ticker: "WRLD",
      quantity: String(shares),
      price: Number(bought.close).toFixed(2),
      fee: "1",
    },
    { ...at, type: "BUY", date: inPounds.date, ticker: "THAM.L", quantity: String(units), price, fee: "2.5" },
    ...dividends(world!, { quantity: shares, since: bought.date, unit: "USD", tax: withheld }, today).map(
      (paid): Row => ({ ...at, type: "DIVIDEND", ticker: "WRLD", ...paid, note: "15 % withheld" }),
    ),
    ...dividends(trust!, { quantity: units, since: inPounds.date, unit: "GBp", tax: 0 }, today).map(
      (paid): Row => ({ ...at, type: "DIVIDEND", ticker: "THAM.L", ...paid }),
    ),
  ];
}

/** `bank`: the account that the money comes from. */
export async function seedBroker(
  pool: Pool,
  prices: Pick<PriceSource, "history">,
  { userId, bank }: { readonly userId: number; readonly bank: number },
  now: Date,
): Promise<void> {
  const { rows } = await pool.query<{ account_id: number }>(
    `insert into public.accounts (user_id, name, kind, currency, tracks_cash, income)
     values ($1, 'Broker abroad', 'brokerage', 'USD', true, 'ledger')
     returning account_id`,
    [userId],
  );
  const entries = await brokerRows(prices, { bank, broker: rows[0]!.account_id }, now);
  await pool.query(
    `insert into bronze.transactions
       (user_id, account_id, transaction_type, ticker, quantity, price, amount, currency, fee, tax, transfer_id, note, transaction_date)
     select $1, account_id, type, ticker, quantity, price, amount, currency, coalesce(fee, 0), coalesce(tax, 0), transfer_id, note, date
     from jsonb_to_recordset($2) as entry (account_id bigint, type text, ticker text, quantity numeric, price numeric, amount numeric,
       currency text, fee numeric, tax numeric, transfer_id uuid, note text, date date)`,
    [userId, JSON.stringify(entries)],
  );
}
