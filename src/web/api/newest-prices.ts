/** The newest prices, when a person asks for them. */
import { z } from "zod";
import { personTransaction } from "../../database/person.ts";
import { requestNewestPrices } from "../../portfolio/index.ts";
import { instant } from "../../values.ts";
import { type Route, route } from "../route.ts";

export const newestPricesRoutes: readonly Route[] = [
  route({
    method: "post",
    path: "/api/portfolio/prices",
    summary:
      "Have the newest prices fetched of what one traded, and the rates that these need: what nobody asked for within ten minutes",
    access: "person",
    status: 202,
    answer: z.object({
      asked: z
        .object({
          requested_at: instant,
          is_new: z.boolean().describe("false: all of it was asked for already, at `requested_at`"),
        })
        .nullable()
        .describe("null: nothing of it is quoted on the market"),
    }),
    handle: async ({ context, person: { userId } }) => ({
      asked: await personTransaction(context.pool, userId, requestNewestPrices),
    }),
  }),
];
