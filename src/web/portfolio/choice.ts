/** What a person chose to look at, in the address and, for the next time, in a cookie of theirs. */
import { parseCookie } from "cookie";
import type { Request, Response } from "express";
import { requirePerson, type WebContext } from "../context.ts";
import { parseBenchmark } from "./benchmark.ts";
import { parseRange, type Range, rangeParameters, wholeTime } from "./range.ts";

/** What was chosen is no figure and no secret: a cookie spares a table, and a GET that writes. */
const cookieName = ({ userId }: { userId: number }): string => `stratafolio_portfolio_${userId}`;
const oneYearMilliseconds = 31_536_000_000;

export interface Choice {
  readonly range: Range;
  readonly benchmark: string | null;
}

/** The choice as the address names it. */
export function choiceParameters({ range, benchmark }: Choice): Record<string, string> {
  return { ...rangeParameters(range), ...(benchmark !== null && { benchmark }) };
}

/**
 * The choice of this request. What its address does not name is as it was the last time; `isFromMemory`: then the address
 * should say so, or another tab's choice would change this page when it renews itself.
 */
export function readChoice(request: Request): {
  choice: Choice;
  isFromMemory: boolean;
  typed: ReturnType<typeof parseRange>["typed"];
} {
  const named = parseRange(request.query);
  const { benchmark, isGiven } = parseBenchmark(request.query);
  const remembered = rememberedChoice(request);
  const isRangeNamed = ["range", "from", "to"].some((name) => request.query[name] !== undefined);
  const choice = {
    range: isRangeNamed ? (named.range ?? wholeTime) : remembered.range,
    benchmark: isGiven ? benchmark : remembered.benchmark,
  };
  const isFromMemory =
    (!isRangeNamed && JSON.stringify(remembered.range) !== JSON.stringify(wholeTime)) ||
    (!isGiven && remembered.benchmark !== null);
  return { choice, isFromMemory, typed: named.typed };
}

function rememberedChoice(request: Request): Choice {
  const cookie = parseCookie(request.get("Cookie") ?? "")[cookieName(requirePerson(request))];
  const query = Object.fromEntries(new URLSearchParams(cookie ?? ""));
  return {
    range: parseRange(query).range ?? wholeTime,
    benchmark: parseBenchmark(query).benchmark,
  };
}

/** An open page that renews itself chooses nothing, so that two tabs do not overwrite each other's choice for ever. */
export function rememberChoice(
  context: WebContext,
  request: Request,
  response: Response,
  choice: Choice,
): void {
  if (request.get("X-Fragment") !== undefined) return;
  const value = new URLSearchParams(choiceParameters(choice)).toString();
  const name = cookieName(requirePerson(request));
  if (parseCookie(request.get("Cookie") ?? "")[name] === value) return;
  response.cookie(name, value, {
    httpOnly: true,
    sameSite: "lax",
    secure: context.secureCookies ?? request.secure,
    maxAge: oneYearMilliseconds,
    path: "/portfolio",
  });
}
