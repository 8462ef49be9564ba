/** Whose money a page is about: the person's, or that of the account which its address names. */
import type { Request } from "express";
import { readOwnAccount } from "../../accounts/index.ts";
import { listAccounts } from "../../ledger/index.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { parseInput } from "../route.ts";
import type { Account } from "./entry-form.ts";
import {
  accountInAddress,
  accountParameter,
  addressOf,
  lookInAddress,
  portfolioTabs,
  type TabAddress,
} from "./portfolio-tabs.ts";

/** The tabs beside this one, and what its own links and forms send along of what they look at. */
export function tabsBeside(path: TabAddress, query: unknown, account: number | undefined) {
  const { range, benchmark } = lookInAddress(query, undefined);
  const alongside = { ...(range !== undefined && { range }), ...(benchmark !== undefined && { benchmark }) };
  return {
    tabs: portfolioTabs(path, lookInAddress(query, account)),
    alongside,
    /** This page with other parameters; what is undefined is left out. */
    address: (parameters: Readonly<Record<string, string | number | undefined>>): string =>
      addressOf(path, {
        ...Object.fromEntries(
          Object.entries(parameters).flatMap(([name, value]): [string, string][] =>
            value === undefined ? [] : [[name, String(value)]],
          ),
        ),
        ...alongside,
        ...accountParameter(account),
      }),
  };
}

export interface Subject {
  readonly userId: number;
  /** undefined: all together. */
  readonly account: number | undefined;
  readonly accounts: readonly Account[];
  readonly base: string;
}

export async function readSubject(context: WebContext, request: Request): Promise<Subject> {
  const { userId } = requirePerson(request);
  const accounts = await listAccounts(context, userId);
  const { base_currency: base } = await readOwnAccount(context.pool, userId);
  const asked = parseInput(accountInAddress, request.query).account;
  const account = accounts.find(({ account_id }) => account_id === asked)?.account_id;
  return { userId, account, accounts, base };
}

/** To be chosen from where there are several. */
export const switcher = ({ accounts, account }: Subject) =>
  accounts.length < 2
    ? null
    : accounts.map(({ account_id, name }) => ({ account_id, name, isSelected: account_id === account }));

export const nameIn = (accounts: readonly Account[], id: number | null): string =>
  accounts.find(({ account_id }) => account_id === id)?.name ?? "";
