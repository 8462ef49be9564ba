/** Lists whose answer is their rows alone: they are bounded, and the header `Link` leads to what comes after. */
import type { Request, Response } from "express";
import { z } from "zod";
import { characters, day, wholeNumberOr } from "../values.ts";

/** More days than there are prices of, and more tickers than anybody holds. */
const mostRows = 20_000;

const limit = wholeNumberOr(mostRows, 1, mostRows);
const cursor = "What comes after the row with this key; the header `Link` of a page has it";

/** `after`: of the kind that the rows' key is. */
export const dayPage = { limit, after: day.optional().describe(cursor) };
export const textPage = { limit, after: characters(1, 100).optional().describe(cursor) };
export const numberPage = {
  limit,
  after: z
    .string()
    .regex(/^\d{1,15}$/, "expected a number")
    .optional()
    .describe(cursor),
};

/**
 * The rows of a page, of which `read` is asked for one more than fit, to know whether there are others: then the answer has a
 * `Link` to them (RFC 8288, rel="next").
 */
export async function sendRows<R extends object, Q extends { readonly limit: number }>(
  { request, response, query }: { readonly request: Request; readonly response: Response; readonly query: Q },
  key: keyof R,
  read: (page: Q) => Promise<R[]>,
): Promise<{ rows: R[] }> {
  const found = await read({ ...query, limit: query.limit + 1 });
  const rows = found.slice(0, query.limit);
  const last = rows.at(-1);
  if (found.length > rows.length && last) {
    const given = Object.entries({ ...query, after: last[key] }).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]));
    response.set("Link", `<${request.path}?${search}>; rel="next"`);
  }
  return { rows };
}
