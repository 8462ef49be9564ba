/** What every page shares: the frame around it, and how errors are shown in it. */
import type { ErrorRequestHandler, Request, Response } from "express";
import type { Person, Reading } from "../../accounts/index.ts";
import { createSendMarkup } from "../compressed.ts";
import type { WebContext } from "../context.ts";
import { missingSettings } from "../deployment.ts";
import { describeError, InvalidInputError, ourOwn } from "../errors.ts";
import { type Currencies, formatFor } from "../format.ts";
import { currentLanguage, defineMessage, localesOf, type Message, t } from "../messages/index.ts";
import { namesOwnAssets, putNamesIn } from "../own-names.ts";
import { readingAddress, withinReading } from "../reading.ts";
import { csrfToken } from "../security.ts";
import { loggedPath } from "../shared-links.ts";
import type { Markup, ViewEnvironment, Views } from "../views.ts";
import { inWords, sentence, writeWords } from "../words.ts";
import { signInAddress } from "./next-page.ts";
import { tabAddresses } from "./portfolio-tabs.ts";

export interface Page {
  /** A file of `ui/views`, without its ending. */
  readonly view: string;
  readonly title: string;
  readonly data?: object;
  /** Of whose amounts there are any on the page. */
  readonly currencies?: Currencies | undefined;
  /** Files of `ui/static`; `live.js` is always there for who is signed in. */
  readonly scripts?: readonly string[];
  readonly status?: number;
  /** Where the page leads on by itself. */
  readonly refresh?: string;
}

export type SendPage = (request: Request, response: Response, page: Page) => void;

/** The markup of many rows of a page, made in turns with other requests. */
export type RenderEach = (request: Request, partial: string, items: readonly object[]) => Promise<Markup>;

/** What stands in the way of what was asked, for the partial `problem`. */
export interface Problem {
  readonly heading: string;
  readonly message: string;
}

/** For the form that comes back with what is wrong; what is ours, and what asks for a proof, is thrown on. */
export function refusal(
  error: unknown,
  heading: string,
): { status: number; field?: string | undefined; problem: Problem } {
  const { status, code, field, message } = describeError(error, "POST", "");
  if (status >= 500 || code === "reauthentication_required") throw error;
  return { status, field, problem: { heading, message: inWords(error, message) } };
}

interface Destination {
  readonly href: string;
  readonly label: Message;
}

const portfolio: Destination = { href: "/portfolio", label: defineMessage("Portfolio") };
const transactions: Destination = { href: "/transactions", label: defineMessage("Transactions") };
const watchlist: Destination = { href: "/watchlist", label: defineMessage("Watchlist") };
const account: Destination = { href: "/account", label: defineMessage("Account") };
const people: Destination = { href: "/people", label: defineMessage("People") };
/** For operators, under one name: an asset here is a table of data, and nothing that anybody owns. */
const system: readonly Destination[] = [
  { href: "/assets", label: defineMessage("Assets") },
  { href: "/runs", label: defineMessage("Runs") },
  { href: "/automation", label: defineMessage("Automation") },
];
/** On a phone, what else a person has here. */
const others: readonly Destination[] = [
  watchlist,
  { href: "/portfolio/targets", label: defineMessage("Target weights") },
  { href: "/accounts", label: defineMessage("Accounts") },
  { href: "/cash", label: defineMessage("Cash") },
  { href: "/own-assets", label: defineMessage("Own assets") },
];

/** The reader's format and the time, for templates and charts. */
export function environmentOf(
  context: WebContext,
  request: Request,
  currencies?: Currencies,
): ViewEnvironment {
  const language = currentLanguage();
  const format = formatFor(localesOf(language, request.acceptsLanguages()), currencies);
  return { format, language, now: context.clock() };
}

/**
 * Answers with a page. A request with `X-Fragment: main` gets what stands in <main> alone: that is how an open
 * page renews itself.
 */
export function createSendPage(context: WebContext, views: Views): SendPage {
  const sendMarkup = createSendMarkup();
  const send = (request: Request, response: Response, html: string): void =>
    void withNames(context, request, html)
      .then((named) => sendMarkup(request, response, named))
      .catch((error: unknown) => request.next?.(error));
  return (request, response, page) => {
    const { view, title, data = {}, currencies, scripts = [], status = 200, refresh } = page;
    const environment = environmentOf(context, request, currencies);
    const { person, reading } = request;
    // Whose browser it is: the frame around the page is theirs.
    const reader = reading?.reader ?? person;
    const shared = {
      person,
      /** Set: it is the portfolio of `person`, and somebody else looks at it. */
      reading,
      isOperator: person?.role === "operator",
      csrfToken: person ? csrfToken(context.jwtSecret, person.credentialId) : "",
      marketDataName: context.marketDataName,
      isDemo: context.isDemo,
      missingSettings:
        person?.role === "operator" ? missingSettings(context.deployment).map((setting) => t(setting)) : [],
      locale: environment.format.locale,
      language: environment.language,
      path: request.path,
    };
    const rendered = views.render(view, { ...shared, ...data }, environment);
    const body = withinReading(request, writeWords(rendered, environment.format));
    response.status(status).set("Cache-Control", "no-store").vary("X-Fragment").type("html");
    if (request.get("X-Fragment") === "main") return send(request, response, body);
    const frame = {
      ...shared,
      figuresIn: currencies?.base,
      title: reading && person ? t("{page} of {email}", { page: title, email: person.email }) : title,
      body,
      refresh,
      navigation: reader && navigation(reader, request),
      events: reading && readingAddress(reading.grantId, "/events"),
      scripts: person ? ["live.js", "menu.js", ...scripts] : scripts,
    };
    send(request, response, views.render("layout", frame, environment));
  };
}

