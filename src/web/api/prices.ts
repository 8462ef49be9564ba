/** Files of prices and of exchange rates, for operators. */
import express, { type Request, type Response } from "express";
import { z } from "zod";
import { personTransaction } from "../../database/person.ts";
import { decodeFile, marketTicker } from "../../ledger/index.ts";
import { plain } from "../../plain.ts";
import {
  exchangeOf,
  listPriceFiles,
  maxCharacters,
  type PriceFileReport,
  readPriceFileReport,
  readPriceUrl,
  type SourceSwitch,
  sourceProblem,
  switchPriceSource,
  takePriceFile,
} from "../../price-files/index.ts";
import { characters, decimal, instant } from "../../values.ts";
import type { WebContext } from "../context.ts";
import { InvalidInputError, NotFoundError } from "../errors.ts";
import { type Route, route } from "../route.ts";
import { positiveId } from "../schemas.ts";

/** What is said of a file by whoever gives it, all of it optional but its name. */
export const priceFileHints = z.object({
  name: characters(1, 300).describe("The file's name: it helps to find out which ticker's it is"),
  exchange: z
    .string()
    .max(20)
    .optional()
    .describe("MIC or name of the exchange, where the file does not say it"),
  ticker: z.string().max(20).optional().describe("SCOM.XNAI, NPN.JO, or a code of the exchange"),
  pair: z
    .string()
    .max(9)
    .optional()
    .describe("USD/KES: the file holds exchange rates, shillings for a dollar"),
  date_order: z.enum(["day", "month"]).optional().describe("Which comes first in its dates"),
  replace: z.enum(["true", "false"]).optional().describe("true: what is stored becomes what the file says"),
});

/** Throws InvalidInputError for what cannot be; whatever is wrong with the file stands in its report. */
export function takeUpload(
  context: WebContext,
  person: { readonly userId: number; readonly email: string },
  text: string,
  hints: z.output<typeof priceFileHints>,
): Promise<PriceFileReport> {
  const exchange = hints.exchange ? exchangeOf(hints.exchange) : null;
  if (hints.exchange && exchange === null)
    throw new InvalidInputError(
      "exchange",
      `expected an exchange whose files are read, got: ${hints.exchange}`,
    );
  const file = {
    text,
    name: hints.name,
    exchange,
    ticker: hints.ticker?.trim().toUpperCase() || null,
    pair: hints.pair?.trim().toUpperCase() || null,
    isRates: false,
    origin: "upload",
    dateOrder: hints.date_order ?? null,
    replaces: hints.replace === "true",
  } as const;
  const how = { now: context.clock(), by: "public.store_price_file" } as const;
  return personTransaction(context.pool, person.userId, (client) => takePriceFile(client, file, how), {
    isLong: true,
  });
}

export const sourceChoice = z.strictObject({
  ticker: marketTicker,
  source: z.enum(["yahoo", "file", "url"]).describe("Who gives its prices from now on"),
});

/** Throws InvalidInputError, NotFoundError. */
export async function switchSource(
  context: WebContext,
  person: { readonly userId: number },
  { ticker, source }: z.output<typeof sourceChoice>,
): Promise<SourceSwitch> {
  const problem = sourceProblem(ticker, source);
  if (problem !== null) throw new InvalidInputError("ticker", problem.message, problem.plain);
  const switched = await personTransaction(
    context.pool,
    person.userId,
    async (client) => {
      if (source === "url" && (await readPriceUrl(client, ticker)) === null)
        throw new InvalidInputError(
          "ticker",
          `expected a ticker that has an address, got: ${ticker}; enter that first`,
          plain("{ticker} has no address: enter that first, under “Prices from an address”.", { ticker }),
        );
      return switchPriceSource(client, ticker, source, context.clock());
    },
    { isLong: true },
  );
  if (switched === null) throw new NotFoundError("priceSource", ticker);
  return switched;
}

const readBytes = express.raw({ type: () => true, limit: maxCharacters });

