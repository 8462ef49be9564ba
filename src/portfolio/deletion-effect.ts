/** What deleting a trade would change, said by the model of holding periods itself. */
import type { Pool, PoolClient } from "pg";
import { int_holding_periods } from "../../assets/positions.ts";
import { stg_transactions } from "../../assets/staging.ts";
import { personTransaction } from "../database/person.ts";
import type { Registry } from "../engine/index.ts";
import { acrossPublications, type PublishedModels, readCurrentModels } from "./published-models.ts";

export interface DeletionEffect {
  readonly quantityBefore: string;
  readonly quantityAfter: string;
  readonly realizedBefore: string;
  readonly realizedAfter: string;
}

/**
 * Of each of the tickers, by its name: what is held of it, in today's shares, in all accounts, and what its sales have realised, with the
 * transactions and without them. The published model reads the ledger as it would be: a common table expression stands before a relation
 * of the same name. null: nothing is published.
 */
export function readDeletionEffects(
  pool: Pool,
  registry: Registry,
  userId: number,
  {
    tickers,
    transactionIds,
  }: { readonly tickers: readonly string[]; readonly transactionIds: readonly number[] },
): Promise<Map<string, DeletionEffect> | null> {
  const read = async (client: PoolClient): Promise<Map<string, DeletionEffect> | null> => {
    const published = await readCurrentModels(client, registry);
    const body = published.models.get(int_holding_periods.name)?.body ?? null;
    if (body === null) return null;
    const between = modelsOverLedger(published, int_holding_periods.name);
    const expressions = [...between, `periods as (\n${body}\n)`].join(",\n");
    const before = await readPositions(client, expressions, userId, tickers, []);
    const after = await readPositions(client, expressions, userId, tickers, transactionIds);
    const nothing = { quantity: "0", realized: "0" };
    return new Map(
      tickers.map((ticker) => {
        const { quantity: quantityBefore, realized: realizedBefore } = before.get(ticker) ?? nothing;
        const { quantity: quantityAfter, realized: realizedAfter } = after.get(ticker) ?? nothing;
        return [ticker, { quantityBefore, quantityAfter, realizedBefore, realizedAfter }];
      }),
    );
  };
  return acrossPublications(() => personTransaction(pool, userId, read, { isLong: true }));
}

/**
 * What stands between the ledger and a model, as common table expressions in the order in which they are read: a published view
 * would read the ledger as it is.
 */
function modelsOverLedger({ models, reads }: PublishedModels, name: string): string[] {
  const written = new Map<string, string | null>();
  const isOverLedger = (model: string): boolean => {
    if (model === stg_transactions.name) return true;
    const known = written.get(model);
    if (known !== undefined) return known !== null;
    const isOver = (reads.get(model) ?? []).map(isOverLedger).includes(true);
    written.set(model, isOver ? `${model} as (\n${models.get(model)!.body}\n)` : null);
    return isOver;
  };
  for (const read of reads.get(name) ?? []) isOverLedger(read);
  return [...written.values()].filter((expression) => expression !== null);
}

interface Position {
  readonly quantity: string;
  readonly realized: string;
}

/** `expressions`: the periods and what they read. `without`: the transactions that are left out. */
async function readPositions(
  client: PoolClient,
  expressions: string,
  userId: number,
  tickers: readonly string[],
  without: readonly number[],
): Promise<Map<string, Position>> {
  const { rows } = await client.query<Position & { ticker: string }>(
    `with stg_transactions as (
       select *
       from "default".stg_transactions
       where user_id = $1
         and ticker = any ($2)
         and not transaction_id = any ($3)
     ),
     ${expressions},
     holdings as (
       select
         ticker,
         (array_agg(quantity order by valid_from desc))[1] as quantity,
         sum(realized_pnl) as realized
       from periods
       group by account_id, ticker
     )
     select
       ticker,
       trim_scale(sum(quantity)) as quantity,
       sum(realized) as realized
     from holdings
     group by ticker`,
    [userId, tickers, without],
  );
  return new Map(rows.map(({ ticker, ...position }) => [ticker, position]));
}
