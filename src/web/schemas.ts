/** Schemas of what addresses name, where several routes share them. */
import { z } from "zod";
import { day } from "../values.ts";
import { dayPage } from "./row-list.ts";

/** A page of days. */
export const dateRange = z
  .object({ from: day.optional(), to: day.optional(), ...dayPage })
  .refine(({ from, to }) => !from || !to || from <= to, {
    path: ["to"],
    message: "expected a date not before `from`",
  });

/** In an address, and in decimal digits alone: `Number` takes blanks, 0x10 and 1e3, too. */
function integer(least: number, most: number) {
  return z
    .string()
    .regex(/^[1-9]\d{0,15}$/, { abort: true, error: `expected a whole number from ${least} to ${most}` })
    .transform(Number)
    .pipe(z.int().min(least).max(most));
}

/** How the API's description has it. */
const integerType = (minimum: number, maximum: number) =>
  ({ type: "integer", pattern: undefined, minimum, maximum }) as const;

/** How many rows a page of a list has. */
export const pageLimit = integer(1, 500)
  .default(50)
  .meta({ ...integerType(1, 500), default: 50 });

/** An id in a path or a cursor. */
export const positiveId = integer(1, Number.MAX_SAFE_INTEGER).meta(integerType(1, Number.MAX_SAFE_INTEGER));
