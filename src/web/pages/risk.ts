/** Risk over a range of days, beside a benchmark, and what the whole would have been with more or less of a position. */
import { Router } from "express";
import type { Pool } from "pg";
import { z } from "zod";
import {
  type FiguresRequest,
  isRiskSlow,
  type RiskFigures,
  rangeParameters,
  readRisk,
  readRiskAtOnce,
  readWhatIf,
} from "../../portfolio/index.ts";
import type { WebContext } from "../context.ts";
import { sayPeriod } from "../figures/days.ts";
import { type AskedWhatIf, riskView } from "../figures/risk.ts";
import { defineMessage, t } from "../messages/index.ts";
import { numberLocale, readNumbers, shownNumbers } from "../number-input.ts";
import { parseInput } from "../route.ts";
import type { SendPage } from "./page.ts";
import { allParameter, type Tab, tabPage, type Wanted } from "./portfolio-tab.ts";
import { accountParameter } from "./portfolio-tabs.ts";

const asked = z.object({
  what_if: z.string().trim().max(20).optional().catch(undefined),
  multiple: z.string().trim().max(20).catch("0"),
  number_locale: numberLocale.catch(undefined),
});

/** Up to 99 times as much, as a plain decimal. */
export const multipleOf = /^\d{1,2}(?:\.\d{1,6})?$/;

const isMultiple = (field: string): boolean => field === "multiple";

/** What the address asks, its number as a plain decimal where it could be read. */
function whatIfOf(query: unknown): Record<string, string> {
  const { what_if, multiple, number_locale } = parseInput(asked, query);
  if (!what_if) return {};
  const { values, unread } = readNumbers({ multiple }, isMultiple, number_locale);
  return { what_if: what_if.toUpperCase(), multiple: unread.multiple ?? values.multiple };
}

async function readAsked(
  pool: Pool,
  request: FiguresRequest,
  tickers: readonly { readonly ticker: string }[],
  { what_if, multiple = "0" }: Readonly<Record<string, string>>,
): Promise<AskedWhatIf | null> {
  const ticker = tickers.find((one) => one.ticker !== "" && one.ticker === what_if)?.ticker;
  if (!ticker || !multipleOf.test(multiple)) return null;
  return { ticker, multiple, figures: await readWhatIf(pool, request, ticker, multiple) };
}

const risk: Tab = {
  path: "/portfolio/risk",
  view: "risk",
  title: defineMessage("Risk"),
  scripts: ["chart.js", "explain.js", "numbers.js"],
  orderOf: whatIfOf,
  make: async (pool, wanted) => {
    const { figures: request, order } = wanted;
    const figures = await readRisk(pool, request);
    return shownOf(wanted, figures, await readAsked(pool, request, figures.contributions, order));
  },
  // Who asks what if has sent a form, and waits for what it says.
  makeAtOnce: async (pool, wanted) =>
    wanted.order.what_if === undefined && (await isRiskSlow(pool, wanted.figures))
      ? {
          ...shownOf(wanted, await readRiskAtOnce(pool, wanted.figures), null),
          isUnderWay: true,
          all: wanted.href({ [allParameter]: "1" }),
        }
      : null,
};

function shownOf(
  { figures: request, look, order, format }: Wanted,
  figures: RiskFigures,
  whatIf: AskedWhatIf | null,
) {
  const { multiple = "0" } = order;
  const { span } = request;
  return {
    risk: riskView(figures, whatIf, format),
    period: sayPeriod(span.is_whole ? span.first : span.start, span.end, format),
    /** What the figures are of, the benchmark included. */
    scope: {
      ...rangeParameters(look.range),
      ...accountParameter(look.account),
      ...(look.benchmark !== null && { benchmark: look.benchmark }),
    },
    multiple: shownNumbers({ multiple }, isMultiple, {}, format.locale).multiple,
    multipleProblem: multipleOf.test(multiple)
      ? null
      : t("Enter how many times as much, from 0 to 99: 0 is sold, {half} half of it.", {
          half: format.compactNumber(0.5),
        }),
  };
}

export function riskPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  router.get(risk.path, tabPage(context, sendPage, risk));
  return router;
}
