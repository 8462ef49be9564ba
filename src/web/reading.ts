/**
 * One person reads for another at `/reading/<grant>/portfolio`: an address, so that two tabs cannot be taken for each other, and a form
 * of one's own never goes to somebody else's ledger. What stands below is a list; whatever is not in it is refused.
 */
import type { Request, RequestHandler } from "express";
import { readingOnly } from "../request-scope.ts";
import { requirePerson } from "./context.ts";
import { NotFoundError, ReadOnlyError } from "./errors.ts";

/** Pages of a portfolio, as their own person knows them, and what keeps them as new as the server. */
const readable: readonly RegExp[] = [
  /^\/portfolio(\/performance|\/risk)?$/,
  /^\/(income|realized)$/,
  /^\/tickers\/[^/]+$/,
  /^\/explain\/[^/]+$/,
  /^\/events$/,
];

export const isReadable = (path: string): boolean => readable.some((pattern) => pattern.test(path));

const readMethods = new Set(["GET", "HEAD"]);

export const readingAddress = (grantId: string, path: string): string => `/reading/${grantId}${path}`;

/**
 * Before the pages of `/reading/:grant_id`: from here on the request is about the other person, and what it begins in the database is
 * read only. Throws NotFoundError, or ReadOnlyError (403) for whatever is not a look at a page of the list.
 */
export const readForAnother: RequestHandler<{ grant_id: string }> = (request, _response, next) => {
  const reader = requirePerson(request);
  const { grant_id: grantId } = request.params;
  const reading = reader.reads.find((one) => one.grantId === grantId);
  if (!reading) throw new NotFoundError("reading");
  const { userId, email, expiresAt } = reading;
  if (!readMethods.has(request.method) || !isReadable(request.path)) throw new ReadOnlyError(email);
  request.reading = { reader, grantId, expiresAt: expiresAt === null ? null : new Date(expiresAt) };
  // An investor, whatever the other is: reading for an operator is not to run the installation.
  request.person = { ...reader, userId, email, role: "investor", scope: "read", provedAt: null, reads: [] };
  readingOnly(next);
};

/** Whose addresses of our own: in markup each stands in quotes. */
const addresses = /\s(href|action|formaction)="(\/[^"]*)"/g;

/**
 * The markup of a page with its addresses below `/reading/<grant>`. A link to what may not be read leads nowhere: its words stay, so
 * that no page needs to know who looks at it.
 */
export function withinReading({ reading }: Request, html: string): string {
  if (!reading) return html;
  return html.replaceAll(addresses, (_, name: string, to: string) => {
    const [path = ""] = to.split(/[?#&]/);
    if (name === "href" && !isReadable(path)) return "";
    return ` ${name}="${readingAddress(reading.grantId, to)}"`;
  });
}
