/** The weights that a person aims at, all written at once: together they are one whole at most. */
import Big from "big.js";
import type { PoolClient } from "pg";
import { z } from "zod";
import { personTransaction } from "../database/person.ts";
import { type LedgerContext, lockLedger } from "../ledger/index.ts";
import { nonblank } from "../values.ts";
import {
  NoCashKeptError,
  TargetSaidTwiceError,
  TargetsAboveWholeError,
  UntargetableError,
} from "./errors.ts";

/** More than anybody holds and watches. */
export const mostTargets = 2500;

const expected = { error: "expected a number from 0 to 1 with at most 8 decimals" };

/** A text, or a JSON number, which is taken as it is written. */
const weight = z
  .union([z.string().regex(/^(?:0(?:\.\d{1,8})?|1(?:\.0{1,8})?)$/), z.number().min(0).max(1)], expected)
  .transform((value, context): string => {
    const decimal = new Big(value).toFixed();
    if ((decimal.split(".")[1]?.length ?? 0) <= 8) return decimal;
    context.addIssue({ code: "custom", message: expected.error });
    return z.NEVER;
  })
  .describe("0.05 is five percent");

export const targetsInput = z.strictObject({
  targets: z
    .array(z.strictObject({ ticker: nonblank(20), weight }))
    .max(mostTargets)
    .describe("Of tickers that you hold or watch; what is not named has no target from then on"),
  cash: weight.optional().describe("Of cash, where an account keeps it; absent: none"),
});

export type TargetsInput = z.output<typeof targetsInput>;

/** By ticker; "" is cash. Within a transaction of the person's. */
export async function readTargetWeights(
  client: PoolClient,
  userId: number,
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ ticker: string; weight: string }>(
    "select ticker, trim_scale(weight) as weight from public.target_weights where user_id = $1",
    [userId],
  );
  return new Map(rows.map(({ ticker, weight }) => [ticker, weight]));
}

/**
 * What is said takes the place of what was. Throws TargetsAboveWholeError, TargetSaidTwiceError, UntargetableError or NoCashKeptError;
 * then all stays.
 */
export function replaceTargets(
  { pool }: Pick<LedgerContext, "pool">,
  userId: number,
  { targets, cash }: TargetsInput,
): Promise<void> {
  const said = targets.map(({ ticker, weight }) => ({ ticker: ticker.toUpperCase(), weight }));
  const all = cash === undefined ? said : [...said, { ticker: "", weight: cash }];
  requireEachOnce(all);
  const whole = all.reduce((sum, { weight }) => sum.plus(weight), new Big(0));
  if (whole.gt(1)) throw new TargetsAboveWholeError(Number(whole.times(100)));
  return personTransaction(pool, userId, async (client) => {
    await lockLedger(client, userId); // two at once would come to more than the whole
    await requireTargetable(client, userId, said);
    if (cash !== undefined) await requireCashKept(client, userId);
    await client.query("delete from public.target_weights where user_id = $1", [userId]);
    // 0 of what is neither in the ledger nor watched says nothing: it is not kept, and its prices are fetched no more.
    await client.query(
      `insert into public.target_weights (user_id, ticker, weight)
       select $1, ticker, weight
       from unnest($2::text[], $3::numeric[]) as said (ticker, weight)
       where weight > 0
         or ticker = ''
         or ticker in (select ticker from public.watchlist where user_id = $1)
         or ticker in (select upper(btrim(ticker)) from bronze.transactions where user_id = $1)`,
      [userId, all.map(({ ticker }) => ticker), all.map(({ weight }) => weight)],
    );
  });
}

function requireEachOnce(said: readonly { readonly ticker: string }[]): void {
  const seen = new Set<string>();
  for (const { ticker } of said) {
    if (seen.has(ticker)) throw new TargetSaidTwiceError(ticker);
    seen.add(ticker);
  }
}

/** Each is in the ledger, watched, or has a target already. */
async function requireTargetable(
  client: PoolClient,
  userId: number,
  said: readonly { readonly ticker: string }[],
): Promise<void> {
  const { rows } = await client.query<{ ticker: string }>(
    `select ticker
     from unnest($2::text[]) as said (ticker)
     except all
     select ticker
     from (
       select upper(btrim(ticker)) as ticker from bronze.transactions where user_id = $1
       union
       select ticker from public.watchlist where user_id = $1
       union
       select ticker from public.target_weights where user_id = $1
     ) as known
     order by ticker
     limit 1`,
    [userId, said.map(({ ticker }) => ticker)],
  );
  if (rows[0]) throw new UntargetableError(rows[0].ticker);
}

async function requireCashKept(client: PoolClient, userId: number): Promise<void> {
  const { rowCount } = await client.query(
    "select from public.accounts where user_id = $1 and tracks_cash limit 1",
    [userId],
  );
  if (rowCount === 0) throw new NoCashKeptError();
}
