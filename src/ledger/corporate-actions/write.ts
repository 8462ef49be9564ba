/** Writes the rows of a corporate action for one person, within a transaction of theirs. */
import { Big } from "big.js";
import type { PoolClient } from "pg";
import { holdingsOf, requireCovered } from "../coverage.ts";
import { insertTransactions, type Transaction, type TransactionToInsert } from "../rows.ts";
import type { CostOf } from "../transfers.ts";
import { NothingHeldError } from "./errors.ts";
import { type Held, readCostBefore, readHeld, requireCost } from "./holdings.ts";
import {
  cashPaid,
  costOut,
  costShareOf,
  fractionSold,
  newQuantity,
  partsOf,
  type Resolved,
  rightsRows,
  sharesIn,
  sharesOut,
  valuesOf,
} from "./rows.ts";

export interface Written {
  readonly transactions: readonly Transaction[];
  /** Of a rename: the transactions that have the new symbol now. */
  readonly renamed: readonly number[] | null;
}

interface Writing {
  readonly client: PoolClient;
  readonly userId: number;
  readonly actionId: string;
  readonly terms: Resolved;
  readonly costOf: CostOf;
}

async function insert({ client, userId, actionId }: Writing, rows: readonly TransactionToInsert[]) {
  if (rows.length === 0) return [];
  const group = { group_id: actionId, transfer_id: actionId };
  return insertTransactions(
    client,
    userId,
    rows.map((row) => ({ ...row, ...group })),
  );
}

function noteOf({ kind, ticker, new_ticker, numerator, denominator }: Resolved): string {
  const ratio = `${numerator} for ${denominator}`;
  switch (kind) {
    case "spin_off":
      return `Spin-off of ${new_ticker} from ${ticker}, ${ratio}`;
    case "merger":
      return new_ticker ? `${ticker} became ${new_ticker}, ${ratio}` : `${ticker} was bought for cash`;
    case "rights":
      return `Rights of ${ticker}, ${ratio}`;
    default:
      return `Cash for a fraction of ${ticker}`;
  }
}

const commonOf = ({ terms }: Writing, { accountId }: Held) => ({
  account_id: accountId,
  date: terms.date,
  fee: "0",
  note: noteOf(terms),
});

async function writeSpinOff(writing: Writing, held: Held): Promise<Transaction[]> {
  const { client, userId, terms, costOf } = writing;
  const quantity = newQuantity(terms, held.quantity);
  if (quantity.eq(0)) return [];
  const common = commonOf(writing, held);
  const { came, left } = valuesOf(terms, quantity);
  const cost = await readCostBefore(client, userId, costOf, { ...terms, held });
  const parts = partsOf(cost, costShareOf(terms), quantity, came);
  return insert(writing, [
    costOut(terms, common, parts, left),
    ...sharesIn(terms, common, parts),
    ...fractionsOf(terms, common, quantity),
  ]);
}

const fractionsOf = (
  { new_ticker, newCurrency, fraction_price }: Resolved,
  common: ReturnType<typeof commonOf>,
  quantity: Big,
) => fractionSold({ ticker: new_ticker!, currency: newCurrency, price: fraction_price }, common, quantity);

async function writeMerger(writing: Writing, held: Held): Promise<Transaction[]> {
  const { client, userId, terms, costOf } = writing;
  const common = commonOf(writing, held);
  const { cash_per_share: cash, ticker, new_ticker, currency } = terms;
  if (new_ticker === undefined)
    return insert(writing, [
      { ...common, type: "SELL", ticker, quantity: held.quantity, price: cash!, currency },
    ]);
  const quantity = newQuantity(terms, held.quantity);
  const amount = new Big(held.quantity).times(cash ?? 0).round(12, Big.roundHalfUp);
  const { came, left } = valuesOf(terms, quantity);
  const gone = await insert(writing, [
    ...(amount.gt(0) ? [cashPaid(terms, common, amount)] : []),
    sharesOut(terms, common, held.quantity, left),
  ]);
  // What they had cost once the cash has lowered it.
  const cost = await requireCost(client, userId, costOf, gone.at(-1)!);
  const parts = partsOf(cost, new Big(1), quantity, came);
  const come = await insert(writing, [
    ...sharesIn(terms, common, parts),
    ...fractionsOf(terms, common, quantity),
  ]);
  return [...gone, ...come];
}

async function writeHolding(writing: Writing, held: Held): Promise<Transaction[]> {
  const { terms } = writing;
  const common = commonOf(writing, held);
  switch (terms.kind) {
    case "spin_off":
      return writeSpinOff(writing, held);
    case "merger":
      return writeMerger(writing, held);
    case "rights":
      return insert(writing, rightsRows(terms, common, held.quantity));
    default:
      return insert(writing, fractionSold({ ...terms, price: terms.price }, common, new Big(held.quantity)));
  }
}

/** All that the ledger says of the old symbol from before the day is said of the new one. */
async function rename({ client, userId, terms }: Writing): Promise<Written> {
  const { rows } = await client.query<{ id: number }>(
    `update bronze.transactions
     set ticker = $3
     where user_id = $1
       and upper(btrim(ticker)) = $2
       and transaction_date < $4
     returning transaction_id as id`,
    [userId, terms.ticker, terms.new_ticker, terms.date],
  );
  if (rows.length === 0) throw new NothingHeldError(terms);
  await requireCoveredIn(client, userId, [terms.ticker, terms.new_ticker!]);
  return { transactions: [], renamed: rows.map(({ id }) => id) };
}

/** Every sale of these tickers is covered, in whichever account. Throws OversellError, or LotsError. */
export async function requireCoveredIn(
  client: PoolClient,
  userId: number,
  tickers: readonly string[],
): Promise<void> {
  const { rows } = await client.query<{ accountId: number; ticker: string }>(
    `select distinct account_id as "accountId", upper(btrim(ticker)) as ticker
     from bronze.transactions
     where user_id = $1
       and upper(btrim(ticker)) = any ($2)`,
    [userId, tickers],
  );
  for (const holding of rows) await requireCovered(client, userId, holding, () => "edit");
}

/**
 * For every account that holds the ticker. Throws NothingHeldError, InvalidTransactionError where figures do not say yet what shares had cost,
 * and OversellError where a later sale would not be covered any more.
 */
export async function writeAction(writing: Writing): Promise<Written> {
  const { client, userId, terms } = writing;
  if (terms.kind === "rename") return rename(writing);
  const transactions: Transaction[] = [];
  for (const held of await readHeld(client, userId, terms))
    transactions.push(...(await writeHolding(writing, held)));
  if (transactions.length === 0) throw new NothingHeldError(terms);
  const own = new Set<number | null>(transactions.map(({ transaction_id }) => transaction_id));
  for (const holding of holdingsOf(transactions))
    await requireCovered(client, userId, holding, (id) => (own.has(id) ? "sell" : "earlier sell"));
  return { transactions, renamed: null };
}
