/** What the sample account looks at without owning it, and the weights that it aims at. */
import type { Pool } from "pg";

/** One that it could compare with, one that it has sold, and one in pence from London: none of them is held. */
const watched = ["AMER", "BASL", "THAM.L"];

/** By ticker. Nine tenths: so that the page has something to say of what is not assigned. */
const targets: Readonly<Record<string, string>> = {
  WRLD: "0.6",
  AGGB: "0.1",
  NORD: "0.1",
  CURA: "0.05",
  "AUR=F": "0.05",
};

/** As its owner does on the pages Watchlist and Targets. */
export async function seedAims(pool: Pool, userId: number): Promise<void> {
  await pool.query("insert into public.watchlist (user_id, ticker) select $1, unnest($2::text[])", [
    userId,
    watched,
  ]);
  await pool.query(
    `insert into public.target_weights (user_id, ticker, weight)
     select $1, ticker, weight
     from unnest($2::text[], $3::numeric[]) as target (ticker, weight)`,
    [userId, Object.keys(targets), Object.values(targets)],
  );
}
