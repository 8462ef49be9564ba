/** One transaction of any type, entered. Each type is a page of its own, so that its form needs no script. */
import { type Request, type Response, Router } from "express";
import {
  recordTransaction,
  recordTransfer,
  type Transaction,
  type TransactionType,
  withSuggestion,
} from "../../ledger/index.ts";
import { readTransferredCost } from "../../portfolio/index.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { NotFoundError } from "../errors.ts";
import { defineMessage, t } from "../messages/index.ts";
import { positiveId } from "../schemas.ts";
import { describeForm, type EntryValues } from "./entry-form.ts";
import {
  asked,
  findErrors,
  isAsking,
  ownFields,
  readForm,
  readSurroundings,
  refusal,
  type Sent,
  type State,
  saidOf,
  shownValues,
  unsent,
} from "./entry-state.ts";
import { type Entry, type EntryGroup, entryGroups, entryNamed, inWords, trades } from "./entry-types.ts";
import { type ChosenLots, chosenLots, describeLots, lotsSaid } from "./lots-form.ts";
import { environmentOf, type SendPage } from "./page.ts";
import { askOnce, corrected, describeQuestion, typedTrade } from "./trade-question.ts";

export function entryPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  router.get("/transactions/new/:entry", async (request, response) => {
    const { values: said } = readForm(request.query);
    const date = context.clock().toISOString().slice(0, 10);
    const account = positiveId.safeParse(said.account);
    const from: EntryValues = account.success ? { from: String(account.data) } : {};
    const values = { date, ...from, ...filledIn(requireEntry(request), said) };
    const chosen = said.choose === undefined ? null : {};
    await sendEntry(context, sendPage, request, response, unsent(values, chosen));
  });

  router.post("/transactions/new/:entry", async (request, response) => {
    const { userId } = requirePerson(request);
    const entry = requireEntry(request);
    const read = readForm(request.body);
    const { idempotency_key, use, keep, ...body } = read.values;
    const values = corrected(typedTrade(valuesOf(entry, body)), use);
    const chosen = entry.type === "SELL" ? chosenLots(body) : null;
    if (isAsking(body, chosen))
      return sendEntry(context, sendPage, request, response, asked(values, chosen, body, read));
    const input = entry.type === null ? null : inputOf(entry.type, values, chosen);
    const wrong = findErrors(context, { entry, values, chosen }, read, input);
    if (wrong) return sendEntry(context, sendPage, request, response, wrong);
    try {
      const recorded = await record(context, userId, {
        entry,
        values,
        chosen,
        idempotencyKey: idempotency_key,
        onDoubts: askOnce(values, keep),
      });
      response.redirect(303, `/transactions?recorded=${recorded.transaction_id}`);
    } catch (error) {
      const explained = await withSuggestion(context, userId, error);
      const state = refusal(explained, { values, chosen, entry }, t("Not recorded."));
      await sendEntry(context, sendPage, request, response, state);
    }
  });

  return router;
}

function requireEntry(request: Request): Entry {
  const entry = entryNamed(request.params.entry);
  if (!entry) throw new NotFoundError("page", request.path);
  return entry;
}

/** What an address says of the fields: a link to a form can fill it in. */
const filledIn = (entry: Entry, said: Readonly<Record<string, string>>): EntryValues =>
  Object.fromEntries(
    [...ownFields, ...entry.fields].flatMap((field) => (field in said ? [[field, said[field]]] : [])),
  );

function valuesOf(entry: Entry, body: Readonly<Record<string, string>>): EntryValues {
  return Object.fromEntries([...ownFields, ...entry.fields].map((field) => [field, body[field] ?? ""]));
}

/** What is said, as the ledger takes it. */
const saidIn = (values: EntryValues): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(values)
      .map(([field, value]) => [field, saidOf(field, value)] as const)
      .filter(([, value]) => value !== null),
  );

function inputOf(type: TransactionType, values: EntryValues, chosen: ChosenLots): object {
  const lots = lotsSaid(chosen);
  return { ...saidIn(values), ...(lots && { lots }), type };
}

interface Asking {
  readonly idempotencyKey: string | undefined;
  readonly onDoubts: ReturnType<typeof askOnce>;
}

async function record(
  context: WebContext,
  userId: number,
  { entry, values, chosen, idempotencyKey, onDoubts }: Sent & Asking,
): Promise<Transaction> {
  if (entry.type !== null) {
    const input = inputOf(entry.type, values, chosen);
    const recorded = await recordTransaction(context, userId, input, idempotencyKey, undefined, onDoubts);
    return recorded.transaction;
  }
  const { account, ...rest } = saidIn(values);
  const ends = entry.isBetween ? {} : { from: account };
  const input = { ...rest, ...ends };
  const { transactions } = await recordTransfer(context, userId, input, readTransferredCost, idempotencyKey);
  return transactions[0]!;
}

/** Beside the form of trades, which has the two of them: a sale that takes more room. */
const besideTrades: EntryGroup = {
  label: defineMessage("Trades"),
  entries: [{ ...trades[1]!, name: "sell?choose=yes", label: defineMessage("Sell chosen purchases") }],
};

/** The types that there are to choose from; two accounts are needed to move something between them. `current` null: beside the form of trades. */
export function entryChoices(accounts: number, current: string | null) {
  const ofTrades = current === null ? besideTrades : { label: besideTrades.label, entries: trades };
  const groups = [ofTrades, ...entryGroups];
  return groups
    .filter(({ entries }) => accounts > 1 || !entries.some(({ isBetween }) => isBetween))
    .map(({ label, entries }) => ({
      label: t(label),
      entries: entries.map((entry) => ({
        name: entry.name,
        label: t(entry.label),
        isCurrent: entry.name === current,
      })),
    }));
}

async function sendEntry(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
  state: State,
): Promise<void> {
  const { values, chosen, errors, unread, problem, question, status } = state;
  const { userId } = requirePerson(request);
  const entry = requireEntry(request);
  const { accounts, tickers, currencies } = await readSurroundings(context, userId);
  const { format } = environmentOf(context, request, currencies);
  const { locale } = format;
  const lots =
    entry.type === "SELL"
      ? await describeLots(context, userId, { values, chosen, unread, locale, error: errors.lots })
      : null;
  sendPage(request, response, {
    view: "entry",
    title: t(entry.label),
    status,
    currencies,
    scripts: ["numbers.js", ...(lots ? ["lots.js"] : [])],
    data: {
      entry: inWords(entry),
      problem,
      question: question && describeQuestion(question, typedTrade(values), format),
      lots,
      form: describeForm(context, {
        entry,
        values: shownValues(state, locale),
        errors,
        accounts,
        base: currencies.base,
      }),
      action: `/transactions/new/${entry.name}`,
      groups: entryChoices(accounts.length, entry.name),
      needsAccounts: entry.isBetween && accounts.length < 2,
      tickers,
      currencyCodes: currencies.all,
      idempotencyKey: crypto.randomUUID(),
    },
  });
}
