/** The weights that a person aims at, in one form, with what to buy or sell to reach them. */
import Big from "big.js";
import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { personTransaction } from "../../database/person.ts";
import { mostDecimals } from "../../ledger/index.ts";
import { isOwnAsset } from "../../market/ticker.ts";
import { readAccountNames } from "../../portfolio/index.ts";
import {
  mostTargets,
  readTargets,
  replaceTargets,
  type TargetedPart,
  type Targets,
  targetsInput,
} from "../../targets/index.ts";
import { addedAmount } from "../api/targets.ts";
import { requirePerson, type WebContext } from "../context.ts";
import type { Format } from "../format.ts";
import { t } from "../messages/index.ts";
import { numberLocale, readNumbers, showNumber } from "../number-input.ts";
import { sayReasonOrNull } from "../reasons.ts";
import { parseInput } from "../route.ts";
import { environmentOf, type Problem, refusal, type SendPage } from "./page.ts";
import { accountInAddress, addressOf, lookInAddress, portfolioTabs } from "./portfolio-tabs.ts";
import { percentOf, weightOf } from "./target-percents.ts";

export const targetsPath = "/portfolio/targets";
const path = targetsPath;
/** Of its form: each target, and what stands beside them. */
export const mostFields = mostTargets + 20;
/** Before a ticker in the name of its field; that of cash has none behind it. */
const prefix = "target:";
const isTarget = (field: string): boolean => field.startsWith(prefix);
const isNumber = (field: string): boolean => isTarget(field) || field === "invest";

const asked = z.object({
  invest: z.string().trim().max(60).catch(""),
  number_locale: numberLocale.catch(undefined),
});

/** What a form says: a text for each field. */
const targetsForm = z.record(z.string().max(60), z.string().max(60).catch(""));

interface State {
  /** Targets as they were typed, by field; null: as they are kept. */
  readonly typed: Readonly<Record<string, string>> | null;
  readonly errors: Readonly<Record<string, string>>;
  readonly problem: Problem | null;
  readonly status: number;
}

const unsent: State = { typed: null, errors: {}, problem: null, status: 200 };

export function targetPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  router.get(path, (request, response) => sendTargets(context, sendPage, request, response, unsent));

  router.post(path, async (request, response) => {
    const { userId } = requirePerson(request);
    const { number_locale, ...said } = parseInput(targetsForm, request.body ?? {});
    const fields = Object.fromEntries(Object.entries(said).filter(([field]) => isTarget(field)));
    const locale = parseInput(numberLocale.catch(undefined), number_locale);
    const { values, errors: unread } = readNumbers(fields, isTarget, locale);
    const errors = { ...findErrors(values), ...unread };
    const asTyped = { typed: fields, errors, problem: null, status: 422 };
    if (Object.keys(errors).length > 0) return sendTargets(context, sendPage, request, response, asTyped);
    try {
      await replaceTargets(context, userId, parseInput(targetsInput, inputOf(values)));
      response.redirect(303, addressOf(path, { ...alongside(request.body), saved: "1" }));
    } catch (error) {
      const { status, problem } = refusal(error, t("Not saved."));
      await sendTargets(context, sendPage, request, response, { ...asTyped, status, problem });
    }
  });
  return router;
}

/** By field: percentages that are none. */
function findErrors(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, text]) => text.trim() !== "" && weightOf(text) === null)
      .map(([field]) => [field, t("Enter a percentage from 0 to 100, or nothing.")]),
  );
}

function inputOf(values: Readonly<Record<string, string>>) {
  const weights = Object.entries(values).flatMap(([field, text]) => {
    const weight = weightOf(text);
    return weight === null ? [] : [{ ticker: field.slice(prefix.length), weight }];
  });
  const cash = weights.find(({ ticker }) => ticker === "")?.weight;
  return {
    targets: weights.filter(({ ticker }) => ticker !== ""),
    ...(cash !== undefined && { cash }),
  };
}

/** What the other tabs look at, and the money to add: of an address, or of a form. */
function alongside(query: unknown): Record<string, string> {
  const { account } = parseInput(accountInAddress, query ?? {});
  const { invest } = readInvest(query);
  return { ...lookInAddress(query ?? {}, account), ...(invest !== "" && { invest }) };
}

/** As a plain decimal; "": none, or `problem` says why it is none. */
function readInvest(query: unknown): { invest: string; typed: string; problem: string | null } {
  const { invest: typed, number_locale } = parseInput(asked, query ?? {});
  if (typed === "") return { invest: "", typed, problem: null };
  const { values, errors } = readNumbers({ invest: typed }, isNumber, number_locale);
  const isAmount = addedAmount.safeParse(values.invest).success;
  const problem = errors.invest ?? (isAmount ? null : t("Enter an amount of money, from 0 up."));
  return { invest: problem === null ? values.invest : "", typed, problem };
}

