/** Deleting a trade after saying what will change, and bringing it back. */
import { type Request, type Response, Router } from "express";
import type { PoolClient } from "pg";
import { personTransaction } from "../../database/person.ts";
import {
  deleteTransaction,
  findDeletionObstacle,
  findTransaction,
  listDeletions,
  restoreTransaction,
  type Transaction,
} from "../../ledger/index.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { describeError, NotFoundError } from "../errors.ts";
import { positiveId } from "../schemas.ts";
import { type Problem, type SendPage, sentence } from "./page.ts";

/** How many deleted rows are shown: an undo is of what was done lately. */
const shownDeletions = 100;

export function deletionPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();

  router.get("/transactions/deleted", async (request, response) => {
    await sendDeletions(context, sendPage, request, response);
  });

  router.post("/transactions/:id/restore", async (request, response) => {
    const { userId } = requirePerson(request);
    try {
      const { transaction_id } = await restoreTransaction(context, userId, transactionIdOf(request));
      response.redirect(303, `/transactions?restored=${transaction_id}`);
    } catch (error) {
      const { code, message } = describeError(error, "POST", "");
      if (code !== "oversell" && code !== "not_found") throw error;
      const problem = { heading: "Not restored.", message: sentence(message) };
      await sendDeletions(context, sendPage, request, response, problem, code === "oversell" ? 409 : 404);
    }
  });

  router.get("/transactions/:id/delete", async (request, response) => {
    await sendDeletion(context, sendPage, request, response);
  });

  router.post("/transactions/:id/delete", async (request, response) => {
    const { userId } = requirePerson(request);
    try {
      const { transaction_id } = await deleteTransaction(context, userId, transactionIdOf(request));
      response.redirect(303, `/transactions?deleted=${transaction_id}`);
    } catch (error) {
      if (describeError(error, "DELETE", "").code !== "oversell") throw error;
      await sendDeletion(context, sendPage, request, response, 409);
    }
  });
  return router;
}

/** Throws NotFoundError for what can be no transaction's id. */
function transactionIdOf(request: Request): number {
  const result = positiveId.safeParse(request.params.id);
  if (!result.success) throw new NotFoundError(`transaction ${request.params.id}`);
  return result.data;
}

async function sendDeletions(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
  problem: Problem | null = null,
  status = 200,
): Promise<void> {
  const { userId } = requirePerson(request);
  const deletions = await listDeletions(context, userId, shownDeletions);
  sendPage(request, response, {
    view: "deleted-transactions",
    title: "Deleted trades",
    status,
    data: { deletions, problem, isCut: deletions.length === shownDeletions, shownDeletions },
  });
}

async function sendDeletion(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
  status = 200,
): Promise<void> {
  const { userId } = requirePerson(request);
  const transaction = await findTransaction(context, userId, transactionIdOf(request));
  const obstacle = await findDeletionObstacle(context, userId, transaction.transaction_id);
  const effect = await readEffect(context, userId, transaction);
  sendPage(request, response, {
    view: "delete-transaction",
    title: "Delete a trade",
    status,
    data: { transaction, obstacle: obstacle && sentence(obstacle.message), effect },
  });
}

interface Effect {
  readonly quantityBefore: string;
  readonly quantityAfter: string;
  readonly realizedBefore: string;
  readonly realizedAfter: string;
}

/**
 * What is held of its ticker, in today's shares, and what its sales have realised, with the transaction and without it.
 * The model of holding periods itself says so, reading the ledger as it would be: a common table expression stands
 * before a relation of the same name. null: the model cannot be run now.
 */
async function readEffect(
  { pool, registry }: WebContext,
  userId: number,
  transaction: Transaction,
): Promise<Effect | null> {
  const node = registry().graph.nodes.get("int_holding_periods");
  if (!node?.body || node.problems.length > 0) return null;
  const { body } = node;
  return personTransaction(pool, userId, async (client) => {
    const before = await readPosition(client, body, userId, transaction, null);
    const after = await readPosition(client, body, userId, transaction, transaction.transaction_id);
    return {
      quantityBefore: before.quantity,
      quantityAfter: after.quantity,
      realizedBefore: before.realized,
      realizedAfter: after.realized,
    };
  });
}

/** `without`: the transaction that is left out; null: none. */
async function readPosition(
  client: PoolClient,
  body: string,
  userId: number,
  { ticker }: Transaction,
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
     periods as (
       ${body}
     )
     select
       trim_scale(coalesce((array_agg(quantity order by valid_from desc))[1], 0)) as quantity,
       coalesce(sum(realized_pnl), 0) as realized
     from periods`,
    [userId, ticker, without],
  );
  return rows[0]!;
}
