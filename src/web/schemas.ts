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

/** How many rows a page of a list has. */
export const pageLimit = z.coerce.number().int().min(1).max(500).default(50);

/** An id in a path or a cursor. */
export const positiveId = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);
