/** Prices from files, for operators: an upload, what came, and the report of each. */
import { Router } from "express";
import { z } from "zod";
import { exchanges, listPriceFiles, readPriceFileReport } from "../../price-files/index.ts";
import { priceFileHints, sourceChoice, switchSource, takeUpload } from "../api/prices.ts";
import { operatorContext, requireOperator, type WebContext } from "../context.ts";
import { NotFoundError } from "../errors.ts";
import { parseInput } from "../route.ts";
import { positiveId } from "../schemas.ts";
import type { SendPage } from "./page.ts";

const blankAsAbsent = (value: unknown): unknown => (value === "" ? undefined : value);
const { name, exchange, ticker, pair, date_order, replace } = priceFileHints.shape;

const uploadForm = z.object({
  csv: z.string(),
  name: z.preprocess((value) => value || "pasted text", name),
  exchange: z.preprocess(blankAsAbsent, exchange),
  ticker: z.preprocess(blankAsAbsent, ticker),
  pair: z.preprocess(blankAsAbsent, pair),
  date_order: z.preprocess(blankAsAbsent, date_order),
  replace,
});

const parameters = z.object({ file_id: positiveId });

export function priceFilePages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  router.get("/assets/prices", async (request, response) => {
    const own = operatorContext(context, request);
    sendPage(request, response, {
      view: "price-files",
      title: "Prices from files",
      scripts: ["prices.js"],
      data: { exchanges, files: await listPriceFiles(own.pool) },
    });
  });

  router.post("/assets/prices", async (request, response) => {
    const operator = requireOperator(request);
    const { csv, ...hints } = parseInput(uploadForm, request.body ?? {});
    const { file_id } = await takeUpload(context, operator, csv, hints);
    response.redirect(303, `/assets/prices/${file_id}`);
  });

  router.post("/assets/prices/source", async (request, response) => {
    const operator = requireOperator(request);
    const { csrf_token: _, ...choice } = request.body ?? {};
    await switchSource(context, operator, parseInput(sourceChoice, choice));
    response.redirect(303, `/tickers/${encodeURIComponent(String(choice.ticker).trim().toUpperCase())}`);
  });

  router.get("/assets/prices/:file_id", async (request, response) => {
    const own = operatorContext(context, request);
    const { file_id } = parseInput(parameters, request.params);
    const file = await readPriceFileReport(own.pool, file_id);
    if (file === null) throw new NotFoundError(`price file ${file_id}`);
    sendPage(request, response, {
      view: "price-file",
      title: file.name,
      data: {
        file,
        reasons: Object.entries(file.refused_by_reason).map(([reason, rows]) => ({ reason, rows })),
      },
    });
  });
  return router;
}
