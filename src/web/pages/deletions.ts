/** Deleting a trade after saying what will change, and bringing it back. */
import { type Request, type Response, Router } from "express";
import {
  deleteTransaction,
  findDeletionObstacle,
  findTransaction,
  listDeletions,
  readLedgerCurrencies,
  restoreTransaction,
} from "../../ledger/index.ts";
import { readDeletionEffect } from "../../portfolio/index.ts";
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
      if (code !== "oversell" && code !== "quota_exceeded" && code !== "not_found") throw error;
      const problem = { heading: "Not restored.", message: sentence(message) };
      await sendDeletions(context, sendPage, request, response, problem, code === "not_found" ? 404 : 409);
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
  const trades = deletions.map(({ transaction }) => transaction);
  const currencies = await readLedgerCurrencies(context, userId, trades);
  sendPage(request, response, {
    view: "deleted-transactions",
    title: "Deleted trades",
    status,
    currencies,
    data: {
      deletions: deletions.map(({ transaction, ...deletion }) => ({
        ...deletion,
        transaction: { ...transaction, currency: currencies.of(transaction) },
      })),
      problem,
      isCut: deletions.length === shownDeletions,
      shownDeletions,
    },
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
  const currencies = await readLedgerCurrencies(context, userId, [transaction]);
  const obstacle = await findDeletionObstacle(context, userId, transaction.transaction_id);
  const effect = await readDeletionEffect(context.pool, context.registry(), userId, transaction);
  sendPage(request, response, {
    view: "delete-transaction",
    title: "Delete a trade",
    status,
    currencies,
    data: {
      transaction: { ...transaction, currency: currencies.of(transaction) },
      obstacle: obstacle && sentence(obstacle.message),
      effect,
    },
  });
}
