/** What a person said of a file's columns, words and tickers, kept for the next file like it. */
import type { PoolClient } from "pg";
import { z } from "zod";
import { isIsin } from "./columns.ts";
import { rowKinds } from "./kinds.ts";
import { importFields } from "./layout.ts";
import { isNamedCurrency } from "./price-currency.ts";
import type { ImportFile } from "./read.ts";

const kept = z.object({
  columns: z.partialRecord(z.enum(importFields), z.string().nullable()).optional(),
  notation: z
    .object({
      dateOrder: z.enum(["day", "month"]),
      decimalMark: z.enum(["point", "comma"]),
      currency: z.string().refine(isNamedCurrency),
    })
    .partial()
    .optional(),
  words: z.record(z.string(), z.enum(rowKinds)).optional(),
});

export type KeptChoices = Pick<ImportFile, "columns" | "notation" | "words">;

/** {}: nothing was said of such files. What cannot be read any more counts as nothing. */
export async function recallChoices(
  client: PoolClient,
  userId: number,
  signature: string,
): Promise<KeptChoices> {
  const { rows } = await client.query<{ choices: unknown }>(
    `select choices
     from public.import_choices
     where user_id = $1
       and signature = $2`,
    [userId, signature.slice(0, 100)],
  );
  return (kept.safeParse(rows[0]?.choices ?? {}).data ?? {}) as KeptChoices;
}

export async function rememberChoices(
  client: PoolClient,
  userId: number,
  signature: string,
  choices: KeptChoices,
  now: Date,
): Promise<void> {
  if (Object.keys(choices).length === 0) return;
  await client.query(
    `insert into public.import_choices (user_id, signature, choices, chosen_at)
     values ($1, $2, $3, $4)
     on conflict (user_id, signature) do update
     set choices = excluded.choices, chosen_at = excluded.chosen_at`,
    [userId, signature.slice(0, 100), JSON.stringify(choices), now],
  );
}

/** By what such files call them, in capitals. */
export async function recallTickers(
  client: PoolClient,
  userId: number,
  signature: string,
): Promise<Record<string, string>> {
  const { rows } = await client.query<{ symbol: string; ticker: string }>(
    `select symbol, ticker
     from public.import_tickers
     where user_id = $1
       and signature in ($2, '')
     order by signature`,
    [userId, signature.slice(0, 100)],
  );
  return Object.fromEntries(rows.map(({ symbol, ticker }) => [symbol, ticker]));
}

/** An ISIN holds for every file, a symbol for files like this one: one broker's BTC is a coin, another's a fund. */
export async function rememberTickers(
  client: PoolClient,
  userId: number,
  signature: string,
  tickers: Readonly<Record<string, string>>,
  now: Date,
): Promise<void> {
  const pairs = Object.entries(tickers).slice(0, 500);
  await client.query(
    `insert into public.import_tickers (user_id, signature, symbol, ticker, chosen_at)
     select $1, signature, symbol, ticker, $5
     from unnest($2::text[], $3::text[], $4::text[]) as chosen (signature, symbol, ticker)
     on conflict (user_id, signature, symbol) do update
     set ticker = excluded.ticker, chosen_at = excluded.chosen_at`,
    [
      userId,
      pairs.map(([symbol]) => (isIsin(symbol) ? "" : signature.slice(0, 100))),
      pairs.map(([symbol]) => symbol),
      pairs.map(([, ticker]) => ticker),
      now,
    ],
  );
}
