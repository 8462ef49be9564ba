/** Importing a file: its text, then a review of each row, then all of the chosen rows or none. */
import express, { type Request, type RequestHandler, type Response, Router } from "express";
import { z } from "zod";
import {
  type ColumnMapping,
  type ImportField,
  type ImportFile,
  type ImportProgress,
  type ImportReview,
  importFields,
  importTransactions,
  maxCsvRecords,
  type ReviewedRow,
  requiredFields,
  reviewImport,
  type Selection,
} from "../../ledger/index.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { describeError } from "../errors.ts";
import { positiveId } from "../schemas.ts";
import { type Problem, type SendPage, sentence } from "./page.ts";
import { Underway } from "./underway.ts";

/** A form with a whole file in it, and a checkbox for each of its rows. Before the guards, which take less. */
export const importBody: RequestHandler = express.urlencoded({
  extended: false,
  limit: "2mb",
  parameterLimit: maxCsvRecords + 100,
});

const importForm = z.object({
  step: z.enum(["review", "leave_out", "import"]).catch("review"),
  csv: z.string().default(""),
  date_order: z.enum(["day", "month"]).optional().catch(undefined),
  decimal_mark: z.enum(["point", "comma"]).optional().catch(undefined),
  /** Of the text that columns and notation were chosen for. */
  header: z.string().optional(),
  /** Of the review that the rows were chosen in. */
  fingerprint: z.string().optional(),
  line: z.union([positiveId.transform((line) => [line]), z.array(positiveId)]).catch([]),
});

/** A column by its name; "": the file has none for it. */
const columnForm = z.record(z.string(), z.string()).catch({});

type ImportForm = z.output<typeof importForm>;

export function importPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();

  router.get("/transactions/import", (request, response) => {
    requirePerson(request);
    sendImport(sendPage, request, response, "", null);
  });

  const underway = new Underway<ImportProgress>();
  /** What an open page asks for while its form is being answered; null: nothing is under way, or in another process. */
  router.get("/transactions/import/progress", (request, response) => {
    response.set("Cache-Control", "no-store").json(underway.of(requirePerson(request).userId));
  });

  router.post("/transactions/import", async (request, response) => {
    const { userId } = requirePerson(request);
    const form = importForm.parse(request.body ?? {});
    const file = fileOf(form, request.body);
    const selection = selectionOf(form);
    if (form.step !== "import") {
      const review = await underway.during(userId, (onProgress) =>
        reviewImport(context, userId, file, selection, onProgress),
      );
      const shown = form.step === "leave_out" ? await leaveOut(context, userId, file, review) : review;
      return sendImport(sendPage, request, response, form.csv, shown);
    }
    try {
      const { imported, review } = await underway.during(userId, (onProgress) =>
        importTransactions(context, userId, file, selection, onProgress),
      );
      if (imported > 0) return response.redirect(303, `/transactions?imported=${imported}`);
      sendImport(sendPage, request, response, form.csv, review, refusal(review), 422);
    } catch (error) {
      const { status, code, message } = describeError(error, "POST", "");
      if (code !== "market_data_unavailable") throw error;
      // The text and the choice of rows stay; what was fetched by then is there the next time.
      const review = await reviewImport(context, userId, file, selection);
      const problem = { heading: "Nothing was imported.", message: sentence(message) };
      sendImport(sendPage, request, response, form.csv, review, problem, status);
    }
  });
  return router;
}

const headerOf = (csv: string): string => /\S.*/.exec(csv)?.[0].trim() ?? "";

/** What was chosen for another file's columns says nothing of this one's. */
function fileOf({ csv, header, date_order, decimal_mark }: ImportForm, body: unknown): ImportFile {
  if (header !== undefined && header !== headerOf(csv)) return { csv };
  const columns = columnForm.parse(body);
  return {
    csv,
    columns: Object.fromEntries(
      importFields.flatMap((field) => {
        const column = columns[`column_${field}`];
        return column === undefined ? [] : [[field, column || null]];
      }),
    ) as Partial<ColumnMapping>,
    notation: {
      ...(date_order && { dateOrder: date_order }),
      ...(decimal_mark && { decimalMark: decimal_mark }),
    },
  };
}

