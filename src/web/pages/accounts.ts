/** The accounts that a person's money lies in: what each is worth, and what is said of it. (Who one is: account.ts.) */

import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { readOwnAccount } from "../../accounts/index.ts";
import {
  accountChange,
  accountInput,
  accountKinds,
  changeAccount,
  deleteAccount,
  listAccounts,
  openAccount,
} from "../../ledger/index.ts";
import { type AccountFigures, readAccountFigures } from "../../portfolio/index.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { NotFoundError } from "../errors.ts";
import { defineMessage, type Message, t } from "../messages/index.ts";
import { parseInput } from "../route.ts";
import { positiveId } from "../schemas.ts";
import type { Account } from "./entry-form.ts";
import { type Problem, refusal, type SendPage } from "./page.ts";
import { currenciesOf, describeUnbooked } from "./unbooked.ts";

const text = z.string().max(10_000).default("");
/** What was typed, kept as it was. A box that is not ticked is not sent. */
const form = z.object({
  name: text,
  kind: text,
  currency: text,
  income: text,
  closed_at: text,
  tracks_cash: z.string().max(10).optional(),
  is_default: z.string().max(10).optional(),
});
type Typed = z.output<typeof form>;

const kindLabels: Readonly<Record<(typeof accountKinds)[number], Message>> = {
  brokerage: defineMessage("Brokerage"),
  bank: defineMessage("Bank"),
  pension: defineMessage("Pension"),
  tax_free: defineMessage("Tax-free (ISA, TFSA)"),
  crypto: defineMessage("Crypto exchange or wallet"),
  property: defineMessage("Property"),
  other: defineMessage("Other"),
};

const methodLabels: Readonly<Record<string, Message>> = {
  average: defineMessage("average cost"),
  fifo: defineMessage("first in, first out (FIFO)"),
  lifo: defineMessage("last in, first out (LIFO)"),
  hifo: defineMessage("highest cost first (HIFO)"),
};

interface State {
  readonly values: Typed;
  readonly errors: Readonly<Record<string, string>>;
  readonly problem: Problem | null;
  readonly status: number;
}

const blank: Typed = { name: "", kind: "brokerage", currency: "", income: "market", closed_at: "" };
const unsent = (values: Typed): State => ({ values, errors: {}, problem: null, status: 200 });

const valuesOf = (account: Account): Typed => ({
  name: account.name,
  kind: account.kind,
  currency: account.currency ?? "",
  income: account.income,
  closed_at: account.closed_at ?? "",
  ...(account.tracks_cash && { tracks_cash: "on" }),
  ...(account.is_default && { is_default: "on" }),
});

/** As the ledger takes it. */
const saidOf = ({ name, kind, currency, income, closed_at, tracks_cash }: Typed) => ({
  name: name.trim(),
  kind,
  currency: currency.trim() === "" ? null : currency.trim().toUpperCase(),
  income,
  tracks_cash: tracks_cash !== undefined,
  closed_at: closed_at === "" ? null : closed_at,
});

const removalForm = z.object({
  transactions: z.enum(["delete", "move"]).optional().catch(undefined),
  to: z.string().max(60).optional(),
});

export function ledgerAccountPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  router.get("/accounts", (request, response) =>
    sendAccounts(context, sendPage, request, response, unsent(blank)),
  );

  router.post("/accounts", async (request, response) => {
    const { userId } = requirePerson(request);
    const values = parseInput(form, request.body ?? {});
    try {
      const { account_id } = await openAccount(context, userId, parseInput(accountInput, saidOf(values)));
      response.redirect(303, `/accounts?opened=${account_id}`);
    } catch (error) {
      await sendAccounts(context, sendPage, request, response, refused(error, values, t("Not opened.")));
    }
  });

  router.get("/accounts/:id", async (request, response) => {
    const account = await requireAccount(context, request);
    await sendAccount(context, sendPage, request, response, account, unsent(valuesOf(account)));
  });

  router.post("/accounts/:id", async (request, response) => {
    const { userId } = requirePerson(request);
    const account = await requireAccount(context, request);
    const values = parseInput(form, request.body ?? {});
    const isMadeDefault = values.is_default !== undefined && !account.is_default;
    try {
      const change = { ...saidOf(values), ...(isMadeDefault && { is_default: true }) };
      await changeAccount(context, userId, account.account_id, parseInput(accountChange, change));
      response.redirect(303, `/accounts?changed=${account.account_id}`);
    } catch (error) {
      await sendAccount(
        context,
        sendPage,
        request,
        response,
        account,
        refused(error, values, t("Not changed."), !account.is_default),
      );
    }
  });

  router.post("/accounts/:id/delete", async (request, response) => {
    const { userId } = requirePerson(request);
    const account = await requireAccount(context, request);
    const { transactions, to } = parseInput(removalForm, request.body ?? {});
    const removal =
      transactions === undefined
        ? null
        : transactions === "delete"
          ? ({ transactions } as const)
          : ({ transactions, to: to ?? "" } as const);
    try {
      await deleteAccount(context, userId, account.account_id, removal);
      response.redirect(303, "/accounts?deleted=1");
    } catch (error) {
      const { status, problem } = refusal(error, t("Not deleted."));
      const state = { ...unsent(valuesOf(account)), status, problem };
      await sendAccount(context, sendPage, request, response, account, state);
    }
  });
  return router;
}

