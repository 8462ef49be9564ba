/** The ledger: log a trade, see all of them. */

import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { readOwnAccount } from "../../accounts/index.ts";
import { personTransaction } from "../../database/person.ts";
import {
  browseLedger,
  checkTrade,
  findInputProblems,
  findTransaction,
  type HistoryProgress,
  type LedgerCurrencies,
  latestToday,
  listAccounts,
  readLedgerCurrencies,
  readTradeDraft,
  recordTransaction,
  requireAskedUnit,
  type TradeDraft,
  type Transaction,
  tradeSubject,
  withSuggestion,
} from "../../ledger/index.ts";
import { readCashOn } from "../../portfolio/index.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { describeError } from "../errors.ts";
import { t } from "../messages/index.ts";
import { numberLocale, readNumbers, shownNumbers } from "../number-input.ts";
import { parseInput } from "../route.ts";
import { positiveId } from "../schemas.ts";
import { inWords } from "../words.ts";
import { describeUncounted } from "./corporate-actions.ts";
import { readDataNotes } from "./data-notes.ts";
import { entryChoices } from "./entry.ts";
import { type Account, choicesOf } from "./entry-form.ts";
import { ledgerRow } from "./ledger-row.ts";
import { describeTable, ledgerQuery, ledgerQueryOf } from "./ledger-table.ts";
import { environmentOf, type Problem, type SendPage } from "./page.ts";
import { answerFields, askOnce, corrected, describeQuestion, TradeQuestion } from "./trade-question.ts";
import { isDollarsAlone, tradeLabels, tradeUnits } from "./trade-units.ts";
import { Underway } from "./underway.ts";

const pageLength = 50;

/** What has just been done, for the notice above the ledger. */
const doneQuery = z.object({
  recorded: positiveId.optional().catch(undefined),
  restored: positiveId.optional().catch(undefined),
  edited: positiveId.optional().catch(undefined),
  deleted: positiveId.optional().catch(undefined),
  imported: positiveId.optional().catch(undefined),
  /** Rows of the import that are no trades. */
  others: positiveId.optional().catch(undefined),
  kept: positiveId.optional().catch(undefined),
  /** The symbol that was typed, where the trade was recorded under a newer one. */
  entered: z.string().max(20).optional().catch(undefined),
});

/** What the form begins with: pages of an asset of one's own, of what is watched and of targets lead here. */
const beginning = z.object({
  enter: z.string().max(20).catch(""),
  type: z.enum(["BUY", "SELL"]).catch("BUY"),
  quantity: z
    .string()
    .regex(/^\d{1,15}(?:\.\d{1,12})?$/)
    .catch(""),
});

/** What was typed, kept as it was: the ledger says what is wrong with it. */
const tradeForm = z.object({
  ticker: z.string().default(""),
  type: z.string().default(""),
  quantity: z.string().default(""),
  price: z.string().default(""),
  fee: z.string().default(""),
  date: z.string().default(""),
  currency: z.string().optional(),
  fx_rate: z.string().optional(),
  account: z.string().max(60).optional(),
  /** What the form said that price and fee are in. */
  asked_unit: z.string().max(10).optional(),
  idempotency_key: z.string().max(255).optional(),
  number_locale: numberLocale,
  ...answerFields,
});

/** With plain decimals, whatever the page wrote. */
type Trade = Omit<
  z.output<typeof tradeForm>,
  "idempotency_key" | "asked_unit" | "number_locale" | keyof typeof answerFields
>;

const isNumber = (field: string): boolean => ["quantity", "price", "fee", "fx_rate"].includes(field);

interface FormState {
  readonly values: Trade;
  readonly errors: Readonly<Record<string, string>>;
  /** Numbers that could not be read, as they were typed. */
  readonly unread?: Readonly<Record<string, string>>;
  readonly problem: Problem | null;
  readonly question?: TradeQuestion;
  readonly status: number;
}

const fields = new Set([
  "ticker",
  "type",
  "quantity",
  "price",
  "fee",
  "date",
  "currency",
  "fx_rate",
  "account",
]);

