/** Risk over a range of days, beside a benchmark, and what the whole would have been with more or less of a position. */
import { type Request, Router } from "express";
import { z } from "zod";
import { personTransaction } from "../../database/person.ts";
import {
  acrossPublications,
  choiceParameters,
  rangeNames,
  readAccountNames,
  readChoice,
  readRisk,
  readSpan,
  readWhatIf,
} from "../../portfolio/index.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { riskView } from "../figures/risk.ts";
import { currenciesOf } from "../format.ts";
import { parseInput } from "../route.ts";
import { positiveId } from "../schemas.ts";
import { environmentOf, type SendPage } from "./page.ts";

const asked = z.object({
  account: positiveId.optional().catch(undefined),
  what_if: z.string().trim().toUpperCase().max(20).optional().catch(undefined),
  multiple: z
    .string()
    .regex(/^\d{1,2}(\.\d{1,6})?$/)
    .optional()
    .catch(undefined),
});

export function riskPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  router.get("/portfolio/risk", async (request, response) => {
    const data = await acrossPublications(() => riskData(context, request));
    sendPage(request, response, {
      view: "risk",
      title: "Risk",
      scripts: ["chart.js", "explain.js"],
      currencies: "span" in data && data.span ? currenciesOf(data.span) : undefined,
      data,
    });
  });
  return router;
}

async function riskData(context: WebContext, request: Request) {
  const { userId } = requirePerson(request);
  const { choice } = await readChoice(context.pool, userId, request.query, false);
  const wanted = parseInput(asked, request.query);
  const registry = context.registry();
  const { account, span } = await personTransaction(context.pool, userId, async (client) => {
    const accounts = await readAccountNames(client, userId);
    const account = accounts.find(({ account_id }) => account_id === wanted.account)?.account_id;
    return { account, span: await readSpan(client, registry, userId, choice.range, account ?? null) };
  });
  const parameters = {
    ...choiceParameters(choice),
    ...(account !== undefined && { account: String(account) }),
  };
  const ranges = rangeNames.map((name) => ({
    name,
    isCurrent: "name" in choice.range && name === choice.range.name,
    href: `/portfolio/risk?${new URLSearchParams({ ...parameters, range: name })}`,
  }));
  if (!span || span.is_outside) return { ranges, span: null };
  const { format } = environmentOf(context, request, currenciesOf(span));
  const about = { registry, userId, span, benchmark: choice.benchmark, account };
  const figures = await readRisk(context.pool, about);
  const ticker = figures.contributions.find(
    ({ ticker }) => ticker !== "" && ticker === wanted.what_if,
  )?.ticker;
  const multiple = wanted.multiple ?? "0";
  const whatIf = ticker
    ? { ticker, multiple, figures: await readWhatIf(context.pool, about, ticker, multiple) }
    : null;
  return {
    ranges,
    span,
    scope: parameters,
    at: parameters,
    multiple,
    period: `${format.date(span.start)} to ${format.date(span.end)}`,
    risk: riskView(figures, whatIf, format),
  };
}
