/** Prices from files, for operators: an upload, what came, and the report of each. */

import { Router } from "express";
import { z } from "zod";
import { marketTicker } from "../../ledger/index.ts";
import {
  exchanges,
  listPriceFiles,
  listPriceUrls,
  type PriceFileReport,
  priceUrlInput,
  readPriceFileReport,
  removePriceUrl,
} from "../../price-files/index.ts";
import { fetchPriceUrl, keepPriceUrl } from "../api/price-urls.ts";
import { priceFileHints, sourceChoice, switchSource, takeUpload } from "../api/prices.ts";
import { operatorContext, requireOperator, type WebContext } from "../context.ts";
import { NotFoundError } from "../errors.ts";
import { nameOfReason } from "../kept-file-words.ts";
import { sayKept, sayKeptOrNull } from "../kept-words.ts";
import { t } from "../messages/index.ts";
import { parseInput } from "../route.ts";
import { positiveId } from "../schemas.ts";
import { nameOfDefect } from "../ticker/quality.ts";
import { sentence } from "../words.ts";
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

const urlForm = z.object({
  ticker: marketTicker,
  url: priceUrlInput.shape.url,
  format: priceUrlInput.shape.format,
  date_path: z.preprocess(blankAsAbsent, priceUrlInput.shape.date_path),
  price_path: z.preprocess(blankAsAbsent, priceUrlInput.shape.price_path),
  unit: z.preprocess((value) => (typeof value === "string" ? value.trim() : value), priceUrlInput.shape.unit),
  every: priceUrlInput.shape.every,
});
const urlParameters = z.object({ ticker: marketTicker });

const parameters = z.object({ file_id: positiveId });

const described = <Row extends { readonly detail: string }>(rows: readonly Row[]): readonly Row[] =>
  rows.map((row) => ({ ...row, detail: sentence(sayKept(row.detail)) }));

const refused = <Row extends { readonly reason: string; readonly detail: string }>(rows: readonly Row[]) =>
  described(rows).map((row) => ({ ...row, reason: nameOfReason(row.reason) }));

/** The report as its page says it. */
const inWords = (report: PriceFileReport) => ({
  ...report,
  problem: sayKeptOrNull(report.problem),
  notes: report.notes.map(sayKept),
  series_refused: refused(report.series_refused),
  refused_rows: refused(report.refused_rows),
  doubtful_rows: refused(report.doubtful_rows),
  splits: described(report.splits),
  kept_out: described(report.kept_out).map((bar) => ({ ...bar, defect: nameOfDefect(bar.defect) })),
});

export function priceFilePages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  router.get("/assets/prices", async (request, response) => {
    const own = operatorContext(context, request);
    sendPage(request, response, {
      view: "price-files",
      title: t("Prices from files"),
      scripts: ["prices.js"],
      data: {
        exchanges,
        files: (await listPriceFiles(own.pool)).map((file) => ({
          ...file,
          received_by: sayKept(file.received_by),
        })),
        urls: (await listPriceUrls(own.pool)).map((url) => ({ ...url, failure: sayKeptOrNull(url.failure) })),
        entered: urlParameters.safeParse(request.query).data?.ticker ?? null,
      },
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

  router.post("/assets/prices/urls", async (request, response) => {
    const operator = requireOperator(request);
    const { ticker, ...input } = parseInput(urlForm, request.body ?? {});
    await keepPriceUrl(context, operator, ticker, parseInput(priceUrlInput, input));
    response.redirect(303, `/assets/prices?ticker=${encodeURIComponent(ticker)}#urls`);
  });

  router.post("/assets/prices/urls/:ticker/:act", async (request, response) => {
    const operator = requireOperator(request);
    const own = operatorContext(context, request);
    const { ticker } = parseInput(urlParameters, request.params);
    const { act } = parseInput(z.object({ act: z.enum(["fetch", "remove"]) }), request.params);
    if (act === "fetch") await fetchPriceUrl(context, operator, ticker);
    else if (!(await removePriceUrl(own.pool, ticker))) throw new NotFoundError("priceAddress", ticker);
    response.redirect(303, "/assets/prices#urls");
  });

  router.get("/assets/prices/:file_id", async (request, response) => {
    const own = operatorContext(context, request);
    const { file_id } = parseInput(parameters, request.params);
    const file = await readPriceFileReport(own.pool, file_id);
    if (file === null) throw new NotFoundError("priceFile", file_id);
    sendPage(request, response, {
      view: "price-file",
      title: file.name,
      data: {
        file: inWords(file),
        reasons: Object.entries(file.refused_by_reason).map(([reason, rows]) => ({
          reason: nameOfReason(reason),
          rows,
        })),
      },
    });
  });
  return router;
}
