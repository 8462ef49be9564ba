/** A figure of a person, explained: its numbers put in, where it comes from, the rows behind it. */
import type { PoolClient } from "pg";
import { personTransaction } from "../../database/person.ts";
import type { Registry } from "../../engine/index.ts";
import {
  acrossPublications,
  type LineageStage,
  lineageStages,
  type Origin,
  type Publication,
  type PublishedModels,
  type Range,
  readCurrentModels,
  readPortfolioFacts,
  readPublication,
  readRegimeDay,
  readRegimeFacts,
  readRegimes,
  readSpan,
  readTickerFacts,
  readTickerMovements,
  readTickerNames,
  type Span,
} from "../../portfolio/index.ts";
import type { WebContext } from "../context.ts";
import { NotFoundError } from "../errors.ts";
import { type Currencies, currenciesOf, type Format } from "../format.ts";
import { type Evidence, readEvidence } from "./evidence.ts";
import { type FigureName, figures } from "./figures.ts";
import { portfolioWorkings } from "./portfolio-working.ts";
import { regimeWorking } from "./regime.ts";
import { regimeWorkings, spellTable } from "./regime-working.ts";
import { tickerWorkings } from "./ticker-working.ts";
import type { Working } from "./working.ts";

export interface Question {
  readonly figure: FigureName;
  /** null: of the whole portfolio. */
  readonly ticker: string | null;
  /** Of the figures by regime; null: none was named. */
  readonly regime: string | null;
  readonly range: Range;
}

export interface Explanation {
  readonly ticker: string | null;
  readonly origin: Origin;
  readonly lineage: readonly LineageStage[];
  /** Where the lineage begins, and how many models lie between there and the origin. */
  readonly sources: readonly string[];
  readonly between: number;
  readonly publication: Publication | null;
  /** null: there is nothing to compute it from. */
  readonly answer: Answer | null;
  /** Set: the figure is of one ticker, and these are the person's. */
  readonly tickers: readonly string[] | null;
  /** The same of a figure by regime. */
  readonly regimes: readonly string[] | null;
  /** undefined: nothing is in any yet. */
  readonly currencies: Currencies | undefined;
}

interface Answer {
  readonly working: Working;
  readonly evidence: readonly Evidence[];
  readonly asOf: string | null;
  /** "since 5 May 2021"; null: it is of the last day alone. */
  readonly period: string | null;
}

/** Throws NotFoundError for a ticker that the person never held, and for a regime that the range has no day of. */
export function explainFigure(
  context: WebContext,
  userId: number,
  question: Question,
  formatIn: (currencies: Currencies | undefined) => Format,
): Promise<Explanation> {
  return acrossPublications(() =>
    personTransaction(context.pool, userId, (client) =>
      readExplanation(client, context.registry(), userId, question, formatIn),
    ),
  );
}

async function readExplanation(
  client: PoolClient,
  registry: Registry,
  userId: number,
  question: Question,
  formatIn: (currencies: Currencies | undefined) => Format,
): Promise<Explanation> {
  const { graph } = registry;
  const { figure, ticker, regime } = question;
  const { portfolio, ticker: ofTicker } = figures[figure];
  const origin = (ticker === null ? portfolio : ofTicker) ?? ofTicker ?? portfolio!;
  const published = await readCurrentModels(client, registry);
  const lineage = lineageStages(graph, published, origin);
  const assets = lineage.flatMap((stage) => stage.assets);
  const sources = assets.filter((name) => graph.get(name).asset.kind === "source");
  const span = await readSpan(client, registry, userId, question.range);
  const currencies = span ? currenciesOf(span) : undefined;
  return {
    currencies,
    ticker,
    origin,
    lineage,
    sources,
    between: assets.length - sources.length - 1,
    publication: await readPublication(client, graph, origin),
    answer: await readAnswer(client, published, userId, span, question, formatIn(currencies)),
    tickers: ticker === null && portfolio === null ? await readTickerNames(client, userId) : null,
    regimes: figure in regimeWorkings && regime === null ? await readRegimes(client, userId) : null,
  };
}

