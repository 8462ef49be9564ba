/** Corporate actions: the kind is chosen, the terms are said, what would be written is shown, and then it is written, and can be undone. */

import { type Request, type Response, Router } from "express";
import { z } from "zod";
import {
  announceCorporateAction,
  announcedKinds,
  applyAgain,
  applyOffer,
  type CorporateAction,
  type CorporateActionKind,
  corporateActionKinds,
  findCorporateAction,
  listAccounts,
  listAnnouncements,
  listCorporateActions,
  listOffers,
  readLedgerCurrencies,
  recordCorporateAction,
  type Transaction,
  undoCorporateAction,
  withdrawAnnouncement,
  withSuggestion,
} from "../../ledger/index.ts";
import { readTransferredCost } from "../../portfolio/index.ts";
import { requireOperator, requirePerson, type WebContext } from "../context.ts";
import { withinSentence } from "../entry-words.ts";
import { NotFoundError } from "../errors.ts";
import { t } from "../messages/index.ts";
import { numberLocale, readNumbers, shownNumbers } from "../number-input.ts";
import { parseInput } from "../route.ts";
import { kindForms, optionalTerms, summaryOf, type TermName } from "./corporate-action-forms.ts";
import { ledgerRow } from "./ledger-row.ts";
import { environmentOf, type Problem, refusal, type SendPage } from "./page.ts";

const root = "/transactions/corporate-actions";
const text = z.string().max(10_000);
const form = z.record(z.string().max(50), text);
type Values = Readonly<Record<string, string>>;

interface State {
  readonly values: Values;
  readonly errors: Values;
  /** Numbers that could not be read, as they were typed. */
  readonly unread?: Values;
  readonly problem: Problem | null;
  readonly status: number;
}

const unsent = (values: Values): State => ({ values, errors: {}, problem: null, status: 200 });
const costOf = readTransferredCost;

export function corporateActionPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  router.get(root, (request, response) => sendList(context, sendPage, request, response, null));

  router.get(`${root}/new/:kind`, async (request, response) => {
    const ticker = text.max(20).safeParse(request.query.ticker).data ?? "";
    const date = context.clock().toISOString().slice(0, 10);
    await sendForm(context, sendPage, request, response, unsent({ date, ticker, is_exercised: "yes" }));
  });

  router.post(`${root}/new/:kind`, async (request, response) => {
    requirePerson(request);
    const { step, csrf_token: _, number_locale, ...sent } = parseInput(form, request.body ?? {});
    const read = readNumbers(sent, isNumber, parseInput(numberLocale, number_locale));
    const { values, errors, unread } = read;
    if (Object.keys(errors).length > 0) {
      const state = { ...unsent(values), errors, unread, status: 422 };
      return sendForm(context, sendPage, request, response, state);
    }
    if (step === "change") return sendForm(context, sendPage, request, response, unsent(values));
    try {
      await answerWizard(context, sendPage, request, response, values, step !== "write");
    } catch (error) {
      const { userId } = requirePerson(request);
      const explained = await withSuggestion(context, userId, error);
      await sendForm(context, sendPage, request, response, refused(explained, kindOf(request), values));
    }
  });

  router.post(`${root}/announcements/:id/apply`, async (request, response) => {
    const { userId } = requirePerson(request);
    try {
      const { action_id } = await applyOffer(context, userId, idOf(request), costOf);
      response.redirect(303, `${root}/${action_id}?written=1`);
    } catch (error) {
      await sendList(context, sendPage, request, response, refusal(error, t("Not applied.")));
    }
  });

  router.post(`${root}/announcements/:id/withdraw`, async (request, response) => {
    const operator = requireOperator(request);
    const { undone, left_out } = await withdrawAnnouncement(context, operator.userId, idOf(request));
    response.redirect(303, `${root}?withdrawn=${undone}&left_out=${sumOf(left_out)}`);
  });

  router.get(`${root}/:id`, (request, response) => sendAction(context, sendPage, request, response, null));

  router.post(`${root}/:id/undo`, async (request, response) => {
    const { userId } = requirePerson(request);
    try {
      await undoCorporateAction(context, userId, idOf(request));
      response.redirect(303, `${root}?undone=1`);
    } catch (error) {
      await sendAction(context, sendPage, request, response, refusal(error, t("Not undone.")));
    }
  });

  router.post(`${root}/:id/apply`, async (request, response) => {
    const { userId } = requirePerson(request);
    try {
      await applyAgain(context, userId, idOf(request), costOf);
      response.redirect(303, `${root}/${idOf(request)}?applied=1`);
    } catch (error) {
      await sendAction(context, sendPage, request, response, refusal(error, t("Not applied.")));
    }
  });
  return router;
}

function kindOf(request: Request): CorporateActionKind {
  const kind = corporateActionKinds.find((one) => one.replaceAll("_", "-") === request.params.kind);
  if (!kind) throw new NotFoundError("page", request.path);
  return kind;
}

function idOf(request: Request): string {
  const id = z.uuid().safeParse(request.params.id);
  if (!id.success) throw new NotFoundError("corporateAction", request.params.id);
  return id.data;
}

