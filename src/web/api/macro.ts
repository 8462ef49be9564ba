import { z } from "zod";
import { gold_macro_context } from "../../../assets/macro.ts";
import { readMacroContext } from "../../portfolio/index.ts";
import { rowSchema } from "../../values.ts";
import { type Route, route } from "../route.ts";
import { sendRows } from "../row-list.ts";
import { dateRange } from "../schemas.ts";

export const macroRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/api/macro",
    summary: "The macro regime and its indicators, day by day",
    access: "person",
    query: dateRange,
    status: 200,
    answer: z.object({ rows: z.array(rowSchema(gold_macro_context)) }),
    handle: (input) => sendRows(input, "date", (page) => readMacroContext(input.context.pool, page)),
  }),
];
