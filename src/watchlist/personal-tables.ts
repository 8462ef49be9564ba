/** What a person watches, for their export. */
import { z } from "zod";
import { instant } from "../values.ts";

const watched = { ticker: z.string(), added_at: instant };

export const watchlistTables = {
  watchlist: {
    row: z.object(watched),
    columns: Object.keys(watched),
    select: `
      select ticker, added_at
      from public.watchlist
      where user_id = $1
      order by ticker`,
  },
};
