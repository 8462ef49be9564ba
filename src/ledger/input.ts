/** A transaction as it comes in, parsed once. */
import { z } from "zod";
import { inMajor, isCurrency, type Unit, unitOf } from "../market/currency.ts";
import { FutureDateError, InvalidTransactionError, type TransactionField } from "./errors.ts";
import { absenceWords } from "./field-words.ts";
import { expectations, mostDecimals } from "./fields.ts";
import { schemaOf, singleTypes } from "./schemas.ts";
import type { TransactionType } from "./transaction-types.ts";

/** A transaction that somebody wants recorded, checked; decimals without exponent and trailing zeros. Absent: it has none. */
export interface TransactionInput {
  readonly ticker?: string;
  readonly type: TransactionType;
  readonly quantity?: string;
  readonly price?: string;
  readonly fee: string;
  readonly date: string;
  /** ISO code of what it was paid in; absent: the ticker's own currency, or, of cash, the account's. */
  readonly currency?: string;
  /** What one of it was worth in the person's base currency; absent: the day's rate. */
  readonly fx_rate?: string;
  /** Id or name; absent: the default one. */
  readonly account?: number | string;
  readonly amount?: string;
  readonly tax?: string;
  readonly numerator?: string;
  readonly denominator?: string;
  readonly acquired_on?: string;
  /** transaction_id of a purchase -> how much of it is sold. */
  readonly lots?: Readonly<Record<string, string>>;
  readonly note?: string;
  readonly tags?: readonly string[];
  readonly external_id?: string;
}

/** A purchase or a sale. */
export interface TradeInput extends TransactionInput {
  readonly type: "BUY" | "SELL";
  readonly ticker: string;
  readonly quantity: string;
  readonly price: string;
}

export const isTradeInput = (input: TransactionInput): input is TradeInput =>
  input.type === "BUY" || input.type === "SELL";

/** A day that the ledger can hold. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || text < "1900-01-01") return false;
  const instant = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(text); // 2024-02-30 would be March
}

/** Made once: to make a schema takes longer than all the rest of a row. */
const someFields = z.record(z.string(), z.unknown());

/** A form sends an empty field for what nobody said. */
const isSaid = (value: unknown): boolean => value !== undefined && value !== null && value !== "";

const named = (type: string): string => `${/^[AEIOU]/.test(type) ? "an" : "a"} ${type}`;

const fieldNames = Object.keys(expectations) as TransactionField[];

/** Throws for what is said and the type does not have: left out in silence it would be lost. */
function refuseOthers(
  fields: Readonly<Record<string, unknown>>,
  type: TransactionType,
  schema: z.ZodObject,
): void {
  for (const name of fieldNames) {
    const value = fields[name];
    if (!isSaid(value) || name in schema.shape) continue;
    // As a form has them that shows them for every type.
    if ((name === "fee" || name === "tax") && Number(value) === 0) continue;
    if (name === "price" && type === "BONUS" && Number(value) === 0) continue; // which is what a bonus costs
    throw new InvalidTransactionError(name, absence(name, type), value, absenceWords(name));
  }
}

function absence(name: TransactionField, type: TransactionType): string {
  if (name === "market_value")
    return "left out: corporate actions are written by POST /api/corporate-actions";
  if (name === "transfer_id" || name === "group_id")
    return "left out: what is written together is written by POST /api/transfers";
  if (name === "amount" && (type === "BUY" || type === "SELL"))
    return `left out, for ${named(type)} has a quantity and a price`;
  if (name === "quantity" && type.startsWith("TRANSFER"))
    return "left out where cash is transferred, which has no ticker";
  if (name === "amount" && type === "TRANSFER_OUT") return "left out, for what shares had cost is known here";
  return `left out, for ${named(type)} has none`;
}

function expectationOf(name: TransactionField, schema: z.ZodObject): string {
  const described = (schema.shape[name] as z.ZodType | undefined)?.description;
  return name === "amount" && described ? described : expectations[name];
}

