/** What a figure means, and how it came to be, for the person who asks. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Router } from "express";
import { z } from "zod";
import { parseBenchmark, parseRange, wholeTime } from "../../portfolio/index.ts";
import { day } from "../../values.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { NotFoundError } from "../errors.ts";
import { type Block, parseDefinitions } from "../explain/definitions.ts";
import { explainFigure, type Question } from "../explain/explanation.ts";
import { type FigureName, figures, isFigureName } from "../explain/figures.ts";
import { type WhatIfQuestion, whatIfFigures } from "../explain/what-if-answer.ts";
import { regimeLabel } from "../figures/labels.ts";
import type { Format } from "../format.ts";
import { currentLanguage, t } from "../messages/index.ts";
import { shownTicker } from "../own-names.ts";
import { parseInput } from "../route.ts";
import { positiveId } from "../schemas.ts";
import { environmentOf, type SendPage } from "./page.ts";
import { multipleOf } from "./risk.ts";

const definitionsFile = join(import.meta.dirname, "../../../docs/metrics.md");

const aboutQuery = z.object({
  account: positiveId.optional().catch(undefined),
  ticker: z.string().trim().toUpperCase().max(20).optional().catch(undefined),
  regime: z.string().max(20).optional().catch(undefined),
  other: z.string().trim().toUpperCase().max(20).optional().catch(undefined),
  day: day.optional().catch(undefined),
  what_if: z.string().trim().toUpperCase().max(20).optional().catch(undefined),
  multiple: z.string().regex(multipleOf).optional().catch(undefined),
  of: z.enum(whatIfFigures).optional().catch(undefined),
});
type About = z.infer<typeof aboutQuery>;

export function explainPages(context: WebContext, sendPage: SendPage): Router {
  const markdown = readFileSync(definitionsFile, "utf8");
  const read = () => parseDefinitions(markdown, Object.keys(figures));
  // In English at once, so that a figure without a section is known before the first page.
  const definitions = new Map([[currentLanguage(), read()]]);
  const definitionOf = (figure: FigureName): readonly Block[] => {
    const language = currentLanguage();
    const known = definitions.get(language) ?? read();
    definitions.set(language, known);
    return known.get(figure)!;
  };
  const router = Router();
  router.get("/explain/:figure", async (request, response) => {
    const { userId } = requirePerson(request);
    const figure = figureNamed(request.params.figure);
    const about = parseInput(aboutQuery, request.query);
    const ticker = about.ticker || null;
    const regime = about.regime || null;
    const { range } = parseRange(request.query);
    if (ticker !== null && figures[figure].ticker === null)
      throw new NotFoundError("tickerFigure", figures[figure].title);
    const question: Question = {
      figure,
      ticker,
      regime,
      account: about.account ?? null,
      benchmark: parseBenchmark(request.query).ticker,
      other: about.other || null,
      day: about.day ?? null,
      whatIf: figure === "what_if" ? whatIfOf(about) : null,
      range: range ?? wholeTime,
    };
    const { format } = environmentOf(context, request);
    const { currencies, ...explanation } = await explainFigure(
      context,
      userId,
      question,
      (currencies) => environmentOf(context, request, currencies).format,
    );
    const title = t(figures[figure].title);
    sendPage(request, response, {
      view: "explain",
      title: t("{figure}, explained", { figure: title }),
      scripts: ["explain.js"],
      currencies,
      data: {
        figure,
        title,
        definition: written(definitionOf(figure)),
        regime: regime && regimeLabel(regime),
        other: figure === "correlation" && ticker !== null ? question.other : null,
        isOfTwo: figure === "correlation",
        isWhatIf: figure === "what_if",
        asIf: question.whatIf && sayWhatIf(question.whatIf, format),
        tickerQuery: about.account === undefined ? "" : `?account=${about.account}`,
        ...explanation,
        // Of two holdings, each of the others is the second one.
        tickers: explanation.tickers?.filter((one) => one !== ticker) ?? null,
      },
    });
  });
  return router;
}

/** null: what is missing, or is no multiple, asks nothing. */
const whatIfOf = ({ what_if, multiple, of }: About): WhatIfQuestion | null =>
  what_if && multiple && of ? { ticker: what_if, multiple, of } : null;

function sayWhatIf({ ticker, multiple, of }: WhatIfQuestion, format: Format): string {
  const words = { figure: t(figures[of].title), ticker: shownTicker(ticker) };
  return Number(multiple) === 0
    ? t("{figure}, without {ticker}", words)
    : t("{figure}, with {multiple} × {ticker}", { ...words, multiple: format.quantity(multiple) });
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