/** Where they cannot be looked up, the page has tickers in their place. */
async function withNames(context: WebContext, { person, path }: Request, html: string): Promise<string> {
  if (!namesOwnAssets(html)) return html;
  return await putNamesIn(context, person?.userId ?? null, html).catch((error: unknown) => {
    context.log.error({ err: error, path }, "names of own assets could not be read");
    return putNamesIn(context, null, html);
  });
}

export const createRenderEach =
  (context: WebContext, views: Views): RenderEach =>
  (request, partial, items) =>
    views.renderEach(partial, items, environmentOf(context, request));

/** Of the bar above every page, and of the one below it on a phone. */
function navigation({ role, reads }: Person, { path, reading }: Request) {
  const isOperator = role === "operator";
  const isAt = ({ href }: Destination): boolean => !reading && (path === href || path.startsWith(`${href}/`));
  const marked = (destination: Destination) => ({
    ...destination,
    label: t(destination.label),
    isCurrent: isAt(destination),
  });
  const isOwnTab = !reading && tabAddresses.includes(path);
  const ofPortfolio = { ...marked(portfolio), isCurrent: isAt(portfolio) || isOwnTab };
  const ofSystem = isOperator ? system.map(marked) : [];
  const ofPeople = isOperator ? [marked(people)] : [];
  const portfolios = switcher(reads, reading?.grantId);
  const more = [
    ...portfolios.filter(({ isOwn }) => !isOwn),
    ...others.map(marked),
    ...ofSystem,
    ...ofPeople,
    marked(account),
  ];
  return {
    first: [ofPortfolio, marked(transactions), marked(watchlist)],
    system: { destinations: ofSystem, isCurrent: ofSystem.some(({ isCurrent }) => isCurrent) },
    portfolios: { destinations: portfolios, isCurrent: reading !== undefined },
    last: [...ofPeople, { ...marked(account), isLast: true }],
    portfolio: ofPortfolio,
    transactions: marked(transactions),
    // Of the portfolio's own pages that says the first of them.
    more: {
      destinations: more,
      isCurrent: !ofPortfolio.isCurrent && more.some(({ isCurrent }) => isCurrent),
    },
  };
}

/** Whose portfolio is looked at, for who may read more than their own; empty: nobody else's. */
function switcher(reads: readonly Reading[], current: string | undefined) {
  if (reads.length === 0) return [];
  return [
    { href: portfolio.href, label: t("Yours"), isCurrent: false, isOwn: true },
    ...reads.map(({ grantId, email }) => ({
      href: readingAddress(grantId, portfolio.href),
      label: t("Portfolio of {email}", { email }),
      isCurrent: grantId === current,
      isOwn: false,
    })),
  ];
}

const headings: ReadonlyMap<string | number, Message> = new Map<string | number, Message>([
  ["csrf", defineMessage("This form cannot be accepted")],
  ["spent_link", defineMessage("This link no longer works")],
  ["read_only", defineMessage("Only to be read")],
  ["too_many_requests", defineMessage("Too much at once")],
  ["too_many_lookups", defineMessage("Too much at once")],
  ["provider_refused", defineMessage("Not signed in")],
  ["account_disabled", defineMessage("Not signed in")],
  ["email_not_verified", defineMessage("No account was made")],
  ["registration_closed", defineMessage("No account was made")],
  ["first_account", defineMessage("No account was made")],
  [403, defineMessage("Not yours to see")],
  [404, defineMessage("Not found")],
  [429, defineMessage("Too many attempts")],
  [503, defineMessage("Not available just now")],
]);

/** Shows errors to browsers; who is not signed in is sent to sign in. What asks for JSON is passed on. */
export function errorPages(context: WebContext, sendPage: SendPage): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.closed || response.headersSent || !request.accepts("html")) return next(error);
    const id = crypto.randomUUID();
    const { status, code, message, retryAfterSeconds } = describeError(error, request.method, id);
    if (status === 401) return response.redirect(303, signInAddress(returnPath(request)));
    if (status >= 500) context.log.error({ err: error, id, path: loggedPath(request.path) }, "page failed");
    if (retryAfterSeconds !== undefined) response.set("Retry-After", String(retryAfterSeconds));
    const heading = t(
      headings.get(code) ??
        headings.get(status) ??
        (status >= 500 ? defineMessage("Something went wrong here") : defineMessage("That did not work")),
    );
    sendPage(request, response, {
      view: "error",
      title: heading,
      status,
      data: {
        heading,
        message: isForOperator(request, error)
          ? forOperator(error, message)
          : inWords(ourOwn(error, id), message),
      },
    });
  };
}

/** In another language than English both: what came is said in English alone. */
const forOperator = (error: unknown, message: string): string =>
  currentLanguage() === "en" ? sentence(message) : `${inWords(error, message)} (${message})`;

/** Operators read what was expected and what came; of input that fits no schema the plain words know only the field. */
const isForOperator = ({ person }: Request, error: unknown): boolean =>
  person?.role === "operator" && error instanceof InvalidInputError;

/** Where to go on after signing in: the page that was asked for, if it can be asked for again. */
function returnPath(request: Request): string {
  return request.method === "GET" ? request.originalUrl : "/";
}
