/** Schemas of what addresses name, where several routes share them. */
import { z } from "zod";
import { characters, day, wholeNumber, wholeNumberOr } from "../values.ts";
import { dayPage } from "./row-list.ts";

/** A page of days. */
export const dateRange = z
  .object({ from: day.optional(), to: day.optional(), ...dayPage })
  .refine(({ from, to }) => !from || !to || from <= to, {
    path: ["to"],
    message: "expected a date not before `from`",
  });

/** How many rows a page of a list has. */
export const pageLimit = wholeNumberOr(50, 1, 500);

/** An id in a path or a cursor. */
export const positiveId = wholeNumber(1, Number.MAX_SAFE_INTEGER);

/** Of what is said of accounts, too. */
export const accountQuery = characters(1, 60)
  .optional()
  .describe("Id or name of an account: its figures alone; default: of all together");
