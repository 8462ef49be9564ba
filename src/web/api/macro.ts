import { z } from "zod";
import { gold_macro_context } from "../../../assets/macro.ts";
import { type Route, route } from "../route.ts";
import { dateRange, rowSchema, selectColumns } from "../schemas.ts";

export const macroRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/api/macro",
    summary: "The macro regime and its indicators, day by day",
    access: "person",
    query: dateRange,
    status: 200,
    answer: z.object({ rows: z.array(rowSchema(gold_macro_context)) }),
    handle: async ({ context, query: { from, to } }) => {
      const { rows } = await context.pool.query(
        `select ${selectColumns(gold_macro_context)}
         from gold_macro_context
         where date >= coalesce($1::date, '-infinity') and date <= coalesce($2::date, 'infinity')
         order by date`,
        [from ?? null, to ?? null],
      );
      return { rows };
    },
  }),
];
