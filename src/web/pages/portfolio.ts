/** Portfolio Analytics: value, change in money, change in percent, and what is behind them, over a range of days. */
import { type Request, Router } from "express";
import { personTransaction } from "../../database/person.ts";
import { hasTransactions } from "../../ledger/index.ts";
import {
  acrossPublications,
  type Choice,
  choiceParameters,
  type RangeFigures,
  Recent,
  rangeNames,
  rangeParameters,
  readChoice,
  readFigures,
  readSpan,
  type Span,
} from "../../portfolio/index.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { parseSort, type Sort, sortParameters, tickerTable } from "../figures/ticker-table.ts";
import { figuresView } from "../figures/view.ts";
import { currenciesOf, type Format } from "../format.ts";
import { isOwnNavigation } from "../security.ts";
import { readDataNotes } from "./data-notes.ts";
import { environmentOf, type SendPage } from "./page.ts";

/** Of 400 kB each for ten years of 20 tickers, markup included. */
const rangesKept = 50;

interface Shown {
  readonly view: ReturnType<typeof figuresView>;
  readonly tickerTable: ReturnType<typeof tickerTable>;
  readonly benchmarkChoices: RangeFigures["benchmarkChoices"];
}

export function portfolioPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  const recent = new Recent<Shown>(rangesKept);
  router.get("/portfolio", async (request, response) => {
    const { choice, isFromMemory, typed } = await readChoice(
      context.pool,
      requirePerson(request).userId,
      request.query,
      isLook(context, request),
    );
    if (isFromMemory)
      return response.redirect(
        303,
        address({ ...choiceParameters(choice), ...sortParameters(parseSort(request.query)) }),
      );
    const data = await acrossPublications(() => portfolioData(context, recent, request, choice));
    sendPage(request, response, {
      view: "portfolio",
      title: "Portfolio",
      scripts: ["chart.js", "explain.js", "sort.js"],
      currencies: "span" in data ? currenciesOf(data.span) : undefined,
      data: { typed, ...data },
    });
  });
  return router;
}

/**
 * Somebody looks at the page. An open page that renews itself chooses nothing, or two tabs would overwrite each other's
 * choice for ever; nor does a HEAD, nor a browser that fetches what might be clicked next, nor another site's link.
 */
function isLook(context: WebContext, request: Request): boolean {
  return (
    request.method === "GET" &&
    isOwnNavigation(context, request) &&
    request.get("X-Fragment") === undefined &&
    !request.get("Sec-Purpose")?.includes("prefetch")
  );
}

const address = (parameters: Record<string, string>): string =>
  `/portfolio?${new URLSearchParams(parameters)}`;

async function portfolioData(context: WebContext, recent: Recent<Shown>, request: Request, choice: Choice) {
  const { userId } = requirePerson(request);
  const standing = await personTransaction(context.pool, userId, async (client) => {
    const data = await readDataNotes(client, userId, environmentOf(context, request).format);
    const span = await readSpan(client, context.registry(), userId, choice.range);
    if (span) return { ...data, hasTrades: true, span };
    return { ...data, hasTrades: await hasTransactions(client, userId), span };
  });
  const { notes, fetching, hasTrades, span } = standing;
  if (!span) return { notes, fetching: hasTrades, isEmpty: !hasTrades };
  const shared = { notes, fetching, span, hasRange: !span.is_outside, ...picker(choice, span) };
  if (span.is_outside) return { ...shared, isOutside: true };
  const sort = parseSort(request.query);
  const { format } = environmentOf(context, request, currenciesOf(span));
  const shown = await recent.get(JSON.stringify([userId, span, choice, sort, format.locale]), () =>
    makeShown(context, { userId, span, choice, sort }, format),
  );
  return {
    ...shared,
    ...shown.view,
    shown,
    benchmarkChoices: shown.benchmarkChoices,
    sort: sortParameters(sort),
    tickerTable: shown.tickerTable,
  };
}

interface Wanted {
  readonly userId: number;
  /** Its version is read before the figures: they may be newer than it says, but never older. */
  readonly span: Span;
  readonly choice: Choice;
  readonly sort: Sort;
}

async function makeShown(
  { pool, registry }: WebContext,
  { userId, span, choice, sort }: Wanted,
  format: Format,
): Promise<Shown> {
  const figures = await readFigures(pool, {
    registry: registry(),
    userId,
    span,
    benchmark: choice.benchmark,
  });
  return {
    view: figuresView(figures, format),
    tickerTable: tickerTable(
      figures.tickers,
      sort,
      (parameters) => address({ ...choiceParameters(choice), ...parameters }),
      format,
    ),
    benchmarkChoices: figures.benchmarkChoices,
  };
}

function picker(choice: Choice, { start, end }: Span) {
  const { range, benchmark } = choice;
  return {
    ranges: rangeNames.map((name) => ({ name, isCurrent: "name" in range && name === range.name })),
    benchmarkParameter: benchmark === null ? "" : `&benchmark=${encodeURIComponent(benchmark)}`,
    at: rangeParameters(range),
    chosenBenchmark: benchmark,
    withoutBenchmark: address({ ...rangeParameters(range), benchmark: "" }),
    start,
    end,
  };
}
