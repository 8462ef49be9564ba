/** What deleting a trade would change, said by the model of holding periods itself. */
import type { Pool, PoolClient } from "pg";
import { int_holding_periods } from "../../assets/intermediate.ts";
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

interface Trade {
  readonly transaction_id: number;
  readonly ticker: string;
}

/**
 * What is held of its ticker, in today's shares, and what its sales have realised, with the trade and without it. The
 * published model reads the ledger as it would be: a common table expression stands before a relation of the same name.
 * null: nothing is published.
 */
export function readDeletionEffect(
  pool: Pool,
  registry: Registry,
  userId: number,
  trade: Trade,
): Promise<DeletionEffect | null> {
  const read = async (client: PoolClient): Promise<DeletionEffect | null> => {
    const published = await readCurrentModels(client, registry);
    const body = published.models.get(int_holding_periods.name)?.body ?? null;
    if (body === null) return null;
    const between = modelsOverLedger(published, int_holding_periods.name);
    const expressions = [...between, `periods as (\n${body}\n)`].join(",\n");
    const before = await readPosition(client, expressions, userId, trade.ticker, null);
    const after = await readPosition(client, expressions, userId, trade.ticker, trade.transaction_id);
    return {
      quantityBefore: before.quantity,
      quantityAfter: after.quantity,
      realizedBefore: before.realized,
      realizedAfter: after.realized,
    };
  };
  return acrossPublications(() => personTransaction(pool, userId, read));
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

/** `expressions`: the periods and what they read. `without`: the transaction that is left out; null: none. */
async function readPosition(
  client: PoolClient,
  expressions: string,
  userId: number,
  ticker: string,
  without: number | null,
): Promise<{ quantity: string; realized: string }> {
  const { rows } = await client.query<{ quantity: string; realized: string }>(
    `with stg_transactions as (
       select *
       from "default".stg_transactions
       where user_id = $1
         and ticker = $2
         and transaction_id is distinct from $3
     ),
     ${expressions}
     select
       trim_scale(coalesce((array_agg(quantity order by valid_from desc))[1], 0)) as quantity,
       coalesce(sum(realized_pnl), 0) as realized
     from periods`,
    [userId, ticker, without],
  );
  return rows[0]!;
}