const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** As the ledger takes them: what the form of the kind has. */
function inputOf(kind: CorporateActionKind, values: Values): Record<string, unknown> {
  const names: readonly TermName[] = ["account", ...kindForms[kind].rows.flat()];
  const said = names.filter((name) => (values[name] ?? "").trim() !== "");
  const input = Object.fromEntries(said.map((name): [string, unknown] => [name, values[name]!.trim()]));
  if (input.account !== undefined) input.account = Number(input.account) || input.account;
  if (input.is_exercised !== undefined) input.is_exercised = input.is_exercised !== "no";
  return { ...input, kind };
}

/** Shows what would be written, or writes it. */
async function answerWizard(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
  values: Values,
  isPreview: boolean,
): Promise<void> {
  const kind = kindOf(request);
  const input = inputOf(kind, values);
  if (values.for === "everyone") {
    const operator = requireOperator(request);
    const announced = await announceCorporateAction(context, operator, input, { costOf, isPreview });
    if (isPreview)
      return sendPreview(context, sendPage, request, response, {
        values,
        terms: announced.terms,
        holders: announced,
      });
    const left = sumOf(announced.left_out);
    return response.redirect(303, `${root}?written=${announced.written}&left_out=${left}`);
  }
  const { userId, email } = requirePerson(request);
  const recorded = await recordCorporateAction(context, userId, input, { costOf, email, isPreview });
  if (!isPreview) return response.redirect(303, `${root}/${recorded.action_id}?written=1`);
  await sendPreview(context, sendPage, request, response, { values, recorded, terms: recorded.terms });
}

function refused(error: unknown, kind: CorporateActionKind, values: Values): State {
  const { status, field, problem } = refusal(error, t("Nothing was written."));
  const isShown = field !== undefined && kindForms[kind].rows.flat().includes(field as TermName);
  const errors = isShown ? { [field]: problem.message } : {};
  return { values, status, errors, problem: isShown ? null : problem };
}

const inputmodes: ReadonlySet<TermName> = new Set([
  "numerator",
  "denominator",
  "cost_share",
  "price",
  "new_price",
  "cash_per_share",
  "fraction_price",
]);

const isNumber = (field: string): boolean => inputmodes.has(field as TermName);

function describeField(
  context: WebContext,
  kind: CorporateActionKind,
  name: TermName,
  { values, errors }: State,
) {
  const { label, hint } = kindForms[kind].texts[name] ?? {};
  const isOptional = optionalTerms.has(name) || (kind === "merger" && name !== "ticker" && name !== "date");
  return {
    name,
    label: label === undefined ? name : t(label),
    hint: hint && t(hint),
    value: values[name] ?? "",
    error: errors[name],
    autocomplete: "off",
    required: !isOptional && !(kind === "spin_off" && name === "price"),
    ...(inputmodes.has(name) && { inputmode: "decimal" }),
    ...(name === "date" && { type: "date", max: context.clock().toISOString().slice(0, 10) }),
    ...(name === "ticker" && { list: "own-tickers" }),
    ...(name === "is_exercised" && {
      label: t("What was done"),
      choices: [
        { value: "yes", label: t("Shares were bought with them"), isSelected: values.is_exercised !== "no" },
        { value: "no", label: t("They were sold"), isSelected: values.is_exercised === "no" },
      ],
    }),
  };
}

async function sendForm(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
  state: State,
): Promise<void> {
  const { userId, role } = requirePerson(request);
  const kind = kindOf(request);
  const { label, help, rows } = kindForms[kind];
  const accounts = await listAccounts(context, userId);
  const currencies = await readLedgerCurrencies(context, userId, []);
  const { locale } = environmentOf(context, request).format;
  const shown = { ...state, values: shownNumbers(state.values, isNumber, state.unread ?? {}, locale) };
  sendPage(request, response, {
    view: "corporate-action-form",
    title: t(label),
    status: state.status,
    scripts: ["numbers.js"],
    currencies,
    data: {
      label: t(label),
      help: t(help),
      problem: state.problem,
      action: `${root}/new/${request.params.kind}`,
      canAnnounce: role === "operator" && announcedKinds.has(kind),
      isForEveryone: state.values.for === "everyone",
      rows: rows.map((names) => ({
        isPair: names.length > 1,
        fields: names.map((name) => describeField(context, kind, name, shown)),
      })),
      accounts:
        accounts.length > 1 && kind !== "rename"
          ? [
              { value: "", label: t("All that hold it"), isSelected: (state.values.account ?? "") === "" },
              ...accounts.map(({ account_id, name }) => ({
                value: String(account_id),
                label: name,
                isSelected: state.values.account === String(account_id),
              })),
            ]
          : null,
    },
  });
}

