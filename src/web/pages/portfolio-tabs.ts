/** The tabs of the portfolio, each a page of its own, and what goes along from one to the next. */
import { z } from "zod";
import { choiceParameters, parseBenchmark, parseRange } from "../../portfolio/index.ts";
import { defineMessage, t } from "../messages/index.ts";
import { isReadable } from "../reading.ts";
import { positiveId } from "../schemas.ts";

const destinations = [
  { href: "/portfolio", label: defineMessage("Overview") },
  { href: "/portfolio/performance", label: defineMessage("Performance") },
  { href: "/income", label: defineMessage("Income") },
  { href: "/portfolio/risk", label: defineMessage("Risk") },
  { href: "/realized", label: defineMessage("Tax") },
  { href: "/portfolio/targets", label: defineMessage("Targets") },
] as const;

export type TabAddress = (typeof destinations)[number]["href"];

export const tabAddresses: readonly string[] = destinations.map(({ href }) => href);

export const accountInAddress = z.object({ account: positiveId.optional().catch(undefined) });

/** Range, benchmark and account as an address names them; what it does not name is as it was the last time. */
export function lookInAddress(query: unknown, account: number | undefined): Record<string, string> {
  const { range } = parseRange(query);
  const { ticker: benchmark } = parseBenchmark(query);
  const { benchmark: named, ...ofRange } = choiceParameters({ range: range ?? { name: "Max" }, benchmark });
  return {
    ...(range && ofRange),
    ...(named !== undefined && { benchmark: named }),
    ...accountParameter(account),
  };
}

export const accountParameter = (account: number | undefined): Record<string, string> =>
  account === undefined ? {} : { account: String(account) };

export const addressOf = (path: string, parameters: Record<string, string>): string =>
  Object.keys(parameters).length === 0 ? path : `${path}?${new URLSearchParams(parameters)}`;

/** For the partial `portfolio-tabs`: `look` goes along. */
export const portfolioTabs = (current: TabAddress, look: Record<string, string>) =>
  destinations.map(({ href, label }) => ({
    label: t(label),
    href: addressOf(href, look),
    isCurrent: href === current,
    /** Also by who reads for another. */
    isReadByOthers: isReadable(href),
  }));