async function sendTargets(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
  { typed, errors, problem, status }: State,
): Promise<void> {
  const { userId } = requirePerson(request);
  const said: unknown = request.method === "POST" ? request.body : request.query;
  const { invest, typed: typedInvest, problem: investProblem } = readInvest(said);
  const targets = await readTargets(context.pool, userId, invest || "0");
  const accounts = await personTransaction(context.pool, userId, (client) =>
    readAccountNames(client, userId),
  );
  const account = accounts.find(
    ({ account_id }) => account_id === parseInput(accountInAddress, said ?? {}).account,
  );
  const look = lookInAddress(said ?? {}, account?.account_id);
  const { account: _, ...at } = look;
  const { currency } = targets;
  const currencies = {
    base: currency,
    all: [currency, ...targets.parts.flatMap((part) => part.currency ?? [])],
  };
  const { format } = environmentOf(context, request, currencies);
  const shown = new Set([
    ...targets.parts.map(({ ticker }) => prefix + ticker),
    ...(targets.cash ? [prefix] : []),
  ]);
  /** Of a field that the page has no more. */
  const unshown = Object.entries(errors).find(([field]) => !shown.has(field))?.[1];
  sendPage(request, response, {
    view: "targets",
    title: t("Target weights"),
    status,
    currencies,
    scripts: ["numbers.js"],
    data: {
      tabs: portfolioTabs(path, look),
      accounts:
        accounts.length < 2
          ? null
          : accounts.map(({ account_id, name }) => ({
              account_id,
              name,
              isSelected: account_id === account?.account_id,
            })),
      accountName: account?.name,
      at: { ...at, ...(invest !== "" && { invest }) },
      look,
      withoutAccount: addressOf(path, at),
      withoutInvest: addressOf(path, look),
      invest: investProblem === null ? showNumber(invest, format.locale) : typedInvest,
      investProblem,
      // Read with the form's other numbers, so written as they are.
      alongside: { ...look, ...(invest !== "" && { invest: showNumber(invest, format.locale) }) },
      isAdding: Number(invest) > 0,
      isSaved: problem === null && request.query.saved !== undefined,
      problem: problem ?? (unshown === undefined ? null : { heading: t("Not saved."), message: unshown }),
      ...describe(targets, typed, errors, format),
    },
  });
}

function describe(targets: Targets, typed: State["typed"], errors: State["errors"], format: Format) {
  const { plan, parts, cash, as_of, currency, cashLeftOut } = targets;
  const fieldOf = (ticker: string, target: string | null) => {
    const name = `${prefix}${ticker}`;
    const kept = target === null ? "" : showNumber(percentOf(target), format.locale);
    return { field: name, shown: typed?.[name] ?? kept, error: errors[name] ?? null };
  };
  const holdsFractions = parts.some(
    ({ quantity, is_whole, ticker }) => !is_whole && Number(quantity) !== 0 && !isOwnAsset(ticker),
  );
  const assigned = 1 - Number(plan.unassigned);
  return {
    as_of,
    currency,
    amountsIn: format.amountsIn,
    hasParts: parts.length > 0 || cash !== null,
    hasTargets: assigned > 0 || parts.some(({ target }) => target !== null),
    isWorthless: Number(plan.wholeThen) <= 0,
    assigned,
    unassigned: Number(plan.unassigned),
    plan: {
      ...plan,
      hasTrades: Number(plan.sales) > 0 || Number(plan.purchases) > 0,
      isMissing: Number(plan.missing) > 0,
      isOwed: Number(plan.left) < 0,
      keepsCash: Number(plan.cash?.kept ?? 0) > 0,
      untouchedShare: Number(plan.whole) > 0 ? Number(plan.untouched) / Number(plan.whole) : null,
    },
    cashLeftOut,
    parts: parts.map((part) => ({
      ...part,
      ...fieldOf(part.ticker, part.target),
      isOwn: isOwnAsset(part.ticker),
      isHeld: Number(part.quantity) !== 0,
      reason: sayReasonOrNull(part.reason),
      action: actionOf(part, holdsFractions, format),
    })),
    cash: cash && { ...cash, ...fieldOf("", cash.target) },
  };
}

/** What to do about a part: null where it has no target, or nothing can be suggested. */
function actionOf({ ticker, trade, is_whole }: TargetedPart, holdsFractions: boolean, format: Format) {
  if (trade === null) return null;
  const { shares, money, exactShares, exactMoney } = trade;
  const isSale = shares.startsWith("-");
  const unsigned = (text: string): string => text.replace("-", "");
  const isNothing = Number(shares) === 0;
  // Of a third of a share there is no exact decimal: what the form would not take is not filled in, and less of it stays.
  const filledIn = new Big(unsigned(shares)).round(mostDecimals, Big.roundDown).toFixed();
  const written = (text: string) => ({ shares: format.quantity(unsigned(text)) });
  return {
    isNothing,
    words: t(isSale ? "Sell {shares}" : "Buy {shares}", written(shares)),
    shares: unsigned(shares),
    money: unsigned(money),
    exact:
      holdsFractions && is_whole && Number(exactShares) !== Number(shares)
        ? {
            words: t(
              exactShares.startsWith("-") ? "exactly: sell {shares}" : "exactly: buy {shares}",
              written(exactShares),
            ),
            shares: unsigned(exactShares),
            money: unsigned(exactMoney),
          }
        : null,
    href: `/transactions?${new URLSearchParams({ enter: ticker, type: isSale ? "SELL" : "BUY", quantity: filledIn })}#trade`,
  };
}