function selectionOf({ fingerprint, line }: ImportForm): Selection | null {
  return fingerprint === undefined ? null : { fingerprint, lines: new Set(line) };
}

/** The review without the rows that have errors, made anew because a row left out may be what another one leans on. */
function leaveOut(
  context: WebContext,
  userId: number,
  file: ImportFile,
  { fingerprint, rows }: ImportReview,
): Promise<ImportReview> {
  const good = rows.filter(({ isSelected, status }) => isSelected && status !== "ERROR");
  return reviewImport(context, userId, file, { fingerprint, lines: new Set(good.map(({ line }) => line)) });
}

function refusal({ problem, isSelectionKept, rows }: ImportReview): Problem {
  const heading = "Nothing was imported.";
  if (problem) return { heading, message: sentence(problem.message) };
  if (!isSelectionKept)
    return {
      heading,
      message: "The text or your ledger has changed since the last look: see the rows below.",
    };
  const errors = rows.filter(({ isSelected, status }) => isSelected && status === "ERROR").length;
  if (errors === 0) return { heading, message: "No row is chosen." };
  const message = `${errors} of the chosen rows cannot be recorded, and rows are imported all or none.`;
  return { heading, message: `${message} Correct them in the text, or leave them out.` };
}

const labels: Readonly<Record<ImportField, string>> = {
  date: "Date",
  type: "Type",
  ticker: "Ticker",
  quantity: "Quantity",
  price: "Price",
  fee: "Fee",
  currency: "Currency",
};

function sendImport(
  sendPage: SendPage,
  request: Request,
  response: Response,
  csv: string,
  review: ImportReview | null,
  problem: Problem | null = null,
  status = 200,
): void {
  sendPage(request, response, {
    view: "import",
    title: "Import trades",
    scripts: ["import.js"],
    status,
    data: { csv, header: headerOf(csv), maxCsvRecords, problem, ...(review && describeReview(review)) },
  });
}

const delimiterNames = { ",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars" } as const;

function describeReview(review: ImportReview) {
  const { columns, headers, notation, problem, rows, lookup, delimiter } = review;
  const count = (isCounted: (row: ReviewedRow) => boolean) => rows.filter(isCounted).length;
  const selected = count(({ isSelected }) => isSelected);
  return {
    review,
    readingProblem: problem && sentence(problem.message),
    delimiterName: delimiter && delimiterNames[delimiter],
    hasColumns: headers.length > 0,
    columns: importFields.map((field) => ({
      name: `column_${field}`,
      label: labels[field],
      isRequired: requiredFields.includes(field),
      isMissing: requiredFields.includes(field) && columns[field] === null,
      options: headers.map((header) => ({ header, isSelected: header === columns[field] })),
    })),
    isDayFirst: notation.dateOrder === "day",
    isComma: notation.decimalMark === "comma",
    rows: rows.map(describeRow),
    counts: {
      ok: count((row) => row.status === "OK"),
      warning: count((row) => row.status === "WARNING"),
      error: count((row) => row.status === "ERROR"),
    },
    selected,
    isOneSelected: selected === 1,
    blocking: count((row) => row.isSelected && row.status === "ERROR"),
    duplicates: count((row) => row.warnings.some(({ code }) => code === "potential_duplicate")),
    isAllDuplicates: rows.length > 0 && selected === 0,
    isLookupUnfinished: lookup.checked < lookup.total,
  };
}

/** A row as it will be recorded; one that cannot be read, as it stands in the file. */
function describeRow({ line, input, values, status, errors, warnings, isSelected }: ReviewedRow) {
  return {
    line,
    input,
    values,
    status,
    isSelected,
    remarks: [...errors, ...warnings].map(({ message }) => sentence(message)),
  };
}
