/** That what goes out of an account was there: shares, and the purchases that a SELL names. */

import { Big } from "big.js";
import type { PoolClient } from "pg";
import { defineMessage, type Plain, plain } from "../plain.ts";
import { readAccounts } from "./accounts.ts";
import { readCutLots } from "./cut-lots.ts";
import { OversellError } from "./errors.ts";
import { findOversell, type Oversell, type Split, unitsByDay } from "./position.ts";
import { LotsError } from "./row-errors.ts";
import { type Holding, readDailyTrades, readHoldingSplits, readTrades, type Transaction } from "./rows.ts";
import { incoming, outgoing, type TransactionType } from "./transaction-types.ts";

type Cause = ConstructorParameters<typeof OversellError>[1];

/** What a row is about; null: it moves no shares. */
export function holdingOf({
  account_id,
  ticker,
  type,
}: Pick<Transaction, "account_id" | "ticker" | "type">): Holding | null {
  const moves = incoming.has(type) || outgoing.has(type) || type === "SPLIT";
  return ticker !== null && moves ? { accountId: account_id, ticker: ticker.trim().toUpperCase() } : null;
}

/** Holdings of several rows, each once. */
export function holdingsOf(rows: readonly Transaction[]): Holding[] {
  const holdings = rows.map(holdingOf).filter((holding) => holding !== null);
  return [
    ...new Map(holdings.map((holding) => [`${holding.accountId} ${holding.ticker}`, holding])).values(),
  ];
}

/** Can it leave a sale uncovered? Of a SPLIT nobody knows. */
export const takesShares = (type: TransactionType): boolean => outgoing.has(type) || type === "SPLIT";
export const bringsShares = (type: TransactionType): boolean => incoming.has(type) || type === "SPLIT";

/** Named where the person has more than one. */
async function nameAccount(
  client: PoolClient,
  userId: number,
  accountId: number,
): Promise<string | undefined> {
  const accounts = await readAccounts(client, userId);
  return accounts.length < 2 ? undefined : accounts.find(({ account_id }) => account_id === accountId)?.name;
}

/** As a person is told of it. */
export async function explainOversell(
  client: PoolClient,
  userId: number,
  { accountId, ticker }: Holding,
  { trade, held }: Oversell,
  cause: Cause,
): Promise<OversellError> {
  const account = await nameAccount(client, userId, accountId);
  const { date, quantity: sold, type } = trade;
  return new OversellError({ ticker, date, held, sold, type, account }, cause);
}

/**
 * Throws OversellError unless every sale of the holding, and transfer out of it, is covered, and LotsError unless what each SELL names
 * is there. `causeOf` tells of the uncovered one what of this request uncovered it.
 */
export async function requireCovered(
  client: PoolClient,
  userId: number,
  holding: Holding,
  causeOf: (transactionId: number | null) => Cause,
): Promise<void> {
  const splits = await readHoldingSplits(client, userId, holding);
  if (findOversell(await readDailyTrades(client, userId, holding), splits)) {
    const oversell = findOversell(await readTrades(client, userId, holding), splits)!;
    throw await explainOversell(client, userId, holding, oversell, causeOf(oversell.trade.transactionId));
  }
  await requireLots(client, userId, holding, splits);
}

/** Holdings of which one of these transactions is a SELL that names its lots. */
export async function readNamingHoldings(
  client: PoolClient,
  userId: number,
  transactionIds: readonly number[],
): Promise<Holding[]> {
  const { rows } = await client.query<Holding>(
    `select distinct account_id as "accountId", upper(trim(ticker)) as ticker
     from bronze.transactions
     where user_id = $1
       and lots is not null
       and transaction_id = any ($2)`,
    [userId, transactionIds],
  );
  return rows;
}

interface NamingSale {
  readonly ticker: string;
  readonly date: string;
  readonly quantity: string;
  readonly lots: Readonly<Record<string, string>>;
}

