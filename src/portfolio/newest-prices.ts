/** The newest prices of what a person traded, and the rates that these need, fetched when the person asks. */
import type { PoolClient } from "pg";

export interface AskedPrices {
  readonly requested_at: Date;
  /** false: somebody had asked for all of it at that moment, within the last ten minutes. */
  readonly is_new: boolean;
}

/** Has a run fetch them; it is on its way when this returns. null: the person traded nothing that the market quotes. */
export async function requestNewestPrices(client: PoolClient): Promise<AskedPrices | null> {
  const { rows } = await client.query<AskedPrices>(
    "select requested_at, is_new from public.request_own_prices()",
  );
  return rows[0] ?? null;
}

/** Is such a run of this person's not over yet? */
export async function arePricesUnderWay(client: PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ is_under_way: boolean }>({
    name: "own_prices_under_way",
    text: "select public.own_prices_under_way() as is_under_way",
  });
  return rows[0]?.is_under_way === true;
}
