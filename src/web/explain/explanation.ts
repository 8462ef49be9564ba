/** A figure of a person, explained: its numbers put in, where it comes from, the rows behind it. */
import type { PoolClient } from "pg";
import { gold_p_timeseries } from "../../../assets/gold.ts";
import { gold__performance, gold_account_performance } from "../../../assets/performance.ts";
import { personTransaction } from "../../database/person.ts";
import type { Registry } from "../../engine/index.ts";
import {
  acrossPublications,
  type LineageStage,
  lineageStages,
  type Origin,
  type Publication,
  type Range,
  readAccountNames,
  readCurrentModels,
  readPortfolioFacts,
  readPublication,
  readRegimeDay,
  readRegimeFacts,
  readRegimes,
  readRiskFacts,
  readSpan,
  readTickerFacts,
  readTickerMovements,
  readTickerNames,
  readYield,
  type Span,
} from "../../portfolio/index.ts";
import type { WebContext } from "../context.ts";
import { NotFoundError } from "../errors.ts";
import { type Currencies, currenciesOf, type Format } from "../format.ts";
import { type Answer, noMovements, periodOf, type Reading } from "./answer.ts";
import { readEvidence } from "./evidence.ts";
import { type FigureName, figures } from "./figures.ts";
import { incomeWorkings } from "./income-working.ts";
import { answerForPair } from "./pair-answer.ts";
import { portfolioWorkings } from "./portfolio-working.ts";
import { regimeWord, regimeWorking } from "./regime.ts";
import { regimeWorkings, spellTable } from "./regime-working.ts";
import { riskWorkings } from "./risk-working.ts";
import { answerForRolling, isRolling } from "./rolling-answer.ts";
import { tickerWorkings } from "./ticker-working.ts";
import { answerForWhatIf, type WhatIfQuestion } from "./what-if-answer.ts";

export interface Question {
  readonly figure: FigureName;
  /** null: of the whole portfolio. */
  readonly ticker: string | null;
  /** Of the figures by regime; null: none was named. */
  readonly regime: string | null;
  /** null: of all together. */
  readonly account: number | null;
  /** null: none was named. */
  readonly benchmark: string | null;
  /** The other holding of a correlation; null: none was named. */
  readonly other: string | null;
  /** Of rolling figures; null: the last day of the range. */
  readonly day: string | null;
  /** null: nothing was asked so. */
  readonly whatIf: WhatIfQuestion | null;
  readonly range: Range;
}

export interface Explanation {
  readonly ticker: string | null;
  readonly account: { readonly id: number; readonly name: string } | null;
  readonly origin: Origin;
  readonly lineage: readonly LineageStage[];
  /** Where the lineage begins, and how many models lie between there and the origin. */
  readonly sources: readonly string[];
  readonly between: number;
  readonly publication: Publication | null;
  /** null: there is nothing to compute it from. */
  readonly answer: Answer | null;
  /** Set: the figure is of one ticker, or of two, and these are the person's. */
  readonly tickers: readonly string[] | null;
  /** The same of a figure by regime. */
  readonly regimes: readonly { readonly name: string; readonly label: string }[] | null;
  /** undefined: nothing is in any yet. */
  readonly currencies: Currencies | undefined;
}

/**
 * Throws NotFoundError for a ticker that the person never held, or not in that account, for a regime that the range has no day of, and
 * for an account that is not theirs.
 */
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
  const { figure, ticker, other, regime, account } = question;
  const { portfolio } = figures[figure];
  const whose = { userId, account };
  const accounts = new Map(
    (await readAccountNames(client, userId)).map(({ account_id, name }) => [account_id, name]),
  );
  const name = account === null ? null : accounts.get(account);
  if (name === undefined) throw new NotFoundError("ownAccount", account);
  const origin = originOf(question);
  const isNamed =
    figure === "correlation" ? ticker !== null && other !== null : ticker !== null || portfolio !== null;
  const published = await readCurrentModels(client, registry);
  const lineage = lineageStages(graph, published, origin);
  const assets = lineage.flatMap((stage) => stage.assets);
  const sources = assets.filter((name) => graph.get(name).asset.kind === "source");
  const span = await readSpan(client, registry, userId, question.range, account);
  const currencies = span ? currenciesOf(span) : undefined;
  const asked = { format: formatIn(currencies), account, accounts };
  return {
    currencies,
    ticker,
    account: account === null || name === null ? null : { id: account, name },
    origin,
    lineage,
    sources,
    between: assets.length - sources.length - 1,
    publication: await readPublication(client, graph, origin),
    answer: await readAnswer({ client, published, whose, span, asked }, question),
    tickers: isNamed ? null : await readTickerNames(client, whose),
    regimes:
      figure in regimeWorkings && regime === null
        ? (await readRegimes(client, published, whose, span)).map((name) => ({
            name,
            label: regimeWord(name),
          }))
        : null,
  };
}

/** An account's figures over the whole time have a model of their own. */
function originOf({ figure, ticker, account, whatIf }: Question): Origin {
  const { portfolio, ticker: ofTicker } = figures[whatIf?.of ?? figure];
  const origin = (ticker === null ? portfolio : ofTicker) ?? ofTicker ?? portfolio!;
  const isOfAccount = account !== null && Object.hasOwn(gold_account_performance.columns, origin.column);
  const isOfPerson = origin.asset === gold__performance.name || origin.asset === gold_p_timeseries.name;
  return isOfAccount && isOfPerson ? { ...origin, asset: gold_account_performance.name } : origin;
}