interface Purchase {
  readonly transactionId: number;
  readonly date: string;
  readonly quantity: string;
}

/** Of the sales that name their lots, in the order of the ledger: each lot has what they take of it. */
async function requireLots(
  client: PoolClient,
  userId: number,
  { accountId, ticker }: Holding,
  splits: readonly Split[],
): Promise<void> {
  const sales = await client.query<NamingSale>(
    `select ticker, transaction_date as date, trim_scale(quantity) as quantity, lots
     from bronze.transactions
     where user_id = $1
       and account_id = $2
       and upper(trim(ticker)) = $3
       and lots is not null
     order by transaction_date, transaction_id`,
    [userId, accountId, ticker],
  );
  if (sales.rows.length === 0) return;
  const purchases = await client.query<Purchase>(
    `select transaction_id as "transactionId", transaction_date as date, quantity
     from bronze.transactions
     where user_id = $1
       and account_id = $2
       and upper(trim(ticker)) = $3
       and transaction_type = any ($4)`,
    [userId, accountId, ticker, [...incoming]],
  );
  const problem = findLotProblem(sales.rows, purchases.rows, splits);
  if (problem) throw new LotsError(problem);
  await requireUntaken(client, userId, { accountId, ticker });
}

/**
 * Sales that name no purchases take theirs by the person's method, and may have come before one that names the same: it would take
 * others in silence.
 */
async function requireUntaken(client: PoolClient, userId: number, holding: Holding): Promise<void> {
  const [cut] = await readCutLots(client, userId, holding);
  if (cut)
    throw new LotsError(
      plain(
        defineMessage(
          "The SELL of {ticker} on {date:day} names its lots, and of the purchase of {boughtOn:day} ({id}) earlier sales, which name none, " +
            "have left {taken:number} by {method}, less than the {named:number} that it takes; say what they took first.",
        ),
        {
          ticker: cut.ticker,
          date: cut.date,
          boughtOn: cut.boughtOn,
          id: cut.lotId,
          taken: cut.taken,
          method: cut.method.toUpperCase(),
          named: cut.named,
        },
      ),
    );
}

/** Quantities in units that no split divides. */
function findLotProblem(
  sales: readonly NamingSale[],
  purchases: readonly Purchase[],
  splits: readonly Split[],
): Plain | null {
  const unitsOn = unitsByDay(splits);
  const lots = new Map(purchases.map((purchase) => [String(purchase.transactionId), purchase]));
  const left = new Map(
    purchases.map((purchase) => [purchase, unitsOn(purchase.date).times(purchase.quantity)]),
  );
  for (const sale of sales) {
    const { ticker, date } = sale;
    let named = new Big(0);
    for (const [id, quantity] of Object.entries(sale.lots)) {
      const lot = lots.get(id);
      if (!lot)
        return plain(
          "The SELL of {ticker} on {date:day} names its lots, and transaction {id} is no purchase of {ticker} in its account.",
          { ticker, date, id },
        );
      if (lot.date > date)
        return plain(
          "The SELL of {ticker} on {date:day} names its lots, and the purchase of {boughtOn:day} ({id}) came after it.",
          { ticker, date, boughtOn: lot.date, id },
        );
      const rest = left.get(lot)!.minus(unitsOn(sale.date).times(quantity));
      if (rest.lt(0))
        return plain(
          "The SELL of {ticker} on {date:day} names its lots, and of the purchase of {boughtOn:day} ({id}) there is less left than the {quantity:number} that it takes.",
          { ticker, date, boughtOn: lot.date, id, quantity },
        );
      left.set(lot, rest);
      named = named.plus(quantity);
    }
    if (named.gt(sale.quantity))
      return plain(
        "The SELL of {ticker} on {date:day} names its lots, and they are {named:number} together, more than the {quantity:number} that are sold.",
        { ticker, date, named: named.toFixed(), quantity: sale.quantity },
      );
  }
  return null;
}