async function readAnswer(
  client: PoolClient,
  published: PublishedModels,
  userId: number,
  span: Span | null,
  { figure, ticker, regime }: Question,
  format: Format,
): Promise<Answer | null> {
  if (figure === "regime") {
    const day = await readRegimeDay(client, span?.end ?? null);
    return { working: regimeWorking(day, format), asOf: day?.date ?? null, evidence: [], period: null };
  }
  if (!span || span.is_outside) {
    if (ticker !== null) throw new NotFoundError(`position of yours in ${ticker}`);
    return null;
  }
  if (regime !== null) return answerForRegime(client, published, userId, figure, regime, span, format);
  return ticker === null
    ? answerForPortfolio(client, published, userId, figure, span, format)
    : answerForTicker(client, published, userId, figure, ticker, span, format);
}

async function answerForPortfolio(
  client: PoolClient,
  published: PublishedModels,
  userId: number,
  figure: FigureName,
  span: Span,
  format: Format,
): Promise<Answer | null> {
  const work = portfolioWorkings[figure];
  const facts = work && (await readPortfolioFacts(client, published, userId, span));
  if (!work || !facts) return null;
  const { best_day_date, worst_day_date, max_drawdown_trough_date, as_of } = facts.performance;
  const days: Partial<Record<FigureName, string | null>> = {
    best_day: best_day_date,
    worst_day: worst_day_date,
    max_drawdown: max_drawdown_trough_date,
  };
  const extent = { userId, ticker: null, start: span.start, end: span.end };
  return {
    working: work(facts, format),
    evidence: await readEvidence(client, figure, extent, days[figure] ?? as_of, facts.movements, format),
    asOf: as_of,
    period: periodOf(figure, span, format),
  };
}

async function answerForTicker(
  client: PoolClient,
  published: PublishedModels,
  userId: number,
  figure: FigureName,
  ticker: string,
  span: Span,
  format: Format,
): Promise<Answer | null> {
  const work = tickerWorkings[figure];
  const facts = await readTickerFacts(client, published, userId, ticker, span);
  if (!facts) throw new NotFoundError(`position of yours in ${ticker}`);
  if (!work) return null;
  const movements =
    figure === "xirr" ? await readTickerMovements(client, published, userId, facts, span) : [];
  const extent = { userId, ticker, start: span.start, end: span.end };
  return {
    working: work(facts, format),
    evidence: await readEvidence(client, figure, extent, facts.as_of, movements, format),
    asOf: facts.as_of,
    period: periodOf(figure, span, format),
  };
}

async function answerForRegime(
  client: PoolClient,
  published: PublishedModels,
  userId: number,
  figure: FigureName,
  regime: string,
  span: Span,
  format: Format,
): Promise<Answer | null> {
  const work = regimeWorkings[figure];
  const facts = work && (await readRegimeFacts(client, published, userId, regime, span));
  if (!work || !facts) throw new NotFoundError(`day of yours in the regime ${regime}`);
  const { trough, spells } = facts;
  const lastDay = spells.at(-1)!.last_day;
  const day = figure === "regime_drawdown" ? trough.price_date : lastDay;
  const extent = { userId, ticker: null, start: span.start, end: lastDay };
  return {
    working: work(facts, format),
    evidence: [spellTable(spells, format), ...(await readEvidence(client, figure, extent, day, [], format))],
    asOf: span.end,
    period: periodOf(figure, span, format),
  };
}

/** Figures of the last day alone: what came before does not enter into them. */
const standing: ReadonlySet<FigureName> = new Set([
  "market_value",
  "current_price",
  "quantity",
  "cost_basis",
  "average_cost",
  "unrealized_pnl",
  "weight",
  "daily_return",
]);

function periodOf(figure: FigureName, span: Span, format: Format): string | null {
  if (standing.has(figure)) return null;
  return span.is_whole
    ? `since the first trade, ${format.date(span.first)}`
    : `from the close of ${format.date(span.start)} to ${format.date(span.end)}`;
}