/** Throws InvalidTransactionError for the first field that is wrong, or FutureDateError. `clock` says what day it is. */
export function parseTransactionInput(
  input: unknown,
  clock: () => Date,
  types: readonly TransactionType[] = singleTypes,
): TransactionInput {
  const fields = someFields.safeParse(input).data ?? {};
  const type = types.find((one) => one === fields.type);
  if (type === undefined && !isSaid(fields.type) && !isSaid(fields.ticker))
    throw new InvalidTransactionError("ticker", expectations.ticker, fields.ticker);
  if (type === undefined) throw refusedType(fields.type);
  const schema = schemaOf(type, isSaid(fields.ticker));
  const parsed = schema.safeParse(
    Object.fromEntries(Object.entries(fields).filter(([, value]) => isSaid(value))),
  );
  if (!parsed.success) throw problemsOf(parsed.error, schema, fields)[0]!;
  refuseOthers(fields, type, schema);
  const said = parsed.data as unknown as Omit<TransactionInput, "fee"> & { readonly fee?: string };
  const today = latestToday(clock());
  if (said.date > today) throw new FutureDateError(said.date, today);
  if (said.acquired_on !== undefined && said.acquired_on > said.date)
    throw new InvalidTransactionError("acquired_on", expectations.acquired_on, said.acquired_on);
  return inMajorUnit({ fee: "0", ...said });
}

/** Each field once. */
function problemsOf(
  { issues }: z.ZodError,
  schema: z.ZodObject,
  fields: Readonly<Record<string, unknown>>,
): InvalidTransactionError[] {
  const wrong = [...new Set(issues.map(({ path }) => path[0] as TransactionField))];
  return wrong.map(
    (field) => new InvalidTransactionError(field, expectationOf(field, schema), fields[field]),
  );
}

/** Everything that is wrong with it in itself, field by field: of a form all is told at once. The first is what parseTransactionInput throws. */
export function findInputProblems(
  input: unknown,
  clock: () => Date,
  types: readonly TransactionType[] = singleTypes,
): (InvalidTransactionError | FutureDateError)[] {
  const fields = someFields.safeParse(input).data ?? {};
  try {
    parseTransactionInput(input, clock, types);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidTransactionError || error instanceof FutureDateError)) throw error;
    const type = types.find((one) => one === fields.type);
    if (type === undefined) return [error];
    const schema = schemaOf(type, isSaid(fields.ticker));
    const said = Object.fromEntries(Object.entries(fields).filter(([, value]) => isSaid(value)));
    const parsed = schema.safeParse(said);
    if (parsed.success) return [error];
    const today = latestToday(clock());
    const { date } = fields;
    const isLate = typeof date === "string" && isDate(date) && date > today;
    return [
      ...problemsOf(parsed.error, schema, fields),
      ...(isLate ? [new FutureDateError(date, today)] : []),
    ];
  }
}

function refusedType(type: unknown): InvalidTransactionError {
  const expected =
    type === "FX_IN" || type === "FX_OUT"
      ? "another one: both sides of a conversion are written at once, by POST /api/transfers"
      : expectations.type;
  return new InvalidTransactionError("type", expected, type);
}

/** What was typed in pence is pounds from here on; exactly, or not at all. */
function inMajorUnit(input: TransactionInput): TransactionInput {
  if (input.currency === undefined) return input;
  const unit = unitOf(input.currency);
  if (!unit || !isCurrency(unit.currency))
    throw new InvalidTransactionError("currency", expectations.currency, input.currency);
  const sums = (["price", "amount", "fee", "tax"] as const).flatMap((field) =>
    input[field] === undefined ? [] : [[field, paid(field, input[field], unit)] as const],
  );
  return { ...input, currency: unit.currency, ...Object.fromEntries(sums) };
}

function paid(field: "price" | "amount" | "fee" | "tax", typed: string, unit: Unit): string {
  const amount = inMajor(typed, unit);
  if ((amount.split(".")[1]?.length ?? 0) <= mostDecimals) return amount;
  throw new InvalidTransactionError(field, `${expectations[field]}, in ${unit.currency}`, amount);
}

/** Today where a day begins first (UTC+14), and so today for everybody. The table allows a whole day beyond UTC's. */
export function latestToday(now: Date): string {
  return new Date(now.getTime() + 14 * 3600_000).toISOString().slice(0, 10);
}
