/** Schemas of the values that come in and go out everywhere. Row schemas come from asset declarations. */
import { z } from "zod";
import type { AnyAsset, Columns, ColumnType, RowOf } from "./engine/index.ts";

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
