/** Importing a file: its text, then a review of each row, then all of the chosen rows or none. */

import { type Request, type Response, Router } from "express";
import {
  countRecordable,
  decodeFile,
  type ImportFile,
  type ImportProgress,
  type ImportReview,
  importTransactions,
  isAllSeen,
  listAccounts,
  maxCsvRecords,
  type ReviewedRow,
  readKeptFile,
  reviewImport,
  rowsToLeaveOut,
} from "../../ledger/index.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { describeError } from "../errors.ts";
import { whyNothingWasImported } from "../import-refusal.ts";
import { t } from "../messages/index.ts";
import { inWords, spoken } from "../words.ts";
import { fileOf, headerOf, importBytes, parseForm, selectionOf, shownOf } from "./import-form.ts";
import { accountChoices } from "./import-others.ts";
import { firstPages, type ShownPages } from "./import-rows.ts";
import { describeReview, describeRow } from "./import-view.ts";
import type { Problem, RenderEach, SendPage } from "./page.ts";
import { Underway } from "./underway.ts";

export function importPages(context: WebContext, sendPage: SendPage, renderEach: RenderEach): Router {
  const router = Router();
  const sendImport = createSendImport(sendPage, renderEach);

  router.get("/transactions/import", async (request, response) => {
    const { userId } = requirePerson(request);
    const accounts = await listAccounts(context, userId);
    const recordable = await countRecordable(context, userId);
    await sendImport(request, response, "", null, { start: { accounts, recordable } });
  });

  /** What earlier imports kept, as a file of its own: its choices are those of any other. */
  router.post("/transactions/import/kept", async (request, response) => {
    const { userId } = requirePerson(request);
    const csv = await readKeptFile(context, userId);
    if (csv === null) return response.redirect(303, "/transactions/import");
    const review = await underway.during(userId, (onProgress) =>
      reviewImport(context, userId, { csv }, null, onProgress),
    );
    await sendImport(request, response, csv, review);
  });

  const underway = new Underway<ImportProgress>();
  /** What an open page asks for while its form is being answered; null: nothing is under way, or in another process. */
  router.get("/transactions/import/progress", (request, response) => {
    response.set("Cache-Control", "no-store").json(underway.of(requirePerson(request).userId));
  });

  /** A file's bytes as text, in whatever it is encoded: the page puts it where it can be pasted too. */
  router.post("/transactions/import/text", importBytes, (request, response) => {
    const bytes: unknown = request.body;
    response.json(decodeFile(bytes instanceof Uint8Array ? bytes : new Uint8Array()));
  });

  router.post("/transactions/import", (request, response) =>
    answerForm(context, sendImport, underway, request, response),
  );
  return router;
}

/** A look, the rows with errors left out, or the import itself, as the form's button says. */
async function answerForm(
  context: WebContext,
  sendImport: SendImport,
  underway: Underway<ImportProgress>,
  request: Request,
  response: Response,
): Promise<void> {
  const { userId } = requirePerson(request);
  const form = parseForm(request.body);
  const file = fileOf(form, request.body);
  const selection = selectionOf(form);
  const of = { shown: shownOf(form), fileName: form.file_name };
  if (form.step !== "import") {
    const review = await underway.during(userId, (onProgress) =>
      reviewImport(context, userId, file, selection, onProgress),
    );
    if (form.step !== "leave_out")
      return sendImport(request, response, form.csv, review, { status: statusOf(review), ...of });
    const left = await leaveOut(context, userId, file, review);
    return sendImport(request, response, form.csv, left, {
      problem: consequences(left),
      fileName: form.file_name,
    });
  }
  try {
    const { imported, others, kept, review } = await underway.during(userId, (onProgress) =>
      importTransactions(context, userId, file, selection, onProgress),
    );
    if (imported + others > 0) {
      const counts = [
        ...(imported > 0 ? [`imported=${imported}`] : []),
        ...(others > 0 ? [`others=${others}`] : []),
      ];
      return response.redirect(303, `/transactions?${counts.join("&")}`);
    }
    if (kept > 0) return response.redirect(303, `/transactions?kept=${kept}`);
    const problem = refusal(review, isAllSeen(review, selection));
    await sendImport(request, response, form.csv, review, { problem, status: 422, ...of });
  } catch (error) {
    const { status, code, message } = describeError(error, "POST", "");
    if (!["market_data_unavailable", "quota_exceeded", "missing_fx_rate"].includes(code)) throw error;
    // The text and the choice of rows stay; what was fetched by then is there the next time.
    const review = await reviewImport(context, userId, file, selection);
    const problem = { heading: t("Nothing was imported."), message: inWords(error, message) };
    await sendImport(request, response, form.csv, review, { problem, status, ...of });
  }
}

