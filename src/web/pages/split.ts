/** One split: what is made of it and why, what another verdict would change, and an operator's ruling. */

import { type Request, type Response, Router } from "express";
import { z } from "zod";
import {
  marketTicker,
  previewSplitRuling,
  readLedgerCurrencies,
  readSplitVerdict,
  ruleOnSplit,
  withdrawSplitRuling,
} from "../../ledger/index.ts";
import { day } from "../../values.ts";
import { operatorContext, requirePerson, type WebContext } from "../context.ts";
import { NotFoundError } from "../errors.ts";
import { t } from "../messages/index.ts";
import { parseInput } from "../route.ts";
import { saySplitReason } from "../ticker/quality.ts";
import type { SendPage } from "./page.ts";

const parameters = z.object({ ticker: marketTicker, date: day });

/** As the choices of the page are named. */
const choices = {
  scaled: { changes_quantity: true, is_history_scaled: true },
  raw: { changes_quantity: true, is_history_scaled: false },
  price: { changes_quantity: false, is_history_scaled: true },
  none: { changes_quantity: false, is_history_scaled: false },
} as const;

const choice = z.enum(Object.keys(choices) as [keyof typeof choices, ...(keyof typeof choices)[]]);
const query = z.object({ verdict: choice.optional().catch(undefined) });
const form = z.object({
  verdict: choice.or(z.literal("withdraw")),
  reason: z.string().trim().min(1).max(500).catch(""),
});

function splitOf(request: Request): z.output<typeof parameters> {
  const asked = parameters.safeParse(request.params);
  if (!asked.success) throw new NotFoundError("split");
  return asked.data;
}

export function splitPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  router.get("/tickers/:ticker/splits/:date", async (request, response) => {
    requirePerson(request);
    await sendSplit(context, sendPage, request, response, null);
  });
  router.post("/tickers/:ticker/splits/:date", async (request, response) => {
    const own = operatorContext(context, request);
    const split = splitOf(request);
    const { verdict, reason } = parseInput(form, request.body ?? {});
    if (verdict !== "withdraw" && reason === "")
      return sendSplit(
        context,
        sendPage,
        request,
        response,
        t("Say why: it is shown to everybody who holds it."),
      );
    if (verdict === "withdraw") await withdrawSplitRuling(own.pool, split.ticker, split.date);
    else await ruleOnSplit(own, own.operator, split, { ...choices[verdict], reason });
    response.redirect(303, `/tickers/${encodeURIComponent(split.ticker)}`);
  });
  return router;
}

async function sendSplit(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
  problem: string | null,
): Promise<void> {
  const { userId, role } = requirePerson(request);
  const split = splitOf(request);
  const verdict = await readSplitVerdict(context, userId, split.ticker, split.date);
  const currencies = await readLedgerCurrencies(context, userId, [{ ticker: split.ticker, currency: null }]);
  const current = (Object.keys(choices) as (keyof typeof choices)[]).find(
    (name) =>
      choices[name].changes_quantity === verdict.is_accepted &&
      choices[name].is_history_scaled === verdict.is_history_adjusted,
  )!;
  const body = form.safeParse(request.body ?? {}).data?.verdict;
  const chosen = parseInput(query, request.query).verdict ?? (body === "withdraw" ? undefined : body);
  sendPage(request, response, {
    view: "split",
    title: t("Split of {ticker}", { ticker: split.ticker }),
    scripts: [],
    status: problem === null ? 200 : 422,
    currencies,
    data: {
      split: { ...verdict, reason: saySplitReason(verdict.reason) },
      currency: currencies.of({ ticker: split.ticker, currency: null }),
      isOperator: role === "operator",
      problem: problem && { heading: t("Not ruled."), message: problem },
      chosen,
      effect: chosen ? await previewSplitRuling(context, userId, split, choices[chosen]) : null,
      choices: [
        { name: "scaled", label: t("A split; the prices came adjusted for it") },
        { name: "raw", label: t("A split; the prices before it came as they were traded") },
        { name: "price", label: t("No split; the prices before it came scaled by the ratio") },
        { name: "none", label: t("No split; the prices came as they were traded") },
      ].map((option) => ({
        ...option,
        isCurrent: option.name === current,
        isChosen: option.name === (chosen ?? current),
      })),
    },
  });
}
