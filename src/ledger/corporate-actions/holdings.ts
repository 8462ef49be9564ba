/** What a corporate action finds: how much is held of a ticker in each account, and what that had cost. */

import { Big } from "big.js";
import type { PoolClient } from "pg";
import { plain } from "../../plain.ts";
import { dayBefore } from "../../values.ts";
import { type Account, readAccounts, requireNamed } from "../accounts.ts";
import { InvalidTransactionError } from "../errors.ts";
import { type Split, type Trade, unitsByDay } from "../position.ts";
import { insertTransactions, readHoldingSplits, readTrades } from "../rows.ts";
import { incoming } from "../transaction-types.ts";
import type { CostOf, CostPart } from "../transfers.ts";
import type { Terms } from "./terms.ts";

const Shares = Big();
Shares.DP = 12;
Shares.RM = Shares.roundDown;

export interface Held {
  readonly accountId: number;
  /** In shares of the action's day. */
  readonly quantity: string;
  /** The same in shares of the day before. */
  readonly quantityBefore: string;
}

/** Those of the day itself count where the action comes at its end. */
function quantitiesOf(trades: readonly Trade[], splits: readonly Split[], date: string, isAtEnd: boolean) {
  const unitsOn = unitsByDay(splits);
  const units = trades
    .filter((trade) => (isAtEnd ? trade.date <= date : trade.date < date))
    .reduce((sum, { type, quantity, date: day }) => {
      const moved = unitsOn(day).times(quantity);
      return incoming.has(type) ? sum.plus(moved) : sum.minus(moved);
    }, new Shares(0));
  return {
    quantity: units.div(unitsOn(date)).toFixed(),
    quantityBefore: units.div(unitsOn(dayBefore(date))).toFixed(),
  };
}

/**
 * Who gets what is spun off, or rights, held the share as the day began; what a merger takes, or what has a fraction, is what is there at the
 * end of the day. Accounts that hold none are left out. Throws InvalidTransactionError for an account that there is not.
 */
export async function readHeld(client: PoolClient, userId: number, terms: Terms): Promise<Held[]> {
  const { kind, ticker, date, account } = terms;
  const isAtEnd = kind === "merger" || kind === "cash_in_lieu";
  const all = await readAccounts(client, userId);
  const accounts: readonly Account[] = account === undefined ? all : [requireNamed(all, account, null)];
  const held: Held[] = [];
  for (const { account_id: accountId } of accounts) {
    const holding = { accountId, ticker };
    const trades = await readTrades(client, userId, holding);
    if (trades.length === 0) continue;
    const splits = await readHoldingSplits(client, userId, holding);
    const quantities = quantitiesOf(trades, splits, date, isAtEnd);
    if (new Big(quantities.quantity).gt(0)) held.push({ accountId, ...quantities });
  }
  return held;
}

const unknownCost = () =>
  new InvalidTransactionError(
    "date",
    "a day of which figures say what the shares had cost; they are being computed, try again in a moment",
    undefined,
    plain("What the shares had cost by that day is being worked out just now: try again in a moment."),
  );

/** As CostOf. Throws InvalidTransactionError where figures do not say it yet. */
export async function requireCost(
  client: PoolClient,
  userId: number,
  costOf: CostOf,
  out: Parameters<CostOf>[2],
): Promise<readonly CostPart[]> {
  const parts = await costOf(client, userId, out);
  if (parts === null) throw unknownCost();
  return parts;
}

/** What all that is held as a day begins had cost, purchase by purchase: as if it were transferred out the evening before. */
export async function readCostBefore(
  client: PoolClient,
  userId: number,
  costOf: CostOf,
  { ticker, date, held }: { readonly ticker: string; readonly date: string; readonly held: Held },
): Promise<readonly CostPart[]> {
  await client.query("savepoint cost_before");
  try {
    const [out] = await insertTransactions(client, userId, [
      {
        type: "TRANSFER_OUT",
        account_id: held.accountId,
        ticker,
        quantity: held.quantityBefore,
        fee: "0",
        date: dayBefore(date),
      },
    ]);
    return await requireCost(client, userId, costOf, out!);
  } finally {
    await client.query("rollback to savepoint cost_before");
  }
}
