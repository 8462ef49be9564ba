/**
 * The page of a link: some of a person's figures, for whoever holds it. It stands before everything that looks at who is signed in, and
 * looks at no cookie.
 */
import { type Request, type Response, Router } from "express";
import type { Pool } from "pg";
import { SharedLinkLimit, type UsedLink, useSharedLink } from "../../accounts/index.ts";
import { personTransaction } from "../../database/person.ts";
import type { Registry } from "../../engine/index.ts";
import {
  acrossPublications,
  parseRange,
  type Range,
  Recent,
  rangeNames,
  readFigures,
  readIncome,
  readRisk,
  readSpan,
  type Span,
} from "../../portfolio/index.ts";
import { readingOnly } from "../../request-scope.ts";
import { dayAfter } from "../../values.ts";
import { strangerOf, type WebContext } from "../context.ts";
import { describeError, ourOwn } from "../errors.ts";
import { rangeLabel } from "../figures/labels.ts";
import { amountsOf, ratiosOf, type SharedSource } from "../figures/shared.ts";
import { currenciesOf, type Format } from "../format.ts";
import { currentLanguage, t } from "../messages/index.ts";
import type { Views } from "../views.ts";
import { inWords, writeWords } from "../words.ts";
import { environmentOf } from "./page.ts";

/** As of the other pages: see portfolio-tab.ts. */
const pagesKept = 50;
/** What a page that names none is of. */
const usualRange: Range = { name: "1Y" };
/** More than any link holds. */
const longestToken = 100;

interface SharedPage {
  readonly view: string;
  readonly title: string;
  readonly status: number;
  readonly data: object;
  readonly span?: Span;
  readonly scripts?: readonly string[];
}

type Send = (request: Request, response: Response, page: SharedPage) => void;

export function sharedPages(context: WebContext, views: Views): Router {
  const router = Router();
  const send = createSend(context, views);
  const recent = new Recent<object>(pagesKept);
  router.get("/shared/:token", async (request, response) => {
    // The address is the secret: no other site learns it, no search engine keeps it, nothing stores the page.
    response.set({ "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow, noarchive" });
    try {
      const link = await findLink(context, request);
      if (!link) return send(request, response, unknownLink());
      const page = await readingOnly(() => acrossPublications(() => pageOf(context, recent, request, link)));
      send(request, response, page);
    } catch (error) {
      sendProblem(context, send, request, response, error);
    }
  });
  return router;
}

/** Of a link that never was, one that has ended and one that was revoked: nobody learns which. */
const unknownLink = (): SharedPage => ({
  view: "shared-problem",
  title: t("No such link"),
  status: 404,
  data: {
    heading: t("There is nothing at this link"),
    message: t("It has ended, was taken back, or never was. Whoever gave it to you can make another one."),
  },
});

async function findLink(context: WebContext, request: Request<{ token: string }>): Promise<UsedLink | null> {
  const forgive = await new SharedLinkLimit(context).attempt(request.ip ?? "");
  const token = request.params.token.slice(0, longestToken);
  const link = await useSharedLink(context, token, strangerOf(request));
  if (link) await forgive();
  return link;
}

async function pageOf(
  context: WebContext,
  recent: Recent<object>,
  request: Request,
  link: UsedLink,
): Promise<SharedPage> {
  const { pool, registry } = context;
  const { user_id: userId, parts, shows_amounts, name, expires_at } = link;
  const range = parseRange({ range: request.query.range }).range ?? usualRange;
  const span = await personTransaction(pool, userId, async (client) => {
    const asked = await readSpan(client, registry(), userId, range);
    if (shows_amounts || !asked?.is_whole || asked.is_outside) return asked;
    // Nothing was held at the close before the first day: closes say nothing of it.
    return readSpan(client, registry(), userId, { from: dayAfter(asked.first), to: asked.end });
  });
  const shared = {
    name,
    lastDay: new Date(expires_at.getTime() - 1).toISOString().slice(0, 10),
    showsAmounts: shows_amounts,
    ranges: rangeNames.map((one) => ({
      name: one,
      label: rangeLabel(one),
      isCurrent: "name" in range && range.name === one,
    })),
  };
  const page = { view: "shared", title: name, status: 200 };
  if (!span || span.is_outside) return { ...page, data: { ...shared, isEmpty: true } };
  const { format } = environmentOf(context, request, currenciesOf(span));
  const key = JSON.stringify([userId, span, range, parts, shows_amounts, format.locale, currentLanguage()]);
  const shown = await recent.get(key, () => shownOf(pool, registry(), span, link, format));
  return { ...page, span, data: { ...shared, ...shown }, scripts: ["chart.js"] };
}

/** What the link lets through of the figures of the span. */
async function shownOf(pool: Pool, registry: Registry, span: Span, link: UsedLink, format: Format) {
  const { user_id: userId, parts } = link;
  const request = { registry, userId, span, benchmark: null, fromCloses: !link.shows_amounts };
  const figures = await readFigures(pool, request);
  const risk = parts.includes("risk") ? await readRisk(pool, request) : null;
  const source: SharedSource = {
    figures,
    risk,
    income: parts.includes("income") ? await readLastIncome(pool, userId, span.end) : null,
  };
  return {
    ...ratiosOf(source, link, format),
    amounts: link.shows_amounts ? amountsOf(source, link, format) : null,
  };
}

async function readLastIncome(pool: Pool, userId: number, end: string) {
  const year = new Date(end);
  const month = year.getUTCMonth();
  year.setUTCFullYear(year.getUTCFullYear() - 1);
  // A year before 29 February is 28 February, as in readLastDay.
  if (year.getUTCMonth() !== month) year.setUTCDate(0);
  year.setUTCDate(year.getUTCDate() + 1);
  const from = year.toISOString().slice(0, 10);
  const [months, tickers] = await Promise.all([
    readIncome(pool, userId, { from, to: end, by: "month" }),
    readIncome(pool, userId, { from, to: end, by: "ticker" }),
  ]);
  return { months, tickers };
}

function createSend(context: WebContext, views: Views): Send {
  return (request, response, { view, title, status, data, span, scripts = [] }) => {
    const environment = environmentOf(context, request, span && currenciesOf(span));
    const shared = {
      isDemo: context.isDemo,
      locale: environment.format.locale,
      language: environment.language,
    };
    const body = writeWords(views.render(view, { ...shared, ...data }, environment), environment.format);
    const html = views.render("shared-layout", { ...shared, title, body, scripts }, environment);
    response.status(status).set("Cache-Control", "no-store").vary("Accept-Language").type("html").send(html);
  };
}

function sendProblem(
  context: WebContext,
  send: Send,
  request: Request,
  response: Response,
  error: unknown,
): void {
  if (response.closed || response.headersSent) return;
  const id = crypto.randomUUID();
  const { status, message, retryAfterSeconds } = describeError(error, request.method, id);
  // Not with its path: that is the secret.
  if (status >= 500) context.log.error({ err: error, id }, "shared page failed");
  if (retryAfterSeconds !== undefined) response.set("Retry-After", String(retryAfterSeconds));
  send(request, response, {
    view: "shared-problem",
    title: t("Not now"),
    status,
    data: { heading: t("Not now"), message: inWords(ourOwn(error, id), message) },
  });
}
