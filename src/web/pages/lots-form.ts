/** The purchases that a sale takes, chosen on its form: read, shown and checked. */
import { Big } from "big.js";
import { type OpenLots, readOpenLots, readTradeDraft, tradeSubject } from "../../ledger/index.ts";
import { inMajor, unitOf } from "../../market/currency.ts";
import type { WebContext } from "../context.ts";
import { t } from "../messages/index.ts";
import { showNumber } from "../number-input.ts";
import type { EntryValues } from "./entry-form.ts";

/** What was typed beside each purchase, by its transaction_id; null: nobody asked to choose. */
export type ChosenLots = Readonly<Record<string, string>> | null;

const plainDecimal = /^\s*\d{1,15}(?:\.\d{0,12})?\s*$/;

/** `body`: of the form. `before`: what the sale names already. */
export function chosenLots(body: Readonly<Record<string, string>>, before: ChosenLots = null): ChosenLots {
  if (body.choose === undefined && body.lots !== "shown") return null;
  if (body.lots !== "shown") return before ?? {};
  return Object.fromEntries(
    Object.entries(body).flatMap(([name, value]): [string, string][] => {
      const id = /^lot-([1-9]\d{0,15})$/.exec(name)?.[1];
      return id === undefined || value.trim() === "" || isNone(value) ? [] : [[id, value.trim()]];
    }),
  );
}

const isNone = (value: string): boolean => /^[\s0]*(?:\.0*)?\s*$/.test(value);

/** As the ledger takes them; null: by the person's method. */
export const lotsSaid = (chosen: ChosenLots): Readonly<Record<string, string>> | null =>
  chosen === null || Object.keys(chosen).length === 0 ? null : chosen;

/** Exactly; null: something is no figure. */
function sumOf(figures: readonly string[]): Big | null {
  return figures.every((figure) => plainDecimal.test(figure))
    ? figures.reduce((sum, figure) => sum.plus(figure.trim()), new Big(0))
    : null;
}

interface Subject {
  readonly values: EntryValues;
  readonly chosen: ChosenLots;
  /** Numbers that could not be read, as they were typed. */
  readonly unread: Readonly<Record<string, string>>;
  /** In which the page writes numbers. */
  readonly locale: string;
  /** Why the ledger did not take them. */
  readonly error: string | undefined;
  /** The sale that is edited. */
  readonly instead?: number | undefined;
}

/** A share's price in the person's base currency, as far as the form says it; null: not yet, or nobody knows the rate. */
async function priceInBase(context: WebContext, userId: number, values: EntryValues): Promise<Big | null> {
  const price = values.price?.trim() ?? "";
  const { success, data } = tradeSubject.safeParse(values);
  if (!success || !plainDecimal.test(price)) return null;
  const draft = await readTradeDraft(context, userId, data.ticker, data.date, values.account || undefined);
  const typedIn = values.currency?.trim() ?? "";
  const unit = typedIn === "" ? null : unitOf(typedIn);
  const currency = unit?.currency ?? draft.currency ?? draft.base_currency;
  const amount = unit ? inMajor(price, unit) : price;
  if (currency === draft.base_currency) return new Big(amount);
  const own = values.fx_rate?.trim() ?? "";
  if (plainDecimal.test(own)) return new Big(amount).times(own);
  return draft.rate === null || currency !== draft.currency ? null : new Big(amount).times(draft.rate);
}

const methodNames = { average: "", fifo: "FIFO", lifo: "LIFO", hifo: "HIFO" } as const;

/** Where the form may ask; `isShown`: it was asked for. */
export async function describeLots(context: WebContext, userId: number, subject: Subject) {
  const { values, chosen, unread, locale, error, instead } = subject;
  if (chosen === null) return { isShown: false };
  const { success, data } = tradeSubject.safeParse(values);
  if (!success) return { isShown: true, isUnsaid: true, error };
  const account = values.account ? Number(values.account) || values.account : undefined;
  const open: OpenLots = await readOpenLots(context, userId, { ...data, account, instead });
  const price = await priceInBase(context, userId, values);
  const sum = sumOf(Object.values(chosen));
  const quantity = sumOf([values.quantity || "0"]);
  const gone = Object.keys(chosen).filter(
    (id) => !open.lots.some(({ transaction_id }) => String(transaction_id) === id),
  );
  const rows = open.lots.map((lot) => ({
    ...lot,
    term: lot.term === "long" ? t("long") : t("short"),
    value: unread[`lot-${lot.transaction_id}`] ?? showNumber(chosen[lot.transaction_id] ?? "", locale),
    isElsewhere: lot.buy_date !== lot.date,
    gain: price === null ? null : price.times(lot.quantity).minus(lot.cost).toFixed(),
    isWrong:
      `lot-${lot.transaction_id}` in unread ||
      (chosen[lot.transaction_id] !== undefined && !plainDecimal.test(chosen[lot.transaction_id]!)),
  }));
  return {
    isShown: true,
    error: error ?? (gone.length > 0 ? goneProblem(gone.length) : undefined),
    rows,
    base: open.base_currency,
    hasPrice: price !== null,
    hasTransferred: rows.some(({ isElsewhere }) => isElsewhere),
    ticker: data.ticker,
    date: data.date,
    isAverage: open.method === "average",
    method: methodNames[open.method],
    chosen: sum?.toFixed() ?? null,
    isTooMuch: sum !== null && quantity !== null && sum.gt(quantity),
  };
}

const goneProblem = (count: number): string =>
  t(
    "{count, plural, one {One purchase that you had chosen is} other {# purchases that you had chosen are}} not among those below, and no longer chosen.",
    { count },
  );

/** The first quantity that is no figure, in words; undefined: all are. */
export function findWrongLot(chosen: ChosenLots): string | undefined {
  const wrong = Object.values(chosen ?? {}).find((value) => !plainDecimal.test(value));
  return wrong === undefined
    ? undefined
    : t(
        "“{typed}” is no quantity: enter how much of each purchase was sold, 0 or more, with at most 12 decimals.",
        { typed: wrong.trim().slice(0, 40) },
      );
}
