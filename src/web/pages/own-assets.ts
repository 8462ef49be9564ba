/** Assets of one's own: a house, a private fund. What each is, and its prices, which are typed or pasted. */

import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { readOwnAccount } from "../../accounts/index.ts";
import { fieldWords, latestToday } from "../../ledger/index.ts";
import {
  changeOwnAsset,
  createOwnAsset,
  deleteOwnAsset,
  deleteOwnPrice,
  findOwnAsset,
  listOwnAssets,
  listOwnPrices,
  type OwnAsset,
  ownAssetChange,
  ownAssetClasses,
  ownAssetInput,
  ownPrice,
  type PricesReport,
  storeOwnPrices,
} from "../../own-assets/index.ts";
import { day } from "../../values.ts";
import { priceText } from "../api/own-assets.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { classLabel } from "../figures/labels.ts";
import { defineMessage, type Message, t } from "../messages/index.ts";
import { numberLocale, readNumbers, shownNumbers } from "../number-input.ts";
import { parseInput } from "../route.ts";
import { spoken } from "../words.ts";
import { environmentOf, type Problem, refusal, type SendPage } from "./page.ts";

const root = "/own-assets";
const pricesShown = 100;
const text = z.string().max(10_000).default("");
/** What was typed, kept as it was. */
const assetForm = z.object({
  name: text,
  asset_class: text,
  currency: text,
  csv: z.string().default(""),
});
const priceForm = z.object({
  date: text,
  price: text,
  csv: z.string().default(""),
  number_locale: numberLocale,
});
const isNumber = (field: string): boolean => field === "price";

type Values = Readonly<Record<string, string>>;

interface State {
  readonly values: Values;
  readonly errors: Values;
  readonly problem: Problem | null;
  readonly status: number;
  /** A number that could not be read, as it was typed. */
  readonly unread?: Values;
  /** What was made of a text that was pasted, where there is something to tell. */
  readonly report: PricesReport | null;
}

const unsent = (values: Values): State => ({ values, errors: {}, problem: null, status: 200, report: null });

const typedAsset = ({ name, asset_class, currency }: Values) => ({
  name,
  asset_class,
  currency: (currency ?? "").trim().toUpperCase(),
});

const addressOf = (ticker: string): string => `${root}/${encodeURIComponent(ticker)}`;

export function ownAssetPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  router.get(root, async (request, response) => {
    const { userId } = requirePerson(request);
    const { base_currency } = await readOwnAccount(context.pool, userId);
    const blank = { asset_class: "real_estate", currency: base_currency };
    await sendAssets(context, sendPage, request, response, unsent(blank));
  });

  router.post(root, async (request, response) => {
    const { userId } = requirePerson(request);
    const values = parseInput(assetForm, request.body ?? {});
    try {
      const given = values.csv.trim() === "" ? null : { csv: parseInput(priceText, values.csv) };
      const input = parseInput(ownAssetInput, typedAsset(values));
      const { asset, report } = await createOwnAsset(context, userId, input, given);
      if (report && report.refused > 0)
        return await sendAsset(context, sendPage, request, response, asset, { ...unsent({}), report });
      response.redirect(303, `${addressOf(asset.ticker)}?added=1`);
    } catch (error) {
      const state = refused(error, values, t("Not added."));
      await sendAssets(context, sendPage, request, response, state);
    }
  });

  router.get(`${root}/:ticker`, async (request, response) => {
    await sendAsset(context, sendPage, request, response, await assetOf(context, request), unsent({}));
  });

  router.post(`${root}/:ticker`, async (request, response) => {
    const { userId } = requirePerson(request);
    const asset = await assetOf(context, request);
    const values = parseInput(assetForm, request.body ?? {});
    try {
      await changeOwnAsset(context, userId, asset.ticker, parseInput(ownAssetChange, typedAsset(values)));
      response.redirect(303, `${addressOf(asset.ticker)}?changed=1`);
    } catch (error) {
      await sendAsset(context, sendPage, request, response, asset, refused(error, values, t("Not changed.")));
    }
  });

  router.post(`${root}/:ticker/prices`, (request, response) =>
    storePrices(context, sendPage, request, response),
  );

  router.post(`${root}/:ticker/prices/:date/delete`, async (request, response) => {
    const { userId } = requirePerson(request);
    const asset = await assetOf(context, request);
    const deleted = await deleteOwnPrice(context, userId, asset.ticker, parseInput(day, request.params.date));
    const query = new URLSearchParams({ deleted: deleted.date, price: deleted.price });
    response.redirect(303, `${addressOf(asset.ticker)}?${query}`);
  });

  router.post(`${root}/:ticker/delete`, async (request, response) => {
    const { userId } = requirePerson(request);
    const asset = await assetOf(context, request);
    try {
      await deleteOwnAsset(context, userId, asset.ticker);
      response.redirect(303, `${root}?deleted=1`);
    } catch (error) {
      const { status, problem } = refusal(error, t("Not deleted."));
      await sendAsset(context, sendPage, request, response, asset, { ...unsent({}), status, problem });
    }
  });
  return router;
}

