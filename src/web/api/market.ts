/** What is wrong with market data, and what operators rule on it. */
import { z } from "zod";
import {
  enterSymbolChange,
  marketTicker,
  previewSplitRuling,
  readSplitVerdict,
  ruleOnSplit,
  ruleOnValue,
  withdrawSplitRuling,
} from "../../ledger/index.ts";
import { day, decimal, nonblank } from "../../values.ts";
import { type Route, route } from "../route.ts";

const ticker = marketTicker;
const reason = nonblank(500).describe("Why: it is shown with the verdict");
const splitParameters = z.object({ ticker, date: day });

const verdict = z.object({
  ticker: z.string(),
  date: z.iso.date(),
  numerator: decimal,
  denominator: decimal,
  is_accepted: z.boolean().describe("It changes the shares held"),
  is_history_adjusted: z.boolean().describe("Prices before it came adjusted for it"),
  is_doubtful: z.boolean().describe("Odd, or against what the closes say: worth a look"),
  reason: z.string(),
});

export const splitRuling = z.object({
  changes_quantity: z.boolean(),
  is_history_scaled: z.boolean().nullish().describe("null: as the closes say"),
});

const change = z.object({ now: decimal, ruled: decimal });

const defect = z.object({
  ticker: z.string(),
  date: z.iso.date(),
  defect: z.string(),
  is_kept_out: z.boolean().describe("Figures do as if the value were not there"),
  detail: z.string(),
});

export const marketRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/api/tickers/:ticker/defects",
    summary: "What is wrong with a ticker's market data, newest first",
    access: "person",
    parameters: z.object({ ticker }),
    status: 200,
    answer: z.object({ defects: z.array(defect) }),
    handle: async ({ context, parameters }) => {
      const { rows } = await context.pool.query<z.output<typeof defect>>(
        `select ticker, defect_date as date, defect, is_kept_out, detail
         from bronze.market_defects
         where ticker = $1
         order by defect_date desc, defect
         limit 500`,
        [parameters.ticker],
      );
      return { defects: rows };
    },
  }),
  route({
    method: "post",
    path: "/api/tickers/:ticker/defects",
    summary: "Rule that a day's price or dividend counts, or is kept out",
    access: "operator",
    parameters: z.object({ ticker }),
    body: z.strictObject({
      date: day,
      subject: z.enum(["price", "dividend"]),
      is_kept_out: z.boolean(),
      reason,
    }),
    status: 204,
    handle: async ({ context, person, parameters, body }) => {
      await ruleOnValue(context.pool, { ...body, ticker: parameters.ticker }, person.email);
    },
  }),
  route({
    method: "get",
    path: "/api/tickers/:ticker/splits/:date",
    summary: "What is made of a split, and why",
    access: "person",
    parameters: splitParameters,
    status: 200,
    answer: z.object({ split: verdict }),
    errors: ["not_found"],
    handle: async ({ context, person, parameters }) => ({
      split: await readSplitVerdict(context, person.userId, parameters.ticker, parameters.date),
    }),
  }),
  route({
    method: "post",
    path: "/api/tickers/:ticker/splits/:date/effect",
    summary: "What another verdict on a split would change for you; nothing is changed",
    access: "person",
    parameters: splitParameters,
    body: splitRuling.strict(),
    status: 200,
    answer: z.object({
      quantity: change,
      price: change.extend({ date: z.iso.date() }).nullable().describe("Of the last day before the split"),
    }),
    errors: ["not_found"],
    handle: ({ context, person, parameters, body }) =>
      previewSplitRuling(context, person.userId, parameters, {
        ...body,
        is_history_scaled: body.is_history_scaled ?? null,
      }),
  }),
  route({
    method: "post",
    path: "/api/tickers/:ticker/splits/:date",
    summary: "Rule on a split, for everybody",
    access: "operator",
    parameters: splitParameters,
    body: splitRuling.extend({ reason }).strict(),
    status: 204,
    errors: ["not_found"],
    handle: ({ context, person, parameters, body }) =>
      ruleOnSplit(context, person, parameters, {
        ...body,
        is_history_scaled: body.is_history_scaled ?? null,
      }),
  }),
  route({
    method: "delete",
    path: "/api/tickers/:ticker/splits/:date",
    summary: "Take the ruling on a split back",
    access: "operator",
    parameters: splitParameters,
    status: 204,
    handle: ({ context, parameters }) =>
      withdrawSplitRuling(context.pool, parameters.ticker, parameters.date),
  }),
  route({
    method: "post",
    path: "/api/symbol-changes",
    summary: "Say that a symbol was changed: trades of the old one are recorded under the new one",
    access: "operator",
    body: z.strictObject({ from: ticker, to: ticker, changed_on: day }),
    status: 204,
    handle: ({ context, person, body: { from, to, changed_on } }) =>
      enterSymbolChange(context.pool, { from, to, changedOn: changed_on }, person.email),
  }),
];