export function transactionPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();

  router.get("/transactions", async (request, response) => {
    const { account } = parseInput(ledgerQuery, request.query);
    const { enter: ticker, type, quantity } = parseInput(beginning, request.query);
    const values = {
      ticker,
      type,
      quantity,
      price: "",
      fee: "0",
      date: today(context),
      ...(account !== undefined && { account: String(account) }),
    };
    await sendLedger(context, sendPage, request, response, {
      values,
      errors: {},
      problem: null,
      status: 200,
    });
  });

  const underway = new Underway<HistoryProgress>();
  /** What an open page asks for while its form is being answered; null: nothing is under way, or in another process. */
  router.get("/transactions/progress", (request, response) => {
    response.set("Cache-Control", "no-store").json(underway.of(requirePerson(request).userId));
  });

  router.post("/transactions", async (request, response) => {
    const person = requirePerson(request);
    const { idempotency_key, asked_unit, use, keep, number_locale, ...typed } = parseInput(
      tradeForm,
      request.body ?? {},
    );
    const read = readNumbers(typed, isNumber, number_locale);
    const trade = corrected(read.values, use);
    const errors = findErrors(context, trade, read.errors);
    if (Object.keys(errors).length > 0) {
      const state = { values: trade, errors, unread: read.unread, problem: null, status: 422 };
      return sendLedger(context, sendPage, request, response, state);
    }
    try {
      if (!trade.currency && asked_unit !== undefined)
        await requireMeant(context, person.userId, trade, asked_unit);
      const { transaction } = await underway.during(person.userId, (onProgress) =>
        recordTransaction(
          context,
          person.userId,
          inAccount(trade),
          idempotency_key,
          onProgress,
          askOnce(trade, keep),
        ),
      );
      const entered = trade.ticker.trim().toUpperCase();
      const renamed = entered === transaction.ticker ? "" : `&entered=${encodeURIComponent(entered)}`;
      response.redirect(303, `/transactions?recorded=${transaction.transaction_id}${renamed}`);
    } catch (error) {
      const explained = await withSuggestion(context, person.userId, error);
      await sendLedger(context, sendPage, request, response, refusal(explained, trade));
    }
  });
  return router;
}

/** By field: what could not be read, unless a correction says it by now, and what no trade can have. */
function findErrors(
  { clock }: WebContext,
  trade: Trade,
  unread: Readonly<Record<string, string>>,
): Record<string, string> {
  const wrong = findInputProblems(inAccount(trade), clock).filter(({ field }) => fields.has(field));
  const still = Object.entries(unread).filter(([field]) => !trade[field as keyof Trade]);
  return {
    ...Object.fromEntries(wrong.map((error) => [error.field, inWords(error, error.message)])),
    ...Object.fromEntries(still),
  };
}

/** Without scripts the form does not know what is typed into it: of a ticker in another unit it is shown again, with that one. */
async function requireMeant(
  context: WebContext,
  userId: number,
  trade: Trade,
  askedUnit: string,
): Promise<void> {
  const { success, data } = tradeSubject.safeParse(trade);
  if (success) await requireAskedUnit(context, userId, data, askedUnit);
}

/** The form names it by its id, which another one's name could be, too. */
const inAccount = ({ account, ...trade }: Trade) =>
  account ? { ...trade, account: Number(account) || account } : trade;

/** In UTC: the page's script puts the person's own day in its place. */
const today = ({ clock }: WebContext): string => clock().toISOString().slice(0, 10);

/** The form again, with what was typed and what is wrong with it; what is ours is thrown on. */
function refusal(error: unknown, values: Trade): FormState {
  if (error instanceof TradeQuestion)
    return { values, status: 422, errors: {}, problem: null, question: error };
  const { status, code, field, message } = describeError(error, "POST", "");
  if (status >= 500 && code !== "market_data_unavailable") throw error;
  if (field && fields.has(field))
    return { values, status, errors: { [field]: inWords(error, message) }, problem: null };
  return {
    values,
    status,
    errors: {},
    problem: { heading: t("Not recorded."), message: inWords(error, message) },
  };
}

/** What the form can tell of the ticker and day that were typed; null: of neither, or of no such thing. */
async function readDraft(context: WebContext, userId: number, values: Trade): Promise<TradeDraft | null> {
  const { success, data } = tradeSubject.safeParse(values);
  return success
    ? readTradeDraft(context, userId, data.ticker, data.date, values.account || undefined)
    : null;
}

async function sendLedger(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
  { values, errors, unread = {}, problem, question, status }: FormState,
): Promise<void> {
  const { userId } = requirePerson(request);
  const address = parseInput(ledgerQuery, request.query);
  const { format } = environmentOf(context, request);
  const data = await personTransaction(context.pool, userId, (client) =>
    readDataNotes(client, userId, format),
  );
  const ledger = await browseLedger(context, userId, ledgerQueryOf(address), pageLength);
  const draft = await readDraft(context, userId, values);
  const accounts = await listAccounts(context, userId);
  const cash = await readRunningCash(context, userId, accounts, address, ledger.transactions);
  const done = await readDone(context, userId, request);
  const showsAccounts = accounts.length > 1 && address.account === undefined;
  const listed = [...ledger.transactions, done.recorded, done.restored, done.edited].filter(
    (row) => row !== null,
  );
  const currencies = await readLedgerCurrencies(context, userId, listed, ledger.tickers);
  const own = environmentOf(context, request, currencies).format;
  const units = tradeUnits(draft, values.currency, own);
  const isSuggested = values.price === "" && unread.price === undefined && units.close !== null;
  sendPage(request, response, {
    view: "transactions",
    title: t("Transactions"),
    scripts: ["numbers.js", "trade.js", "draft.js"],
    status,
    currencies,
    data: {
      values: shownNumbers(
        isSuggested ? { ...values, price: units.close } : values,
        isNumber,
        unread,
        format.locale,
      ),
      units,
      labels: tradeLabels(units.unit, currencies),
      formCurrencies: isDollarsAlone(currencies) ? null : currencies.all.join(" "),
      isDateOpen: values.date === today(context),
      errors,
      problem: problem ?? problemOfUnshown(errors, units, accounts.length > 1),
      question: question && describeQuestion(question, values, own),
      isSell: values.type === "SELL",
      draft,
      isSuggested,
      latestToday: latestToday(context.clock()),
      idempotencyKey: crypto.randomUUID(),
      done: doneIn(done, currencies),
      notes: data.notes,
      fetching: data.fetching,
      hasTrades: ledger.types.length > 0,
      accounts: accountChoices(accounts, values.account),
      groups: entryChoices(accounts.length, null),
      canChooseLots: (await readOwnAccount(context.pool, userId)).cost_basis_method !== "average",
      table: describeTable(address, ledger, accounts),
      hasCash: cash !== null,
      transactions: ledger.transactions.map((transaction) => ({
        ...ledgerRow(transaction, currencies.of(transaction)),
        account: showsAccounts ? nameOf(accounts, transaction.account_id) : null,
        cash: cash?.get(`${currencies.of(transaction)} ${transaction.date}`),
        warning: warningOf(transaction, data.firstBars),
      })),
    },
  });
}

