/** What a transaction of each type has: one schema per type. */
import { z } from "zod";
import * as field from "./fields.ts";
import { type TransactionType, transactionTypes } from "./transaction-types.ts";

/** Those that a person writes by themselves; the others come in pairs. */
export const singleTypes = transactionTypes.filter((type) => type !== "FX_IN" && type !== "FX_OUT");

const optionalTicker = field.ticker.optional();
const money = { currency: field.currency, fx_rate: field.fxRate };
/** Of all types. */
const said = {
  account: field.account,
  note: field.note,
  tags: field.tags,
  external_id: field.externalId,
};
const trade = { ticker: field.ticker, quantity: field.quantity, price: field.price };

/** A type of which there are two, of shares and of cash, has both: with a ticker it is the first. */
type Schemas = readonly [z.ZodObject, z.ZodObject?];

const schema = <T extends TransactionType, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.object({ ...shape, type: z.literal(type), date: field.date, ...said });

const cashMovement = { amount: field.positiveAmount, fee: field.fee, ...money };

const schemas = {
  BUY: [schema("BUY", { ...trade, fee: field.fee, tax: field.tax, ...money })],
  SELL: [schema("SELL", { ...trade, fee: field.fee, tax: field.tax, ...money, lots: field.lots })],
  DIVIDEND: [
    schema("DIVIDEND", {
      ticker: field.ticker,
      amount: field.signedAmount,
      fee: field.fee,
      tax: field.tax,
      ...money,
    }),
  ],
  INTEREST: [
    schema("INTEREST", {
      ticker: optionalTicker,
      amount: field.signedAmount,
      fee: field.fee,
      tax: field.tax,
      ...money,
    }),
  ],
  DEPOSIT: [schema("DEPOSIT", cashMovement)],
  WITHDRAWAL: [schema("WITHDRAWAL", cashMovement)],
  FEE: [schema("FEE", { ticker: optionalTicker, amount: field.signedAmount, ...money })],
  TAX: [schema("TAX", { ticker: optionalTicker, amount: field.signedAmount, ...money })],
  TRANSFER_IN: [
    schema("TRANSFER_IN", {
      ticker: field.ticker,
      quantity: field.quantity,
      amount: field.cost,
      acquired_on: field.acquiredOn,
      fee: field.fee,
      ...money,
    }),
    schema("TRANSFER_IN", cashMovement),
  ],
  TRANSFER_OUT: [
    schema("TRANSFER_OUT", { ticker: field.ticker, quantity: field.quantity, fee: field.fee, ...money }),
    schema("TRANSFER_OUT", cashMovement),
  ],
  FX_IN: [schema("FX_IN", cashMovement)],
  FX_OUT: [schema("FX_OUT", cashMovement)],
  SPLIT: [schema("SPLIT", { ticker: field.ticker, numerator: field.ratio, denominator: field.ratio })],
  RETURN_OF_CAPITAL: [
    schema("RETURN_OF_CAPITAL", {
      ticker: field.ticker,
      amount: field.positiveAmount,
      fee: field.fee,
      ...money,
    }),
  ],
  BONUS: [schema("BONUS", { ticker: field.ticker, quantity: field.quantity, fee: field.fee, ...money })],
} satisfies Readonly<Record<TransactionType, Schemas>>;

/** What a transaction of the type, of a ticker or of none, is parsed by. */
export function schemaOf(type: TransactionType, hasTicker: boolean): z.ZodObject {
  const [first, ofCash]: Schemas = schemas[type];
  return !hasTicker && ofCash ? ofCash : first;
}

/** What the API's description is made from. */
export const transactionInput = z.union(
  singleTypes.flatMap((type) => (schemas[type] as Schemas).filter((one) => one !== undefined)) as [
    z.ZodObject,
    ...z.ZodObject[],
  ],
);

/** What an edit may say: any field of any type; null: it has none. */
export const transactionChange = z.object({
  type: z.enum(transactionTypes).optional(),
  date: field.date.optional(),
  ...Object.fromEntries(
    Object.entries({
      ...said,
      ...trade,
      ...money,
      amount: field.signedAmount,
      fee: field.fee,
      tax: field.tax,
      numerator: field.ratio,
      denominator: field.ratio,
      acquired_on: field.acquiredOn,
      lots: field.lots,
    }).map(([name, schema]) => [name, (schema as z.ZodType).nullable().optional()]),
  ),
});

/** What a trade is of. */
export const tradeSubject = z.object({ ticker: field.ticker, date: field.date });
export const { marketTicker, price: tradePrice } = field;