async function storePrices(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
): Promise<void> {
  const { userId } = requirePerson(request);
  const asset = await assetOf(context, request);
  const { number_locale, ...sent } = parseInput(priceForm, request.body ?? {});
  const { values, unread, errors } = readNumbers(sent, isNumber, number_locale);
  const wrong = {
    ...(values.csv.trim() === "" && findPriceProblems(values)),
    ...errors,
  };
  if (Object.keys(wrong).length > 0) {
    const state = { ...unsent(values), unread, errors: wrong, status: 422 };
    return sendAsset(context, sendPage, request, response, asset, state);
  }
  try {
    const report = await storeOwnPrices(context, userId, asset.ticker, givenPrices(values));
    if (report.refused > 0)
      return await sendAsset(context, sendPage, request, response, asset, { ...unsent({}), report });
    response.redirect(303, `${addressOf(asset.ticker)}?stored=${report.inserted + report.replaced}`);
  } catch (error) {
    await sendAsset(context, sendPage, request, response, asset, refused(error, values, t("Not stored.")));
  }
}

/** Everything that is wrong with one price, by field. */
function findPriceProblems({ date, price }: Pick<z.output<typeof priceForm>, "date" | "price">): Values {
  const typed = { date, price };
  const issues = ownPrice.safeParse(typed).error?.issues ?? [];
  const wrong = (["date", "price"] as const).filter((field) => issues.some(({ path }) => path[0] === field));
  return Object.fromEntries(wrong.map((field) => [field, spoken(fieldWords(field, typed[field]))]));
}

/** One price, or a text of many. */
function givenPrices({ date, price, csv }: Pick<z.output<typeof priceForm>, "date" | "price" | "csv">) {
  if (csv.trim() !== "") return { csv: parseInput(priceText, csv) };
  return { prices: [parseInput(ownPrice, { date, price })] };
}

const fields = new Set(["name", "asset_class", "currency", "csv", "date", "price"]);

function refused(error: unknown, values: Values, heading: string): State {
  const { status, field: said, problem } = refusal(error, heading);
  // Of a list of prices; the form has one.
  const field = said === "prices" ? "date" : said;
  return field && fields.has(field)
    ? { ...unsent(values), status, errors: { [field]: problem.message } }
    : { ...unsent(values), status, problem };
}

const assetOf = (context: WebContext, request: Request): Promise<OwnAsset> =>
  findOwnAsset(context, requirePerson(request).userId, String(request.params.ticker));

const classesOf = (chosen: string | undefined) =>
  ownAssetClasses.map((value) => ({ value, label: classLabel(value), isSelected: value === chosen }));

const described = (asset: OwnAsset) => ({
  ...asset,
  classLabel: classLabel(asset.asset_class),
  href: addressOf(asset.ticker),
});

async function sendAssets(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
  { values, errors, problem, status }: State,
): Promise<void> {
  const { userId } = requirePerson(request);
  const assets = await listOwnAssets(context, userId);
  const { base_currency: base } = await readOwnAccount(context.pool, userId);
  sendPage(request, response, {
    view: "own-assets",
    title: t("Own assets"),
    status,
    currencies: { base, all: [base, ...assets.map(({ currency }) => currency)] },
    data: {
      values,
      errors,
      problem,
      classes: classesOf(values.asset_class),
      assets: assets.map(described),
      isDeleted: request.query.deleted !== undefined,
    },
  });
}

/** Of a line of pasted prices. */
const whyLeftOut: Readonly<Partial<Record<PricesReport["refused_rows"][number]["reason"], Message>>> = {
  too_many_cells: defineMessage(
    "there is more than a day and a price on it; put a price such as 1,900.50 in quotes",
  ),
  unreadable_date: defineMessage("its date is none that can be read; write it as 2024-12-31"),
  future: defineMessage("its day is still to come"),
  out_of_place: defineMessage("its day is far from those of the lines beside it; check the date"),
  no_price: defineMessage("it has no price"),
  unreadable_price: defineMessage("its price is no number"),
  not_positive: defineMessage("its price is not above 0"),
  repeated_day: defineMessage("another line has the same day"),
};

const notices = z.object({
  stored: z.coerce.number().int().min(0).max(1e6).optional().catch(undefined),
  deleted: day.optional().catch(undefined),
  price: ownPrice.shape.price.optional().catch(undefined),
  before: day.optional().catch(undefined),
});

async function sendAsset(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
  { ticker }: OwnAsset,
  { values, errors, unread = {}, problem, status, report }: State,
): Promise<void> {
  const { userId } = requirePerson(request);
  const asset = await findOwnAsset(context, userId, ticker);
  const { stored, deleted, price, before } = parseInput(notices, request.query);
  const { prices, next } = await listOwnPrices(context, userId, ticker, { limit: pricesShown, before });
  const { base_currency: base } = await readOwnAccount(context.pool, userId);
  sendPage(request, response, {
    view: "own-asset",
    title: asset.name,
    status,
    scripts: ["numbers.js"],
    currencies: { base, all: [base, asset.currency] },
    data: {
      asset: described(asset),
      values: {
        name: asset.name,
        currency: asset.currency,
        ...shownNumbers(values, isNumber, unread, environmentOf(context, request).format.locale),
      },
      errors,
      problem,
      report: report && {
        ...report,
        refused_rows: report.refused_rows.map(({ line, reason }) => ({
          line,
          why: t(whyLeftOut[reason] ?? "it is no day and price"),
        })),
      },
      classes: classesOf(values.asset_class ?? asset.asset_class),
      prices,
      today: latestToday(context.clock()),
      older: next === null ? null : `${addressOf(ticker)}?before=${next}`,
      isFirstPage: before === undefined,
      isOneTransaction: asset.transactions === 1,
      isAdded: request.query.added !== undefined,
      isChanged: request.query.changed !== undefined,
      stored,
      deleted: deleted === undefined || price === undefined ? null : { date: deleted, price },
    },
  });
}