/** Of a field that the form does not show, as one that was made by hand may send. */
function problemOfUnshown(
  errors: FormState["errors"],
  { choices, exchange }: ReturnType<typeof tradeUnits>,
  hasAccounts: boolean,
): Problem | null {
  const unshown = { account: !hasAccounts, currency: choices.length === 0, fx_rate: exchange === null };
  const [message] = Object.entries(unshown).flatMap(([field, isUnshown]) =>
    isUnshown && errors[field] !== undefined ? [errors[field]] : [],
  );
  return message === undefined ? null : { heading: t("Not recorded."), message };
}

function doneIn(done: Awaited<ReturnType<typeof readDone>>, currencies: LedgerCurrencies) {
  const inCurrency = (row: Transaction | null) => row && ledgerRow(row, currencies.of(row));
  const { recorded, restored, edited } = done;
  return {
    ...done,
    recorded: inCurrency(recorded),
    restored: inCurrency(restored),
    edited: inCurrency(edited),
  };
}

const nameOf = (accounts: readonly Account[], id: number): string =>
  accounts.find(({ account_id }) => account_id === id)?.name ?? "";

/** null: there is one, of which nothing need be said. */
function accountChoices(accounts: readonly Account[], chosen: string | undefined) {
  if (accounts.length < 2) return null;
  return choicesOf(accounts, chosen ?? "");
}

/**
 * By currency and day, what the account that is looked at held when the day closed; null: all accounts are, or it keeps no cash. As the
 * figures know it: of a transaction just recorded a moment later.
 */
async function readRunningCash(
  context: WebContext,
  userId: number,
  accounts: readonly Account[],
  { account }: { readonly account?: number | undefined },
  rows: readonly Transaction[],
): Promise<ReadonlyMap<string, string> | null> {
  const shown = account ?? (accounts.length === 1 ? accounts[0]!.account_id : undefined);
  if (!accounts.find(({ account_id }) => account_id === shown)?.tracks_cash) return null;
  const dates = [...new Set(rows.map(({ date }) => date))];
  const balances = await readCashOn(context.pool, userId, shown!, dates);
  return new Map(balances.map(({ currency, cash_date, balance }) => [`${currency} ${cash_date}`, balance]));
}

async function readDone(context: WebContext, userId: number, request: Request) {
  const { recorded, restored, edited, ...done } = parseInput(doneQuery, request.query);
  const find = (id: number | undefined) => (id === undefined ? null : findRecorded(context, userId, id));
  const rows = { recorded: await find(recorded), restored: await find(restored), edited: await find(edited) };
  const written = rows.recorded ?? rows.edited;
  const doubts = written ? await checkTrade(context, userId, written) : [];
  return {
    ...done,
    ...rows,
    isOneImported: done.imported === 1,
    doubts: doubts.map((doubt) => inWords(doubt, doubt.message)),
    uncounted: rows.recorded ? await describeUncounted(context, userId, rows.recorded.ticker) : [],
  };
}

/** The transaction just recorded; null when it has been deleted since. */
async function findRecorded(context: WebContext, userId: number, transactionId: number) {
  try {
    return await findTransaction(context, userId, transactionId);
  } catch (error) {
    if (describeError(error, "GET", "").code === "not_found") return null;
    throw error;
  }
}

function warningOf({ ticker, date }: Transaction, firstBars: ReadonlyMap<string, string>): string | null {
  const firstBar = ticker === null ? undefined : firstBars.get(ticker.trim().toUpperCase());
  return firstBar !== undefined && date < firstBar
    ? t("Before its first known price: valued at the last price you traded at until then")
    : null;
}
