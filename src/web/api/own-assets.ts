/** Assets of one's own: listed, described and priced by whose they are, and seen by nobody else. */
import { z } from "zod";
import {
  changeOwnAsset,
  createOwnAsset,
  deleteOwnAsset,
  deleteOwnPrice,
  findOwnAsset,
  listOwnAssets,
  listOwnPrices,
  longestPriceText,
  ownAssetChange,
  ownAssetClasses,
  ownAssetInput,
  ownPriceList,
  storeOwnPrices,
} from "../../own-assets/index.ts";
import { characters, day, decimal } from "../../values.ts";
import { InvalidInputError } from "../errors.ts";
import { type Route, route } from "../route.ts";
import { pageLimit } from "../schemas.ts";

const asset = z.object({
  ticker: z.string().describe("What transactions name it by"),
  name: z.string(),
  asset_class: z.enum(ownAssetClasses),
  currency: z.string().describe("ISO code of what its prices are in"),
  prices: z.int(),
  first_price_date: z.iso.date().nullable(),
  last_price_date: z.iso.date().nullable(),
  last_price: decimal.nullable().describe("It stands until there is a newer one"),
  transactions: z.int(),
});

const price = z.object({ date: z.iso.date(), price: decimal });

const report = z.object({
  inserted: z.int(),
  replaced: z.int().describe("Of days that had another price"),
  unchanged: z.int(),
  repeated: z.int().describe("Said again of the same day"),
  refused: z.int().describe("Lines of a text that are not used"),
  refused_rows: z
    .array(z.object({ line: z.int(), reason: z.string(), detail: z.string() }))
    .readonly()
    .describe("The first 100"),
});

export const priceText = characters(1, longestPriceText).describe(
  "Lines of a day and a price, with or without a first line that names the columns",
);
const pricesBody = z.strictObject({ prices: ownPriceList.optional(), csv: priceText.optional() });

const parameters = z.object({ ticker: characters(1, 20).describe("~7.2") });
const wayOfPrices = "expected either prices or csv";

export const ownAssetRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/api/own-assets",
    summary: "The assets of your own, by name: a house, a private fund",
    access: "person",
    status: 200,
    answer: z.object({ assets: z.array(asset) }),
    handle: async ({ context, person }) => ({ assets: await listOwnAssets(context, person.userId) }),
  }),
  route({
    method: "post",
    path: "/api/own-assets",
    summary: "Describe an asset of your own; nobody else sees it",
    access: "person",
    body: ownAssetInput.extend({ prices: ownPriceList.optional() }),
    status: 201,
    answer: z.object({ asset }),
    errors: ["name_taken", "quota_exceeded"],
    handle: async ({ context, person, body: { prices, ...input } }) => {
      const created = await createOwnAsset(context, person.userId, input, prices ? { prices } : null);
      return { asset: created.asset };
    },
  }),
  route({
    method: "get",
    path: "/api/own-assets/:ticker",
    summary: "One of your own assets",
    access: "person",
    parameters,
    status: 200,
    answer: z.object({ asset }),
    errors: ["not_found"],
    handle: async ({ context, person, parameters: { ticker } }) => ({
      asset: await findOwnAsset(context, person.userId, ticker),
    }),
  }),
  route({
    method: "patch",
    path: "/api/own-assets/:ticker",
    summary: "Change what is said of it; its currency only while it has no transactions",
    access: "person",
    parameters,
    body: ownAssetChange,
    status: 200,
    answer: z.object({ asset }),
    errors: ["not_found", "name_taken", "own_asset_in_use"],
    handle: async ({ context, person, parameters: { ticker }, body }) => ({
      asset: await changeOwnAsset(context, person.userId, ticker, body),
    }),
  }),
  route({
    method: "delete",
    path: "/api/own-assets/:ticker",
    summary: "Delete it with its prices, while it has no transactions",
    access: "person",
    parameters,
    status: 204,
    errors: ["not_found", "own_asset_in_use"],
    handle: async ({ context, person, parameters: { ticker } }) => {
      await deleteOwnAsset(context, person.userId, ticker);
    },
  }),
  route({
    method: "get",
    path: "/api/own-assets/:ticker/prices",
    summary: "Its prices, the newest first",
    access: "person",
    parameters,
    query: z.object({ limit: pageLimit, before: day.optional().describe("`next` of the page before") }),
    status: 200,
    answer: z.object({ prices: z.array(price).readonly(), next: z.iso.date().nullable() }),
    errors: ["not_found"],
    handle: ({ context, person, parameters: { ticker }, query }) =>
      listOwnPrices(context, person.userId, ticker, query),
  }),
  route({
    method: "post",
    path: "/api/own-assets/:ticker/prices",
    summary: "Say what one of it was worth: what is there of a day becomes what is sent, and figures follow",
    access: "person",
    parameters,
    body: pricesBody,
    status: 200,
    answer: report,
    errors: ["not_found", "quota_exceeded"],
    handle: ({ context, person, parameters: { ticker }, body: { prices, csv } }) => {
      if ((prices === undefined) === (csv === undefined)) throw new InvalidInputError("prices", wayOfPrices);
      const given = csv === undefined ? { prices: prices! } : { csv };
      return storeOwnPrices(context, person.userId, ticker, given);
    },
  }),
  route({
    method: "delete",
    path: "/api/own-assets/:ticker/prices/:date",
    summary: "Delete the price of a day; the answer is what it was",
    access: "person",
    parameters: parameters.extend({ date: day }),
    status: 200,
    answer: price,
    errors: ["not_found"],
    handle: ({ context, person, parameters: { ticker, date } }) =>
      deleteOwnPrice(context, person.userId, ticker, date),
  }),
];
