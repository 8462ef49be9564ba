/** The watchlist: tickers that a person keeps an eye on, what their prices did, and the way to buy one. */
import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { readOwnAccount } from "../../accounts/index.ts";
import { marketTicker } from "../../ledger/index.ts";
import { listWatched, unwatch, type Watched, watch } from "../../watchlist/index.ts";
import { sparkline } from "../charts/sparkline.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { classLabel } from "../figures/labels.ts";
import type { Format } from "../format.ts";
import { sayKeptOrNull } from "../kept-words.ts";
import { t } from "../messages/index.ts";
import { parseInput } from "../route.ts";
import { environmentOf, type Problem, refusal, type SendPage } from "./page.ts";

const root = "/watchlist";

/** What has just been done, for the notice above the list. */
const done = z.object({
  added: marketTicker.optional().catch(undefined),
  removed: marketTicker.optional().catch(undefined),
});

/** What was typed, kept as it was. */
const watchForm = z.object({
  ticker: z
    .string()
    .default("")
    .transform((text) => text.slice(0, 100)),
});

interface State {
  readonly typed: string;
  readonly error: string | null;
  readonly problem: Problem | null;
  readonly status: number;
}

export function watchlistPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  router.get(root, (request, response) =>
    sendWatchlist(context, sendPage, request, response, {
      typed: "",
      error: null,
      problem: null,
      status: 200,
    }),
  );

  router.post(root, async (request, response) => {
    const { userId } = requirePerson(request);
    const { ticker: typed } = parseInput(watchForm, request.body ?? {});
    const { success, data: ticker } = marketTicker.safeParse(typed);
    if (!success) {
      const error =
        typed.trim() === ""
          ? t("Enter a ticker as it is quoted, such as AAPL, BRK-B or BTC-USD.")
          : t("“{typed}” is no ticker. Enter one as it is quoted, such as AAPL, BRK-B or BTC-USD.", {
              typed: typed.trim(),
            });
      return sendWatchlist(context, sendPage, request, response, {
        typed,
        error,
        problem: null,
        status: 422,
      });
    }
    try {
      const watched = await watch(context, userId, ticker);
      response.redirect(303, `${root}?${new URLSearchParams({ added: watched })}`);
    } catch (error) {
      const { status, field, problem } = refusal(error, t("Not added."));
      await sendWatchlist(context, sendPage, request, response, {
        typed,
        status,
        ...(field === "ticker" ? { error: problem.message, problem: null } : { error: null, problem }),
      });
    }
  });

  router.post(`${root}/:ticker/remove`, async (request, response) => {
    const { ticker } = request.params;
    await unwatch(context.pool, requirePerson(request).userId, ticker);
    response.redirect(303, `${root}?${new URLSearchParams({ removed: ticker })}`);
  });
  return router;
}

async function sendWatchlist(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
  { typed, error, problem, status }: State,
): Promise<void> {
  const { userId } = requirePerson(request);
  const watched = await listWatched(context, userId);
  const { added, removed } = parseInput(done, request.query);
  const { base_currency: base } = await readOwnAccount(context.pool, userId);
  const currencies = { base, all: [base, ...watched.map(({ currency }) => currency)] };
  const { format } = environmentOf(context, request, currencies);
  sendPage(request, response, {
    view: "watchlist",
    title: t("Watchlist"),
    status,
    currencies,
    scripts: ["watch.js"],
    data: {
      asTyped: typed,
      error,
      problem,
      added: watched.find(({ ticker }) => ticker === added),
      removed: watched.some(({ ticker }) => ticker === removed) ? undefined : removed,
      watched: watched.map((one) => describe(one, format)),
    },
  });
}

/** Where the last close lies between the lowest and the highest of 52 weeks, as a ratio; null: there is no between. */
function placeOf({ close, low_52_weeks, high_52_weeks }: Watched): number | null {
  const [last, low, high] = [Number(close), Number(low_52_weeks), Number(high_52_weeks)];
  return high > low ? (last - low) / (high - low) : null;
}

function describe(one: Watched, format: Format) {
  const known = one.closes.filter((close) => close !== null);
  const spark = sparkline(one.closes);
  const place = placeOf(one);
  const { price } = format.in(one.currency);
  return {
    ...one,
    problem: sayKeptOrNull(one.problem),
    classLabel: classLabel(one.asset_class),
    isProvisional: one.is_final === false,
    isShort: one.year_change_reason !== null,
    changes: [
      { label: t("1 day"), value: one.day_change, reason: one.day_change_reason },
      { label: t("1 month"), value: one.month_change, reason: one.month_change_reason },
      { label: t("1 year"), value: one.year_change, reason: one.year_change_reason },
    ],
    place: place === null ? null : `${(place * 100).toFixed(1)}%`,
    spark: spark && {
      ...spark,
      description: t("Price over a year, from {from} to {to}", {
        from: price(String(known[0])),
        to: price(String(known.at(-1))),
      }),
    },
    buyHref: `/transactions?${new URLSearchParams({ enter: one.ticker })}#trade`,
    removeAction: `${root}/${encodeURIComponent(one.ticker)}/remove`,
  };
}
