/** What a figure means, and how it came to be, for the person who asks. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Router } from "express";
import { z } from "zod";
import { parseBenchmark, parseRange, wholeTime } from "../../portfolio/index.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { NotFoundError } from "../errors.ts";
import { type Block, parseDefinitions } from "../explain/definitions.ts";
import { explainFigure, type Question } from "../explain/explanation.ts";
import { type FigureName, figures, isFigureName } from "../explain/figures.ts";
import { regimeLabel } from "../figures/labels.ts";
import { parseInput } from "../route.ts";
import { positiveId } from "../schemas.ts";
import { environmentOf, type SendPage } from "./page.ts";

const definitionsFile = join(import.meta.dirname, "../../../docs/metrics.md");

const aboutQuery = z.object({
  account: positiveId.optional().catch(undefined),
  ticker: z.string().trim().toUpperCase().max(20).optional().catch(undefined),
  regime: z.string().max(20).optional().catch(undefined),
});

export function explainPages(context: WebContext, sendPage: SendPage): Router {
  const definitions = parseDefinitions(readFileSync(definitionsFile, "utf8"), Object.keys(figures));
  const router = Router();
  router.get("/explain/:figure", async (request, response) => {
    const { userId } = requirePerson(request);
    const figure = figureNamed(request.params.figure);
    const about = parseInput(aboutQuery, request.query);
    const ticker = about.ticker || null;
    const regime = about.regime || null;
    const { range } = parseRange(request.query);
    if (ticker !== null && figures[figure].ticker === null)
      throw new NotFoundError("tickerFigure", figures[figure].title.toLowerCase());
    const question: Question = {
      figure,
      ticker,
      regime,
      account: about.account ?? null,
      benchmark: parseBenchmark(request.query).ticker,
      range: range ?? wholeTime,
    };
    const { currencies, ...explanation } = await explainFigure(
      context,
      userId,
      question,
      (currencies) => environmentOf(context, request, currencies).format,
    );
    sendPage(request, response, {
      view: "explain",
      title: `${figures[figure].title}, explained`,
      scripts: ["explain.js"],
      currencies,
      data: {
        figure,
        title: figures[figure].title,
        definition: written(definitions.get(figure)!),
        regime: regime && regimeLabel(regime),
        tickerQuery: about.account === undefined ? "" : `?account=${about.account}`,
        accountQuery: about.account === undefined ? "" : `&account=${about.account}`,
        ...explanation,
      },
    });
  });
  return router;
}

/** Throws NotFoundError for a name that is no figure's. */
function figureNamed(name: string): FigureName {
  if (!isFigureName(name)) throw new NotFoundError("figure", name);
  return name;
}

function written(definition: readonly Block[]) {
  return definition.map(({ formula, spans }) => ({
    formula,
    spans: spans?.map(({ text, kind }) => ({ text, isStrong: kind === "strong", isCode: kind === "code" })),
  }));
}
