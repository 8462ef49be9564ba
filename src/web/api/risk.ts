/** Risk over a range of days, as the gold models have it, and what the whole would have been with more or less of a position. */
import { z } from "zod";
import { gold_benchmark_performance } from "../../../assets/benchmark.ts";
import { gold__performance } from "../../../assets/performance.ts";
import {
  gold_concentration,
  gold_contributions,
  gold_correlations,
  gold_return_distribution,
  gold_rolling_risk,
  gold_ticker_regimes,
  gold_worst_periods,
} from "../../../assets/risk.ts";
import { personTransaction } from "../../database/person.ts";
import {
  accountAskedFor,
  acrossPublications,
  parseBenchmark,
  type RiskFigures,
  readRisk,
  readSpan,
  readWhatIf,
  wholeTime,
} from "../../portfolio/index.ts";
import { characters, day, rowSchema } from "../../values.ts";
import type { WebContext } from "../context.ts";
import { type Route, route } from "../route.ts";
import { accountQuery as account } from "../schemas.ts";

const errors = ["unknown_account", "models_unavailable"] as const;

const about = {
  from: day.optional().describe("First day; default: that of the first transaction"),
  to: day.optional().describe("Last day; default: the last one known"),
  account,
  benchmark: characters(1, 20).optional().describe("A ticker that the system has prices of"),
};

const isInOrder = ({ from, to }: { from?: string | undefined; to?: string | undefined }): boolean =>
  !from || !to || from <= to;
const order = { path: ["to"], message: "expected a date not before `from`" };

type About = {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly account?: string | undefined;
  readonly benchmark?: string | undefined;
};

const figures = {
  performance: rowSchema(gold__performance, "user_id"),
  distribution: rowSchema(gold_return_distribution, "user_id"),
  benchmark: rowSchema(gold_benchmark_performance, "user_id").nullable().describe("null: none was named"),
};

const risk = z.object({
  from: z.iso.date(),
  to: z.iso.date(),
  ...figures,
  worst_periods: z.array(rowSchema(gold_worst_periods, "user_id")),
  rolling: z.array(rowSchema(gold_rolling_risk, "user_id")),
  concentration: rowSchema(gold_concentration, "user_id").nullable(),
  contributions: z.array(rowSchema(gold_contributions, "user_id")),
  correlations: z.array(rowSchema(gold_correlations, "user_id")).describe("Of the twelve largest holdings"),
  ticker_regimes: z.array(rowSchema(gold_ticker_regimes, "user_id")),
});

/** What `read` says of the days that were asked about; null where there are none. */
function ofDays<T>(
  context: WebContext,
  userId: number,
  { from, to, account, benchmark }: About,
  read: (request: Parameters<typeof readRisk>[1]) => Promise<T>,
): Promise<T | null> {
  return acrossPublications(async () => {
    const registry = context.registry();
    const range = from || to ? { from: from ?? "1900-01-01", to: to ?? "9999-12-31" } : wholeTime;
    const { accountId, span } = await personTransaction(context.pool, userId, async (client) => {
      const accountId = await accountAskedFor(client, userId, account);
      return { accountId, span: await readSpan(client, registry, userId, range, accountId) };
    });
    if (!span || span.is_outside) return null;
    const named = parseBenchmark({ benchmark }).ticker;
    return read({ registry, userId, span, benchmark: named, account: accountId ?? undefined });
  });
}

const answerOf = ({ span, worst, tickerRegimes, correlated, ...rest }: RiskFigures) => ({
  from: span.start,
  to: span.end,
  ...rest,
  worst_periods: [...worst],
  rolling: [...rest.rolling],
  contributions: [...rest.contributions],
  correlations: [...rest.correlations],
  ticker_regimes: [...tickerRegimes],
});

export const riskRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/api/portfolio/risk",
    summary:
      "Risk over a range of days, beside a benchmark if one is named; null where there is nothing in it",
    access: "person",
    query: z.object(about).refine(isInOrder, order),
    errors,
    status: 200,
    answer: z.object({ risk: risk.nullable() }),
    handle: async ({ context, person, query }) => {
      const found = await ofDays(context, person.userId, query, (request) => readRisk(context.pool, request));
      return { risk: found && answerOf(found) };
    },
  }),
  route({
    method: "get",
    path: "/api/portfolio/what-if",
    summary: "The same days, had so many times as much of a ticker been held; 0: none of it",
    access: "person",
    query: z
      .object({
        ...about,
        ticker: characters(1, 20),
        multiple: z
          .string()
          .regex(/^\d{1,2}(\.\d{1,6})?$/, "expected a number from 0 to 99.999999")
          .describe("How many times as much: 0 is sold, 0.5 half, 2 twice"),
      })
      .refine(isInOrder, order),
    errors,
    status: 200,
    answer: z.object({ what_if: z.object(figures).nullable() }),
    handle: async ({ context, person, query }) => ({
      what_if: await ofDays(context, person.userId, query, (request) =>
        readWhatIf(context.pool, request, query.ticker.toUpperCase(), query.multiple),
      ),
    }),
  }),
];