/** Rows of the ledger, each with its account where there is more than one. */
async function describeRows(context: WebContext, userId: number, transactions: readonly Transaction[]) {
  const accounts = await listAccounts(context, userId);
  const currencies = await readLedgerCurrencies(context, userId, transactions);
  const named = (id: number) =>
    accounts.length > 1 ? accounts.find(({ account_id }) => account_id === id)?.name : undefined;
  const rows = transactions.map((row) => ({
    ...ledgerRow(row, currencies.of(row)),
    tickerCurrency: currencies.of({ ticker: row.ticker, currency: null }),
    account: named(row.account_id),
  }));
  return { rows, currencies };
}

interface Shown {
  readonly values: Values;
  readonly terms: Awaited<ReturnType<typeof recordCorporateAction>>["terms"];
  readonly recorded?: Awaited<ReturnType<typeof recordCorporateAction>>;
  readonly holders?: Awaited<ReturnType<typeof announceCorporateAction>>;
}

async function sendPreview(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
  { values, terms, recorded, holders }: Shown,
): Promise<void> {
  const { userId } = requirePerson(request);
  const kind = kindOf(request);
  const { rows, currencies } = await describeRows(context, userId, recorded?.transactions ?? []);
  sendPage(request, response, {
    view: "corporate-action-preview",
    title: t("Check: {action}", { action: withinSentence(t(kindForms[kind].label)) }),
    currencies,
    data: {
      label: summaryOf(kind, terms.ticker, terms.new_ticker ?? null),
      terms,
      share: terms.cost_share === undefined ? null : Number(terms.cost_share),
      currency: currencies.of({ ticker: terms.ticker, currency: null }),
      action: `${root}/new/${request.params.kind}`,
      rows,
      renamed: recorded?.renamed?.length ?? null,
      holders,
      isOneHolder: holders?.holders === 1,
      // As they were typed: what was found is found again, or said to be another.
      hidden: Object.entries(values).map(([name, value]) => ({ name, value })),
    },
  });
}

/** What a person should know who has just recorded a transaction of a ticker: corporate actions that do not count it. */
export async function describeUncounted(context: WebContext, userId: number, ticker: string | null) {
  if (ticker === null) return [];
  const own = (await listCorporateActions(context, userId)).filter(
    (action) => action.ticker === ticker && action.later_trades > 0,
  );
  const offers = await listOffers(context, userId, ticker);
  return [
    ...own.map(({ action_id, kind, new_ticker }) => ({
      summary: summaryOf(kind, ticker, new_ticker),
      href: `${root}/${action_id}`,
    })),
    ...offers.map(({ kind, new_ticker }) => ({ summary: summaryOf(kind, ticker, new_ticker), href: root })),
  ];
}

const described = (action: CorporateAction) => ({
  ...action,
  summary: summaryOf(action.kind, action.ticker, action.new_ticker),
  isOneLater: action.later_trades === 1,
  isOneRow: action.transactions === 1,
});

async function sendAction(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
  refusedBy: { readonly status: number; readonly problem: Problem } | null,
): Promise<void> {
  const { userId } = requirePerson(request);
  const action = await findCorporateAction(context, userId, idOf(request));
  const { rows, currencies } = await describeRows(context, userId, action.rows);
  sendPage(request, response, {
    view: "corporate-action",
    title: summaryOf(action.kind, action.ticker, action.new_ticker),
    status: refusedBy?.status ?? 200,
    currencies,
    data: {
      action: described(action),
      rows,
      root,
      problem: refusedBy?.problem ?? null,
      isWritten: request.query.written !== undefined,
      isApplied: request.query.applied !== undefined,
    },
  });
}

const counted = z.coerce.number().int().min(0).max(1e9).optional().catch(undefined);
const notices = z.object({ written: counted, withdrawn: counted, left_out: counted });

async function sendList(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
  refusedBy: { readonly status: number; readonly problem: Problem } | null,
): Promise<void> {
  const { userId, role } = requirePerson(request);
  const offers = await listOffers(context, userId);
  const actions = await listCorporateActions(context, userId);
  const announcements = role === "operator" ? await listAnnouncements(context, userId) : [];
  const { written, withdrawn, left_out: leftOut } = parseInput(notices, request.query);
  sendPage(request, response, {
    view: "corporate-actions",
    title: t("Corporate actions"),
    status: refusedBy?.status ?? 200,
    data: {
      root,
      problem: refusedBy?.problem ?? null,
      offers: offers.map((one) => ({ ...one, summary: summaryOf(one.kind, one.ticker, one.new_ticker) })),
      kinds: corporateActionKinds.map((kind) => ({
        href: `${root}/new/${kind.replaceAll("_", "-")}`,
        label: t(kindForms[kind].label),
        help: t(kindForms[kind].help),
      })),
      actions: actions.map(described),
      announcements: announcements.map((one) => ({
        ...one,
        summary: summaryOf(one.kind, one.ticker, one.new_ticker),
        isUndone: one.withdrawn_at !== null || (one.holders > 0 && one.undone === one.holders),
      })),
      isUndone: request.query.undone !== undefined,
      announced: written === undefined ? null : { written, leftOut },
      withdrawn: withdrawn === undefined ? null : { undone: withdrawn, leftOut },
    },
  });
}