/** Those that say what is wrong with them; an account that can be closed has the day of that, too. */
const fields = ["name", "kind", "currency"] as const;

function refused(error: unknown, values: Typed, heading: string, isClosable = false): State {
  const { status, field, problem } = refusal(error, heading);
  const isShown = fields.some((name) => name === field) || (isClosable && field === "closed_at");
  return field && isShown
    ? { values, status, errors: { [field]: problem.message }, problem: null }
    : { values, status, errors: {}, problem };
}

async function requireAccount(context: WebContext, request: Request): Promise<Account> {
  const { userId } = requirePerson(request);
  const id = positiveId.safeParse(request.params.id);
  const accounts = await listAccounts(context, userId);
  const account = accounts.find(({ account_id }) => account_id === id.data);
  if (!account) throw new NotFoundError("account", request.params.id);
  return account;
}

const kindsOf = (chosen: string) =>
  accountKinds.map((kind) => ({ value: kind, label: t(kindLabels[kind]), isSelected: kind === chosen }));

const describeForm = (context: WebContext, { values, errors, problem }: State) => ({
  values,
  errors,
  problem,
  kinds: kindsOf(values.kind),
  booksIncome: values.income === "ledger",
  today: context.clock().toISOString().slice(0, 10),
});

function describeAccount(account: Account, figures: readonly AccountFigures[]) {
  return {
    ...account,
    kindLabel: t(kindLabels[account.kind]),
    figures: figures.find(({ account_id }) => account_id === account.account_id) ?? null,
  };
}

async function sendAccounts(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
  state: State,
): Promise<void> {
  const { userId } = requirePerson(request);
  const accounts = await listAccounts(context, userId);
  const figures = await readAccountFigures(context.pool, userId);
  const { cost_basis_method, base_currency } = await readOwnAccount(context.pool, userId);
  const described = accounts.map((account) => describeAccount(account, figures));
  const named = (id: unknown) => accounts.find(({ account_id }) => String(account_id) === id)?.name;
  sendPage(request, response, {
    view: "accounts",
    title: t("Accounts"),
    status: state.status,
    currencies: { base: base_currency, all: [base_currency] },
    data: {
      ...describeForm(context, state),
      accounts: described.filter(({ closed_at }) => closed_at === null),
      closed: described.filter(({ closed_at }) => closed_at !== null),
      areSeveral: accounts.length > 1,
      opened: named(request.query.opened),
      changed: named(request.query.changed),
      isDeleted: request.query.deleted !== undefined,
      method: t(methodLabels[cost_basis_method] ?? cost_basis_method),
      base: base_currency,
      emptyCurrency: t("Empty: {currency}", { currency: base_currency }),
    },
  });
}

async function sendAccount(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
  account: Account,
  state: State,
): Promise<void> {
  const { userId } = requirePerson(request);
  const accounts = await listAccounts(context, userId);
  const { base_currency } = await readOwnAccount(context.pool, userId);
  const unbooked = await describeUnbooked(context, userId, {
    account: account.account_id,
    accounts,
    query: request.query,
    isAccountPage: true,
  });
  sendPage(request, response, {
    view: "ledger-account",
    title: account.name,
    status: state.status,
    currencies: { base: base_currency, all: currenciesOf(base_currency, unbooked) },
    data: {
      ...describeForm(context, state),
      unbooked,
      account,
      others: accounts.filter(
        ({ account_id, closed_at }) => account_id !== account.account_id && closed_at === null,
      ),
      isOne: account.transactions === 1,
      base: base_currency,
      emptyCurrency: t("Empty: {currency}", { currency: base_currency }),
    },
  });
}