async function readAnswer(reading: Reading<Span | null>, question: Question): Promise<Answer | null> {
  const { figure, ticker, regime } = question;
  const { client, span, asked } = reading;
  if (figure === "regime") {
    const day = await readRegimeDay(client, span?.end ?? null);
    return { working: regimeWorking(day, asked.format), asOf: day?.date ?? null, evidence: [], period: null };
  }
  if (!span || span.is_outside) {
    if (ticker !== null) throw new NotFoundError("position", ticker);
    return null;
  }
  if (isRolling(figure)) return answerForRolling({ ...reading, span }, figure, question.day);
  if (figure === "correlation") return answerForCorrelation({ ...reading, span }, question);
  if (figure === "what_if")
    return question.whatIf && answerForWhatIf({ ...reading, span }, question.whatIf, question.benchmark);
  if (figure in incomeWorkings) return answerForIncome({ ...reading, span }, question);
  if (figure in riskWorkings) return answerForRisk({ ...reading, span }, question);
  if (regime !== null) return answerForRegime({ ...reading, span }, figure, regime);
  return ticker === null
    ? answerForPortfolio({ ...reading, span }, figure)
    : answerForTicker({ ...reading, span }, figure, ticker);
}

/** null: it is not said yet of which two. */
async function answerForCorrelation(reading: Reading, { ticker, other }: Question): Promise<Answer | null> {
  return ticker === null || other === null ? null : answerForPair(reading, ticker, other);
}

async function answerForRisk(
  { client, published, whose, span, asked }: Reading,
  { figure, benchmark, ticker }: Question,
): Promise<Answer | null> {
  if (ticker === null && figures[figure].portfolio === null) return null;
  const facts = await readRiskFacts(client, published, whose, span, { benchmark, ticker });
  if (ticker !== null && facts.contribution === null) throw new NotFoundError("position", ticker);
  const extent = { ...whose, ticker, start: span.start, end: span.end };
  return {
    working: riskWorkings[figure]!(facts, asked.format),
    evidence: await readEvidence(client, figure, extent, span.end, noMovements, asked),
    asOf: span.end,
    period: periodOf(figure, span, asked.format),
  };
}

/** From the last day on, whatever range the page was of. */
async function answerForIncome(
  { client, published, whose, span, asked }: Reading,
  { figure, ticker }: Question,
): Promise<Answer> {
  const facts = await readYield(client, whose, ticker);
  const isHeld = facts !== null || ticker === null;
  if (!isHeld && !(await readTickerFacts(client, published, whose, ticker, span)))
    throw new NotFoundError("position", ticker);
  const day = facts?.as_of ?? span.as_of;
  const extent = { ...whose, ticker, start: span.start, end: day };
  return {
    working: incomeWorkings[figure]!(facts, asked.format),
    evidence: await readEvidence(client, figure, extent, day, noMovements, asked),
    asOf: day,
    period: null,
  };
}

async function answerForPortfolio(
  { client, published, whose, span, asked }: Reading,
  figure: FigureName,
): Promise<Answer | null> {
  const work = portfolioWorkings[figure];
  const facts = work && (await readPortfolioFacts(client, published, whose, span));
  if (!work || !facts) return null;
  const { best_day_date, worst_day_date, max_drawdown_trough_date, as_of } = facts.performance;
  const days: Partial<Record<FigureName, string | null>> = {
    best_day: best_day_date,
    worst_day: worst_day_date,
    max_drawdown: max_drawdown_trough_date,
  };
  const extent = { ...whose, ticker: null, start: span.start, end: span.end };
  const { movements, contributions, gain } = facts;
  const areTrades =
    Object.keys(contributions).every((kind) => kind === "bought" || kind === "sold") &&
    Number(gain.booked_gross) === 0;
  return {
    working: work(facts, asked.format),
    evidence: await readEvidence(
      client,
      figure,
      extent,
      days[figure] ?? as_of,
      { movements, areTrades },
      asked,
    ),
    asOf: as_of,
    period: periodOf(figure, span, asked.format),
  };
}

async function answerForTicker(
  { client, published, whose, span, asked }: Reading,
  figure: FigureName,
  ticker: string,
): Promise<Answer | null> {
  const work = tickerWorkings[figure];
  const facts = await readTickerFacts(client, published, whose, ticker, span);
  if (!facts) throw new NotFoundError("position", ticker);
  if (!work) return null;
  const movements =
    figure === "xirr"
      ? {
          movements: await readTickerMovements(client, published, whose, facts, span),
          areTrades: facts.quantities.others === null && Number(facts.booked_net) === 0,
        }
      : noMovements;
  const extent = { ...whose, ticker, start: span.start, end: span.end };
  return {
    working: work(facts, asked.format),
    evidence: await readEvidence(client, figure, extent, facts.as_of, movements, asked),
    asOf: facts.as_of,
    period: periodOf(figure, span, asked.format),
  };
}

async function answerForRegime(
  { client, published, whose, span, asked }: Reading,
  figure: FigureName,
  regime: string,
): Promise<Answer | null> {
  const work = regimeWorkings[figure];
  const facts = work && (await readRegimeFacts(client, published, whose, regime, span));
  if (!work || !facts) throw new NotFoundError("regimeDay", regime);
  const { trough, spells } = facts;
  const lastDay = spells.at(-1)!.last_day;
  const day = figure === "regime_drawdown" ? trough.price_date : lastDay;
  const extent = { ...whose, ticker: null, start: span.start, end: lastDay };
  return {
    working: work(facts, asked.format),
    evidence: [
      spellTable(spells, asked),
      ...(await readEvidence(client, figure, extent, day, noMovements, asked)),
    ],
    asOf: span.end,
    period: periodOf(figure, span, asked.format),
  };
}
