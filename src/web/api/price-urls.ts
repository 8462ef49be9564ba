/** Addresses that give a ticker's prices, for operators. */
import { z } from "zod";
import { personTransaction } from "../../database/person.ts";
import { marketTicker } from "../../ledger/index.ts";
import {
  enterPriceUrl,
  listPriceUrls,
  type PriceUrl,
  priceUrlInput,
  readPriceUrl,
  removePriceUrl,
} from "../../price-files/index.ts";
import { instant } from "../../values.ts";
import type { WebContext } from "../context.ts";
import { NotFoundError } from "../errors.ts";
import { type Route, route } from "../route.ts";

const entry = z.object({
  ticker: z.string(),
  url: z.string(),
  format: z.enum(["csv", "json"]),
  date_path: z.string().nullable(),
  price_path: z.string().nullable(),
  unit: z.string(),
  every: z.enum(["day", "week", "month"]),
  asked_at: instant.nullable().describe("null: not yet"),
  failure: z.string().nullable().describe("Of the last time; null: it did not fail"),
});

const parameters = z.object({ ticker: marketTicker });

const requested = "select from public.request_histories(array[$1]::text[], $2)";

/** Enters it and has it asked at once. Throws UrlRefusedError. */
export function keepPriceUrl(
  context: WebContext,
  { userId }: { readonly userId: number },
  ticker: string,
  input: z.output<typeof priceUrlInput>,
): Promise<PriceUrl> {
  return personTransaction(context.pool, userId, async (client) => {
    const kept = await enterPriceUrl(client, ticker, input);
    await client.query(requested, [ticker, keyOf(context, ticker)]);
    return kept;
  });
}

/** Asks for a run that asks it. Throws NotFoundError. */
export function fetchPriceUrl(
  context: WebContext,
  { userId }: { readonly userId: number },
  ticker: string,
): Promise<void> {
  return personTransaction(context.pool, userId, async (client) => {
    if ((await readPriceUrl(client, ticker)) === null) throw new NotFoundError("priceAddress", ticker);
    await client.query(requested, [ticker, keyOf(context, ticker)]);
  });
}

const keyOf = ({ clock }: WebContext, ticker: string): string =>
  `backfill:${ticker} from its address, ${clock().toISOString()}`;

export const priceUrlRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/api/prices/urls",
    summary: "The addresses that tickers' prices come from",
    access: "operator",
    status: 200,
    answer: z.object({ urls: z.array(entry) }),
    handle: async ({ context }) => ({ urls: await listPriceUrls(context.pool) }),
  }),
  route({
    method: "post",
    path: "/api/prices/urls/:ticker",
    summary:
      "Enter the address of a ticker's prices, in place of the one it had; it is asked at once, and then as often as it says",
    access: "operator",
    parameters,
    body: priceUrlInput,
    status: 200,
    answer: z.object({ url: entry }),
    handle: async ({ context, person, parameters: { ticker }, body }) => ({
      url: await keepPriceUrl(context, person, ticker, body),
    }),
  }),
  route({
    method: "delete",
    path: "/api/prices/urls/:ticker",
    summary: "Ask it no more; the prices that came stay",
    access: "operator",
    parameters,
    status: 204,
    errors: ["not_found"],
    handle: async ({ context, parameters: { ticker } }) => {
      if (!(await removePriceUrl(context.pool, ticker))) throw new NotFoundError("priceAddress", ticker);
    },
  }),
  route({
    method: "post",
    path: "/api/prices/urls/:ticker/fetch",
    summary: "Ask it now: a run does, and its report is among those of the files",
    access: "operator",
    parameters,
    status: 202,
    errors: ["not_found"],
    handle: ({ context, person, parameters: { ticker } }) => fetchPriceUrl(context, person, ticker),
  }),
];