/** The review without the rows that have errors, made anew because a row left out may be what another one leans on. */
function leaveOut(
  context: WebContext,
  userId: number,
  file: ImportFile,
  review: ImportReview,
): Promise<ImportReview> {
  const left = new Set(rowsToLeaveOut(review));
  const { fingerprint, rows } = review;
  const good = rows.filter((row) => row.isSelected && !left.has(row));
  return reviewImport(context, userId, file, { fingerprint, lines: new Set(good.map(({ line }) => line)) });
}

/** What leaving rows out has made impossible: no sale goes with them in silence. null: nothing. */
function consequences({ rows }: ImportReview): Problem | null {
  const lines = rows.flatMap(({ isSelected, status, line }) =>
    isSelected && status === "ERROR" ? [line] : [],
  );
  if (lines.length === 0) return null;
  const named = lines.slice(0, 10).join(", ") + (lines.length > 10 ? ", ..." : "");
  return {
    heading: t("The rows left out are missed."),
    message: t(
      "What they bought is sold in {count, plural, one {line} other {lines}} {lines}: without them that cannot be recorded. Correct the rows that were left out, or leave these out too.",
      { count: lines.length, lines: named },
    ),
  };
}

/** Of a look, which finds nothing wrong with the request but its size. */
const statusOf = ({ problem }: ImportReview): number =>
  problem?.code === "file_too_large" ? 413 : problem?.code === "file_too_costly" ? 422 : 200;

const refusal = (review: ImportReview, isSeen: boolean): Problem => ({
  heading: t("Nothing was imported."),
  message: review.problem
    ? inWords(review.problem, review.problem.message)
    : spoken(whyNothingWasImported(review, isSeen)),
});

type SendImport = (
  request: Request,
  response: Response,
  csv: string,
  review: ImportReview | null,
  answer?: Answer,
) => Promise<void>;

interface Answer {
  readonly problem?: Problem | null;
  readonly status?: number;
  readonly shown?: ShownPages;
  readonly fileName?: string;
  /** Of a page without a review. */
  readonly start?: Start;
}

interface Start {
  readonly accounts: ImportReview["accounts"];
  /** Rows of earlier imports. */
  readonly recordable: number;
}

function createSendImport(sendPage: SendPage, renderEach: RenderEach): SendImport {
  return async (request, response, csv, review, answer = {}) => {
    const { problem = null, status = 200, shown = firstPages, fileName = "", start } = answer;
    const { accounts = [], recordable = 0 } = start ?? {};
    const first = accounts.find(({ is_default }) => is_default);
    const described = review
      ? describeReview(review, shown)
      : { pages: null, accounts: accountChoices(accounts, first?.account_id) };
    const render = (of: readonly ReviewedRow[] = []) =>
      renderEach(request, "import-row", of.map(describeRow));
    sendPage(request, response, {
      view: "import",
      title: t("Import trades"),
      scripts: ["import.js"],
      status,
      data: {
        csv,
        fileName,
        header: headerOf(csv),
        maxCsvRecords,
        recordable,
        problem,
        ...described,
        needing: await render(described.pages?.needing.rows),
        good: await render(described.pages?.good.rows),
      },
    });
  };
}
