/** The ledger: log a trade, see all of them, delete one. */
import { type Request, type Response, Router } from "express";
import type { PoolClient } from "pg";
import { z } from "zod";
import { personTransaction } from "../../database/person.ts";
import {
  deleteTransaction,
  findTransaction,
  InvalidCursorError,
  listTransactions,
  recordTransaction,
  type Transaction,
} from "../../ledger/index.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { describeError, NotFoundError } from "../errors.ts";
import { positiveId } from "../schemas.ts";
import { readDataNotes } from "./data-notes.ts";
import { environmentOf, type SendPage } from "./page.ts";

const pageLength = 50;

const listQuery = z.object({
  before: z.string().optional().catch(undefined),
  recorded: positiveId.optional().catch(undefined),
  deleted: z.string().optional().catch(undefined),
});

/** What was typed, kept as it was: the ledger says what is wrong with it. */
const tradeForm = z.object({
  ticker: z.string().default(""),
  type: z.string().default(""),
  quantity: z.string().default(""),
  price: z.string().default(""),
  fee: z.string().default(""),
  date: z.string().default(""),
  idempotency_key: z.string().max(255).optional(),
});

type Trade = Omit<z.output<typeof tradeForm>, "idempotency_key">;

interface Problem {
  readonly heading: string;
  readonly message: string;
}

interface FormState {
  readonly values: Trade;
  readonly errors: Readonly<Record<string, string>>;
  readonly problem: Problem | null;
  readonly status: number;
}

const fields = new Set(["ticker", "type", "quantity", "price", "fee", "date"]);

export function transactionPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();

  router.get("/transactions", async (request, response) => {
    const values = { ticker: "", type: "BUY", quantity: "", price: "", fee: "0", date: today(context) };
    await sendLedger(context, sendPage, request, response, {
      values,
      errors: {},
      problem: null,
      status: 200,
    });
  });

  router.post("/transactions", async (request, response) => {
    const person = requirePerson(request);
    const { idempotency_key, ...trade } = tradeForm.parse(request.body ?? {});
    try {
      const { transaction } = await recordTransaction(context, person.userId, trade, idempotency_key);
      response.redirect(303, `/transactions?recorded=${transaction.transaction_id}`);
    } catch (error) {
      await sendLedger(context, sendPage, request, response, refusal(error, trade));
    }
  });

  router.get("/transactions/:id/delete", async (request, response) => {
    await sendDeletion(context, sendPage, request, response);
  });

  router.post("/transactions/:id/delete", async (request, response) => {
    const person = requirePerson(request);
    try {
      await deleteTransaction(context, person.userId, transactionIdOf(request));
      response.redirect(303, "/transactions?deleted=1");
    } catch (error) {
      const { status, code, message } = describeError(error, "DELETE", "");
      if (code !== "oversell") throw error;
      const problem = { heading: "It cannot be deleted yet.", message: sentence(message) };
      await sendDeletion(context, sendPage, request, response, problem, status);
    }
  });
  return router;
}

const today = ({ clock }: WebContext): string => clock().toISOString().slice(0, 10);

/** Throws NotFoundError for what can be no transaction's id. */
function transactionIdOf(request: Request): number {
  const result = positiveId.safeParse(request.params.id);
  if (!result.success) throw new NotFoundError(`transaction ${request.params.id}`);
  return result.data;
}

/** The form again, with what was typed and what is wrong with it; what is ours is thrown on. */
function refusal(error: unknown, values: Trade): FormState {
  const { status, code, field, message } = describeError(error, "POST", "");
  if (status >= 500 && code !== "market_data_unavailable") throw error;
  if (field && fields.has(field))
    return { values, status, errors: { [field]: sentence(message) }, problem: null };
  return { values, status, errors: {}, problem: { heading: "Not recorded.", message: sentence(message) } };
}

/** An error's message as people read it. */
function sentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}

async function sendLedger(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
  { values, errors, problem, status }: FormState,
): Promise<void> {
  const person = requirePerson(request);
  const query = listQuery.parse(request.query);
  const { format } = environmentOf(context, request);
  const data = await personTransaction(context.pool, person.userId, (client) =>
    readDataNotes(client, person.userId, format),
  );
  const { transactions, next } = await readPage(context, person.userId, query.before);
  const recorded =
    query.recorded === undefined ? null : await findRecorded(context, person.userId, query.recorded);
  sendPage(request, response, {
    view: "transactions",
    title: "Transactions",
    scripts: ["trade.js"],
    status,
    data: {
      values,
      errors,
      problem,
      isSell: values.type === "SELL",
      today: today(context),
      idempotencyKey: crypto.randomUUID(),
      recorded,
      deleted: query.deleted !== undefined,
      notes: data.notes,
      fetching: data.fetching,
      transactions: transactions.map((transaction) => ({
        ...transaction,
        warning: warningOf(transaction, data.firstBars),
      })),
      next,
      isLaterPage: query.before !== undefined,
    },
  });
}

/** A page of the ledger; the first one for a cursor that is none. */
async function readPage(context: WebContext, userId: number, before: string | undefined) {
  try {
    return await listTransactions(context, userId, { limit: pageLength, before });
  } catch (error) {
    if (error instanceof InvalidCursorError) return listTransactions(context, userId, { limit: pageLength });
    throw error;
  }
}

/** The transaction just recorded; null when it has been deleted since. */
async function findRecorded(context: WebContext, userId: number, transactionId: number) {
  try {
    return await findTransaction(context, userId, transactionId);
  } catch (error) {
    if (describeError(error, "GET", "").code === "not_found") return null;
    throw error;
  }
}

function warningOf({ ticker, date }: Transaction, firstBars: ReadonlyMap<string, string>): string | null {
  const firstBar = firstBars.get(ticker.trim().toUpperCase());
  return firstBar !== undefined && date < firstBar
    ? "Before its first known price: valued at the last price you traded at until then"
    : null;
}

async function sendDeletion(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
  problem: Problem | null = null,
  status = 200,
): Promise<void> {
  const { userId } = requirePerson(request);
  const transaction = await findTransaction(context, userId, transactionIdOf(request));
  const held = await personTransaction(context.pool, userId, (client) =>
    readHeld(client, userId, transaction),
  );
  sendPage(request, response, {
    view: "delete-transaction",
    title: "Delete a trade",
    status,
    data: { transaction, ...held, isNeeded: Number(held.quantityAfter) < 0, problem },
  });
}

interface Held {
  readonly quantityNow: string;
  readonly quantityAfter: string;
}

/** What is held of its ticker with and without the transaction, in today's shares. */
async function readHeld(client: PoolClient, userId: number, transaction: Transaction): Promise<Held> {
  const { rows } = await client.query<Held>(
    `with signed as (
       select
         transaction_id,
         case transaction_type when 'BUY' then adjusted_quantity else -adjusted_quantity end as quantity
       from stg_transactions
       where user_id = $1
         and ticker = upper(btrim($2))
     )
     select
       trim_scale(coalesce(sum(quantity), 0)) as "quantityNow",
       trim_scale(coalesce(sum(quantity) filter (where transaction_id <> $3), 0)) as "quantityAfter"
     from signed`,
    [userId, transaction.ticker, transaction.transaction_id],
  );
  return rows[0] ?? { quantityNow: "0", quantityAfter: "0" };
}