/** The body as it is, whatever it is called. */
async function bytesOf(request: Request, response: Response): Promise<Uint8Array> {
  await new Promise<void>((resolve, reject) =>
    readBytes(request, response, (error?: unknown) => (error ? reject(error) : resolve())),
  );
  const body: unknown = request.body;
  if (!(body instanceof Uint8Array) || body.length === 0)
    throw new InvalidInputError("body", "expected the file itself, as text/csv");
  return body;
}

const rowNote = z.object({ line: z.int(), reason: z.string(), detail: z.string() });
const dated = { ticker: z.string(), date: z.iso.date() };

const fileReport = z.object({
  file_id: z.int(),
  received_at: z.string(),
  problem: z.string().nullable().describe("Why nothing of it is used; null: it was read"),
  kind: z.enum(["prices", "rates", "nowhere"]),
  exchange: z.string().nullable(),
  tickers: z.array(z.string()).readonly().describe("Of rates: the currency"),
  from: z.iso.date().nullable(),
  to: z.iso.date().nullable(),
  rows: z.int(),
  repeated: z.int().describe("Rows that say again what another one says"),
  refused: z.int(),
  refused_by_reason: z.record(z.string(), z.int()),
  refused_rows: z.array(rowNote).readonly().describe("The first 5,000"),
  doubtful: z.int().describe("Rows that are used though their figures contradict one another"),
  doubtful_rows: z.array(rowNote).readonly().describe("The first 500"),
  inserted: z.int(),
  replaced: z.int(),
  unchanged: z.int(),
  contradicting: z.int().describe("Days of which something else is stored, which stands"),
  contradictions: z
    .array(z.object({ ...dated, stored: decimal.nullable(), file: decimal }))
    .readonly()
    .describe("The first of them"),
  series_refused: z
    .array(z.object({ ticker: z.string(), reason: z.string(), rows: z.int(), detail: z.string() }))
    .readonly(),
  splits: z.array(z.object({ ...dated, detail: z.string() })).readonly(),
  kept_out: z.array(z.object({ ...dated, defect: z.string(), detail: z.string() })).readonly(),
  notes: z.array(z.string()).readonly(),
});

export const priceRoutes: readonly Route[] = [
  route({
    method: "post",
    path: "/api/prices/source",
    summary:
      "Switch who gives a ticker's prices: what the other source gave is set aside, and comes back with it",
    access: "operator",
    body: sourceChoice,
    status: 200,
    answer: z.object({
      set_aside: z.int().describe("Bars of the source that was"),
      brought_back: z.int().describe("Bars that the new one had given before"),
    }),
    errors: ["not_found"],
    handle: ({ context, person, body }) => switchSource(context, person, body),
  }),
  route({
    method: "post",
    path: "/api/prices/files",
    summary:
      "Take in a file of prices or exchange rates: all of it that can be used, or nothing; the body is the file",
    access: "operator",
    query: priceFileHints.strict(),
    status: 201,
    answer: z.object({ file: fileReport }),
    errors: ["body_too_large"],
    handle: async ({ context, person, query, request, response }) => {
      const { text } = decodeFile(await bytesOf(request, response));
      return { file: await takeUpload(context, person, text, query) };
    },
  }),
  route({
    method: "get",
    path: "/api/prices/files",
    summary: "The newest files of prices, and how they were taken in",
    access: "operator",
    status: 200,
    answer: z.object({
      files: z.array(
        z.object({
          file_id: z.int(),
          name: z.string(),
          origin: z.string(),
          received_by: z.string(),
          received_at: instant,
          problem: z.string().nullable(),
          rows: z.int(),
          refused: z.int(),
          inserted: z.int(),
          contradicting: z.int(),
        }),
      ),
    }),
    handle: async ({ context }) => ({ files: await listPriceFiles(context.pool) }),
  }),
  route({
    method: "get",
    path: "/api/prices/files/:file_id",
    summary: "The report of a file of prices",
    access: "operator",
    parameters: z.object({ file_id: positiveId }),
    status: 200,
    answer: z.object({ file: fileReport.extend({ name: z.string(), received_by: z.string() }) }),
    errors: ["not_found"],
    handle: async ({ context, parameters: { file_id } }) => {
      const file = await readPriceFileReport(context.pool, file_id);
      if (file === null) throw new NotFoundError("priceFile", file_id);
      return { file };
    },
  }),
];
