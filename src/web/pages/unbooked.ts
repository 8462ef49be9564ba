/** Dividends of the market's that an account which books its own has no booking of: shown, dismissed, brought back. */
import { type Request, Router } from "express";
import { z } from "zod";
import {
  type Dismissal,
  daysToBook,
  dismissDividends,
  readUnbookedDividends,
  type UnbookedDividend,
} from "../../portfolio/index.ts";
import { day } from "../../values.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { parseInput } from "../route.ts";
import { positiveId } from "../schemas.ts";
import type { Account } from "./entry-form.ts";

/** Until all are asked for. */
const mostShown = 5;

const dismissal = z.object({ account_id: positiveId, ticker: z.string().min(1).max(20), ex_date: day });
/** "7/NORD/2024-05-02". */
const keyOf = ({ account_id, ticker, ex_date }: Dismissal): string => `${account_id}/${ticker}/${ex_date}`;
const key = z
  .string()
  .max(60)
  .transform((text) => {
    const [account_id, ticker, ex_date] = text.split("/");
    return { account_id, ticker, ex_date };
  })
  .pipe(dismissal);
const form = z.object({
  dividend: z.union([key.transform((one) => [one]), z.array(key).min(1).max(1000)]),
  /** Where it was asked: an account's page, or that of income. */
  account: positiveId.optional().catch(undefined),
});

export function unbookedPages(context: WebContext): Router {
  const router = Router();
  for (const [path, isDismissed] of [
    ["/income/dismiss", true],
    ["/income/bring-back", false],
  ] as const)
    router.post(path, async (request, response) => {
      const { userId } = requirePerson(request);
      const { dividend, account } = parseInput(form, request.body ?? {});
      await dismissDividends(context.pool, userId, dividend, isDismissed);
      const shown = isDismissed ? "" : "?dismissed=shown";
      response.redirect(
        303,
        `${account === undefined ? "/income" : `/accounts/${account}`}${shown}#unbooked`,
      );
    });
  return router;
}

interface Subject {
  readonly account?: number | undefined;
  readonly accounts: readonly Account[];
  readonly query: Request["query"];
  /** The page of one account. */
  readonly isAccountPage?: boolean;
}

/** For the partial `unbooked-dividends`; null: there is nothing to tell. */
export async function describeUnbooked(
  context: WebContext,
  userId: number,
  { account, accounts, query, isAccountPage = false }: Subject,
) {
  const all = await readUnbookedDividends(context.pool, userId, { account });
  if (all.length === 0) return null;
  const due = all.filter(({ is_dismissed }) => !is_dismissed);
  const dismissed = all.filter(({ is_dismissed }) => is_dismissed);
  const hasDismissed = query.dismissed === "shown"; // those that were, too
  const listed = hasDismissed ? all : due;
  const most = query.unbooked === "all" ? listed.length : mostShown;
  return {
    rows: listed.slice(0, most).map((dividend) => ({
      ...dividend,
      key: keyOf(dividend),
      account:
        accounts.length > 1
          ? (accounts.find(({ account_id }) => account_id === dividend.account_id)?.name ?? "")
          : null,
      record: recordPath(dividend),
    })),
    older: Math.max(0, listed.length - most),
    due: due.length,
    dueKeys: due.length > 1 ? due.map(keyOf).slice(0, 1000) : [],
    dismissed: dismissed.length,
    hasDismissed,
    days: daysToBook,
    areSeveral: accounts.length > 1,
    page: isAccountPage ? account : null,
    path: isAccountPage ? `/accounts/${account}` : "/income",
  };
}

/** Of a page that shows them beside amounts of the base currency. */
export const currenciesOf = (
  base: string,
  unbooked: { readonly rows: readonly { readonly currency: string }[] } | null,
): string[] => [...new Set([base, ...(unbooked?.rows ?? []).map(({ currency }) => currency)])];

/** The form of a dividend with what is known of it: not the day of the payment. */
const recordPath = ({ account_id, ticker, local_amount, currency }: UnbookedDividend): string =>
  `/transactions/new/dividend?${new URLSearchParams({ account: String(account_id), ticker, amount: local_amount, currency, date: "" })}`;
