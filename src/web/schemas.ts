/** Schemas of what comes in and goes out, where several routes share them. Row schemas come from asset declarations. */
import { z } from "zod";
import { type AnyAsset, type Columns, type ColumnType, quoteColumns, type RowOf } from "../engine/index.ts";

/** Money and quantities: exact, so a string. */
export const decimal = z.string().meta({ format: "decimal", examples: ["1234.56"] });

/** What PostgreSQL can hold as text: anything but NUL. */
export const text = z
  .string()
  .refine((value) => !value.includes("\0"), "expected text without NUL characters");

/** `YYYY-MM-DD`; within what PostgreSQL's dates and anybody's prices reach. */
export const day = z.iso
  .date("expected a date YYYY-MM-DD")
  .refine((value) => value >= "1900-01-01", "expected a date from 1900-01-01 on");

/** An instant, in UTC. pg gives a Date, JSON an ISO 8601 string. */
export const instant: z.ZodType<Date> = z.iso.datetime() as unknown as z.ZodType<Date>;

export const dateRange = z
  .object({ from: day.optional(), to: day.optional() })
  .refine(({ from, to }) => !from || !to || from <= to, {
    path: ["to"],
    message: "expected a date not before `from`",
  });

/** How many rows a page of a list has. */
export const pageLimit = z.coerce.number().int().min(1).max(500).default(50);

/** An id in a path or a cursor. */
export const positiveId = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);

const typeSchemas: Readonly<Record<ColumnType, z.ZodType>> = {
  text: z.string(),
  bigint: z.int(),
  integer: z.int(),
  numeric: decimal,
  "double precision": z.number(),
  boolean: z.boolean(),
  date: z.iso.date(),
  "timestamp with time zone": instant,
  jsonb: z.unknown(),
};

/** What a row of an asset is in JSON, with the description of each column. `omitted`: columns that are not shown. */
export function rowSchema<A extends AnyAsset & { columns: Columns }, O extends keyof RowOf<A> = never>(
  asset: A,
  ...omitted: O[]
): z.ZodType<Omit<RowOf<A>, O>> {
  const columns = Object.entries(asset.columns).filter(([name]) => !(omitted as string[]).includes(name));
  return z
    .object(
      Object.fromEntries(
        columns.map(([name, { type, nullable, description }]) => {
          const schema = nullable ? typeSchemas[type].nullable() : typeSchemas[type];
          return [name, schema.describe(description)];
        }),
      ),
    )
    .meta({ description: asset.description }) as unknown as z.ZodType<Omit<RowOf<A>, O>>;
}

/** The columns of `rowSchema`, for a select list. */
export function selectColumns<A extends AnyAsset>(asset: A, ...omitted: string[]): string {
  return quoteColumns(Object.keys(asset.columns).filter((column) => !omitted.includes(column)));
}
