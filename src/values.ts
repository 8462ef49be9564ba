/** Schemas of the values that come in and go out everywhere. Row schemas come from asset declarations. */
import { z } from "zod";
import type { AnyAsset, Columns, ColumnType, RowOf } from "./engine/index.ts";

/** Money and quantities: exact, so a string. */
export const decimal = z.string().meta({ format: "decimal", examples: ["1234.56"] });

/**
 * Text that PostgreSQL can hold, of so many characters as JSON Schema and people count them: one that takes two places of a
 * string is one.
 */
export function characters(least: number, most: number) {
  const expected = `expected ${least} to ${most} characters`;
  const isOfLength = (value: string): boolean => {
    if (value.length > 2 * most) return false;
    const { length } = [...value];
    return length >= least && length <= most;
  };
  return z
    .string()
    .regex(/^[^\0]*$/, "expected text without NUL characters")
    .refine(isOfLength, expected)
    .meta({ minLength: least, maxLength: most });
}

/** As `characters`, and not of blanks alone; those around it are left out. */
export const nonblank = (most: number) => characters(1, most).regex(/\S/, "expected more than blanks").trim();

/** `YYYY-MM-DD`; within what PostgreSQL's dates and anybody's prices reach. */
export const day = z.iso
  .date("expected a date YYYY-MM-DD")
  .regex(/^(?:19|[2-9]\d)/, "expected a date from 1900-01-01 on")
  .meta({ format: "date" });

/** In an address, and in decimal digits alone: `Number` takes blanks, 0x10 and 1e3, too. */
function digits(least: number, most: number) {
  return z
    .string()
    .regex(/^[1-9]\d{0,15}$/, { abort: true, error: `expected a whole number from ${least} to ${most}` })
    .transform(Number)
    .pipe(z.int().min(least).max(most));
}

/** How the API's description has it. */
const integerType = (minimum: number, maximum: number) =>
  ({ type: "integer", pattern: undefined, minimum, maximum }) as const;

/** A whole number in an address. */
export const wholeNumber = (least: number, most: number) =>
  digits(least, most).meta(integerType(least, most));

/** The same, where it may be left out. */
export const wholeNumberOr = (usual: number, least: number, most: number) =>
  digits(least, most)
    .default(usual)
    .meta({ ...integerType(least, most), default: usual });

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

const shifted = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);

export const dayBefore = (day: string): string => shifted(day, -1);
export const dayAfter = (day: string): string => shifted(day, 1);
