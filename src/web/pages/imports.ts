/** The imports that a person has made, and undoing one as one after saying what will change. */
import { type Request, type Response, Router } from "express";
import { z } from "zod";
import {
  listImports,
  type MadeImport,
  previewUndo,
  restoreImport,
  type Transaction,
  undoImport,
} from "../../ledger/index.ts";
import { readDeletionEffects } from "../../portfolio/index.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { countOfKind } from "../entry-words.ts";
import { describeError, NotFoundError } from "../errors.ts";
import { listed, t } from "../messages/index.ts";
import { positiveId } from "../schemas.ts";
import { inWords } from "../words.ts";
import type { Problem, SendPage } from "./page.ts";

/** Latest ones. */
const shownImports = 100;
/** Tickers whose holding is told; of a file with more the page says how many. */
const shownEffects = 100;

const refusals: ReadonlySet<string> = new Set([
  "oversell",
  "invalid_lots",
  "external_id_taken",
  "split_taken",
  "quota_exceeded",
  "recorded_again",
  "not_found",
]);

export function importListPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();

  router.get("/transactions/imports", (request, response) =>
    sendImports(context, sendPage, request, response),
  );

  router.get("/transactions/imports/:id/undo", (request, response) =>
    sendUndo(context, sendPage, request, response),
  );

  router.post("/transactions/imports/:id/undo", async (request, response) => {
    const { userId } = requirePerson(request);
    try {
      const deleted = await undoImport(context, userId, importIdOf(request));
      response.redirect(303, `/transactions/imports?deleted=${deleted.length}`);
    } catch (error) {
      await sendRefusal(context, sendPage, request, response, error, t("Not undone."));
    }
  });

  router.post("/transactions/imports/:id/restore", async (request, response) => {
    const { userId } = requirePerson(request);
    try {
      const restored = await restoreImport(context, userId, importIdOf(request));
      response.redirect(303, `/transactions/imports?restored=${restored.length}`);
    } catch (error) {
      await sendRefusal(context, sendPage, request, response, error, t("Not brought back."));
    }
  });
  return router;
}

/** Throws NotFoundError for what can be no import's id. */
function importIdOf(request: Request): string {
  const { data } = z.uuid().safeParse(request.params.id);
  if (data === undefined) throw new NotFoundError("import", request.params.id);
  return data;
}

const describeImport = (made: MadeImport) => ({
  ...made,
  name: made.file_name ?? made.format ?? t("Pasted text"),
  isStanding: made.present > 0 && made.undone_at === null,
  isUndone: made.undone_at !== null,
  gone: made.recorded - made.present,
});

async function sendRefusal(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
  error: unknown,
  heading: string,
): Promise<void> {
  const { code, message } = describeError(error, "POST", "");
  if (!refusals.has(code)) throw error;
  const problem = { heading, message: inWords(error, message) };
  await sendImports(context, sendPage, request, response, problem, code === "not_found" ? 404 : 409);
}

async function sendImports(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
  problem: Problem | null = null,
  status = 200,
): Promise<void> {
  const { userId } = requirePerson(request);
  const imports = await listImports(context, userId, shownImports);
  const done = (name: string) => positiveId.safeParse(request.query[name]).data ?? null;
  sendPage(request, response, {
    view: "imports",
    title: t("Imports"),
    status,
    data: {
      imports: imports.map(describeImport),
      isCut: imports.length === shownImports,
      shownImports,
      deleted: done("deleted"),
      restored: done("restored"),
      problem,
    },
  });
}

/** "2,998 purchases, 2 sales". */
function countByType(transactions: readonly Transaction[]): string {
  const types = Map.groupBy(transactions, ({ type }) => type);
  return listed(
    [...types].map(([type, of]) => countOfKind(type, of.length)),
    "unit",
  );
}

async function sendUndo(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
): Promise<void> {
  const { userId } = requirePerson(request);
  const { made, transactions, edited, obstacle } = await previewUndo(context, userId, importIdOf(request));
  const tickers = [...new Set(transactions.flatMap(({ ticker }) => ticker ?? []))].toSorted();
  const told = tickers.slice(0, shownEffects);
  const effects =
    obstacle === null && told.length > 0
      ? await readDeletionEffects(context.pool, context.registry(), userId, {
          tickers: told,
          transactionIds: transactions.map(({ transaction_id }) => transaction_id),
        })
      : null;
  const days = transactions.map(({ date }) => date).toSorted();
  sendPage(request, response, {
    view: "undo-import",
    title: t("Undo an import"),
    data: {
      made: describeImport(made),
      total: transactions.length,
      kinds: countByType(transactions),
      first: days[0] ?? null,
      last: days.at(-1) ?? null,
      edited,
      obstacle: obstacle && inWords(obstacle, obstacle.message),
      effects: effects && [...effects].map(([ticker, effect]) => ({ ticker, ...effect })),
      moreTickers: tickers.length - told.length,
    },
  });
}
