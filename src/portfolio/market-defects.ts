/** What is odd in the market data behind figures, and asks to be looked at. */
import type { Pool, PoolClient } from "pg";

export interface DoubtfulSplit {
  readonly ticker: string;
  readonly action_date: string;
  readonly numerator: string;
  readonly denominator: string;
  readonly is_accepted: boolean;
}

/** The person's splits since a first trade that ask to be looked at. None before the models are built for the first time. */
export async function readDoubtfulSplits(client: PoolClient, userId: number): Promise<DoubtfulSplit[]> {
  const { rows: models } = await client.query<{ is_built: boolean }>(
    `select to_regclass('"default".stg_splits') is not null as is_built`,
  );
  if (!models[0]!.is_built) return [];
  const { rows } = await client.query<DoubtfulSplit>({
    name: "read_doubtful_splits",
    text: `select ticker, action_date, trim_scale(numerator) as numerator, trim_scale(denominator) as denominator, is_accepted
           from stg_splits
           where is_doubtful
             and action_date > (
               select min(transaction_date)
               from bronze.transactions
               where user_id = $1
                 and transactions.ticker = stg_splits.ticker
             )
           order by ticker, action_date`,
    values: [userId],
  });
  return rows;
}

interface DefectCount {
  readonly defect: string;
  readonly defects: number;
}

/** Of everybody's data, by kind. */
export async function countDefects(pool: Pool): Promise<DefectCount[]> {
  const { rows } = await pool.query<DefectCount>(
    "select defect, count(*) as defects from bronze.market_defects group by defect",
  );
  // Before the first deployment there is no such model.
  const splits = await pool
    .query<DefectCount>(
      `select 'doubtful_split' as defect, count(*) as defects from "default".stg_splits where is_doubtful`,
    )
    .catch(() => ({ rows: [] }));
  return [...rows, ...splits.rows];
}
