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
import { readDeletionEffects } from "../../portfolio/index.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { describeError, NotFoundError } from "../errors.ts";
import { t } from "../messages/index.ts";
import { positiveId } from "../schemas.ts";
import { inWords } from "../words.ts";
import { ledgerRow } from "./ledger-row.ts";
import type { Problem, SendPage } from "./page.ts";

/** How many deleted rows are shown: an undo is of what was done lately. */
const shownDeletions = 100;

const restoreRefusals: ReadonlySet<string> = new Set([
  "oversell",
  "invalid_lots",
  "external_id_taken",
  "split_taken",
  "quota_exceeded",
  "unknown_ticker",
  "not_found",
]);

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
      if (!restoreRefusals.has(code)) throw error;
      const problem = { heading: t("Not restored."), message: inWords(error, message) };
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
      const { code, message } = describeError(error, "DELETE", "");
      if (code !== "oversell" && code !== "invalid_lots") throw error;
      await sendDeletion(context, sendPage, request, response, { words: inWords(error, message), error });
    }
  });
  return router;
}

/** Throws NotFoundError for what can be no transaction's id. */
function transactionIdOf(request: Request): number {
  const result = positiveId.safeParse(request.params.id);
  if (!result.success) throw new NotFoundError("transaction", request.params.id);
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
    title: t("Deleted trades"),
    status,
    currencies,
    data: {
      deletions: deletions.map(({ transaction, ...deletion }) => ({
        ...deletion,
        transaction: ledgerRow(transaction, currencies.of(transaction)),
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
  /** Why it was refused just now; null: nobody has tried. */
  refused: { readonly words: string; readonly error: unknown } | null = null,
): Promise<void> {
  const { userId } = requirePerson(request);
  const transaction = await findTransaction(context, userId, transactionIdOf(request));
  const currencies = await readLedgerCurrencies(context, userId, [transaction]);
  const found = await findDeletionObstacle(context, userId, transaction.transaction_id);
  const obstacle = refused?.words ?? (found && inWords(found, found.message));
  const { isTransfer } = (refused?.error ?? found ?? {}) as { readonly isTransfer?: boolean };
  const { ticker, transaction_id } = transaction;
  const left = { tickers: ticker === null ? [] : [ticker], transactionIds: [transaction_id] };
  const effects =
    ticker === null ? null : await readDeletionEffects(context.pool, context.registry(), userId, left);
  const effect = effects?.get(ticker!) ?? null;
  sendPage(request, response, {
    view: "delete-transaction",
    title: t("Delete a trade"),
    status: refused === null ? 200 : 409,
    currencies,
    data: {
      isTrade: transaction.price !== null,
      isPair: transaction.transfer_id !== null,
      // Of shares that are transferred away later the sentence itself says so.
      isOfSale: isTransfer === false,
      transaction: ledgerRow(transaction, currencies.of(transaction)),
      obstacle,
      effect,
    },
  });
}
