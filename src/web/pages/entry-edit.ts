/** Editing one transaction of any type, and taking that back. */
import { type Request, type Response, Router } from "express";
import {
  editTransaction,
  findTransaction,
  type Transaction,
  undoLast,
  withSuggestion,
} from "../../ledger/index.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { withinSentence } from "../entry-words.ts";
import { NotFoundError } from "../errors.ts";
import { t } from "../messages/index.ts";
import { positiveId } from "../schemas.ts";
import { describeForm } from "./entry-form.ts";
import {
  asked,
  findErrors,
  isAsking,
  ownFields,
  readForm,
  readSurroundings,
  refusal,
  type State,
  saidOf,
  shownValues,
  unsent,
  valuesOfRow,
} from "./entry-state.ts";
import { type EntryField, entryOf, inWords, trades } from "./entry-types.ts";
import { type ChosenLots, chosenLots, describeLots, lotsSaid } from "./lots-form.ts";
import { environmentOf, type SendPage } from "./page.ts";
import { askOnce, corrected, describeQuestion, typedTrade } from "./trade-question.ts";

export function entryEditPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  router.get("/transactions/:id/edit", async (request, response) => {
    const transaction = await findTransaction(
      context,
      requirePerson(request).userId,
      transactionIdOf(request),
    );
    const state = unsent(valuesOfRow(transaction), transaction.lots);
    await sendEdit(context, sendPage, request, response, transaction, state);
  });

  router.post("/transactions/:id/edit", async (request, response) => {
    const { userId } = requirePerson(request);
    const transaction = await findTransaction(context, userId, transactionIdOf(request));
    const entry = entryOf(transaction);
    const read = readForm(request.body);
    const { use, keep, ...body } = read.values;
    const values = corrected(typedTrade({ ...valuesOfRow(transaction), ...body }), use);
    const isSale = (values.type ?? transaction.type) === "SELL";
    const chosen = isSale ? chosenLots(body, transaction.lots) : null;
    if (isAsking(body, chosen)) {
      const state = asked(values, chosen, body, read);
      return sendEdit(context, sendPage, request, response, transaction, state);
    }
    const wrong = findErrors(context, { entry, values, chosen }, read, null);
    if (wrong) return sendEdit(context, sendPage, request, response, transaction, wrong);
    try {
      const change = { ...changeOf(transaction, values), ...lotsChange(transaction, chosen) };
      if (Object.keys(change).length > 0)
        await editTransaction(context, userId, transaction.transaction_id, change, askOnce(values, keep));
      response.redirect(303, `/transactions?edited=${transaction.transaction_id}`);
    } catch (error) {
      const explained = await withSuggestion(context, userId, error);
      const state = refusal(explained, { values, chosen, entry }, t("Not changed."));
      await sendEdit(context, sendPage, request, response, transaction, state);
    }
  });

  router.post("/transactions/:id/undo", async (request, response) => {
    const { userId } = requirePerson(request);
    const id = transactionIdOf(request);
    try {
      await undoLast(context, userId, id);
      response.redirect(303, `/transactions?edited=${id}`);
    } catch (error) {
      const transaction = await findTransaction(context, userId, id);
      const shown = {
        values: valuesOfRow(transaction),
        chosen: transaction.lots,
        entry: entryOf(transaction),
      };
      const state = refusal(error, shown, t("Not taken back."));
      await sendEdit(context, sendPage, request, response, transaction, state);
    }
  });
  return router;
}

function transactionIdOf(request: Request): number {
  const result = positiveId.safeParse(request.params.id);
  if (!result.success) throw new NotFoundError("transaction", request.params.id);
  return result.data;
}

/** Of a form that shows them: null where none is chosen any more. */
function lotsChange({ lots }: Transaction, chosen: ChosenLots): Record<string, unknown> {
  const said = lotsSaid(chosen);
  return chosen === null || JSON.stringify(said) === JSON.stringify(lots) ? {} : { lots: said };
}

/** What is another than it was; null: nothing any more. */
function changeOf(before: Transaction, values: Readonly<Record<string, string>>): Record<string, unknown> {
  const was: Readonly<Record<string, string | undefined>> = valuesOfRow(before);
  const entry = entryOf(before);
  const fields = before.transfer_id === null ? [...ownFields, ...entry.fields, "type"] : ["note", "tags"];
  const changed = fields.filter((field) => (values[field] ?? "").trim() !== (was[field] ?? ""));
  return Object.fromEntries(changed.map((field) => [field, saidOf(field, values[field] ?? "")]));
}

async function sendEdit(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
  transaction: Transaction,
  state: State,
): Promise<void> {
  const { values, chosen, errors, unread, problem, question, status } = state;
  const { userId } = requirePerson(request);
  const entry = entryOf(transaction);
  const isOneSide = transaction.transfer_id !== null;
  const { accounts, tickers, currencies } = await readSurroundings(context, userId);
  const { format } = environmentOf(context, request, currencies);
  const { locale } = format;
  const isTrade = trades.includes(entry) && !isOneSide;
  const instead = transaction.transaction_id;
  const lots = isTrade
    ? await describeLots(context, userId, { values, chosen, unread, locale, error: errors.lots, instead })
    : null;
  sendPage(request, response, {
    view: "entry",
    title: t("Edit: {entry}", { entry: withinSentence(t(entry.label)) }),
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
        isOneSide,
      }),
      action: `/transactions/${transaction.transaction_id}/edit`,
      edited: transaction,
      isOneSide,
      types: isTrade
        ? trades.map(({ type, label }) => ({
            type,
            label: t(label),
            isChosen: type === typeOf(values, transaction),
          }))
        : null,
      typeError: errors["type" as EntryField],
      tickers,
      currencyCodes: currencies.all,
    },
  });
}

const typeOf = (values: Readonly<Record<string, string>>, { type }: Transaction): string =>
  values.type ?? type;
