/** What weights a person aims at, for their export. */
import { z } from "zod";
import { decimal } from "../values.ts";

const target = {
  ticker: z.string().describe("Empty: cash"),
  weight: decimal.describe("0.05 is five percent"),
};

export const targetTables = {
  target_weights: {
    row: z.object(target),
    columns: Object.keys(target),
    select: `
      select ticker, trim_scale(weight) as weight
      from public.target_weights
      where user_id = $1
      order by ticker`,
  },
};
