/** A file of many trades through the API, beside COPY of the same rows. */

import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { from as copyFrom } from "pg-copy-streams";
import { Hand, scopesOf } from "./floor.ts";
import { settle } from "./latency.ts";
import { lastRun } from "./new-day.ts";
import { signIn } from "./reads.ts";
import { timed } from "./table.ts";
import type { World } from "./world.ts";
import type { Figure } from "./yardsticks.ts";

interface Trade {
  readonly ticker: string;
  readonly quantity: number;
  readonly day: string;
  readonly price: string;
}

/** The engine is at work. Each of some people imports a file, after one that nobody measures. */
export async function measureImports(world: World, rows: number, files: number): Promise<Figure[]> {
  const web = await world.startWeb();
  const hand = await Hand.take(world);
  try {
    const figures = { api: [], gold: [], copy: [], select: [] } as Record<string, number[]>;
    for (let file = -1; file < files; file += 1) {
      const person = 1 + ((file + 1) % world.size.users);
      const trades = await tradesAtClose(world, rows, file + 1);
      const before = await lastRun(world);
      const began = performance.now();
      await importAs(world, web.url, person, trades);
      const api = performance.now() - began;
      await settle(world, 2);
      const gold = performance.now() - began;
      const scopes = await scopesOf(world, before + 1, await lastRun(world));
      const copy = await copyAlone(world, person, trades);
      const select = await hand.select(scopes);
      if (file < 0) continue;
      for (const [name, took] of Object.entries({ api, gold, copy, select })) figures[name]!.push(took);
      await hand.requireSame(scopes);
    }
    const { api = [], gold = [], copy = [], select = [] } = figures;
    return [
      { measure: "import of many rows", ours: api, floor: copy },
      {
        measure: "import of many rows, to gold",
        ours: gold,
        floor: copy.map((took, index) => took + select[index]!),
      },
    ];
  } finally {
    hand.release();
    await web.close();
  }
}

/** At the close of the day, so that nothing is odd about them; no two files have one alike. */
async function tradesAtClose({ pool }: World, rows: number, file: number): Promise<Trade[]> {
  const { rows: trades } = await pool.query<Trade>(
    `select ticker, $2::integer + 100 as quantity, price_date as day, close as price
     from bronze.raw_prices
     where price_date <= '2025-12-31'
     order by hashtextextended(ticker || price_date, $2::integer)
     limit $1`,
    [rows, file],
  );
  return trades.toSorted((a, b) => (a.day < b.day ? -1 : 1));
}

async function importAs(world: World, url: string, person: number, trades: readonly Trade[]): Promise<void> {
  const { cookie } = await signIn(world, person);
  const post = async <T>(path: string, body: unknown): Promise<T> => {
    const response = await fetch(url + path, {
      method: "POST",
      headers: {
        Cookie: cookie,
        Origin: url,
        "Content-Type": "application/json",
      },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  const lines = trades.map(({ day, ticker, quantity, price }) => `${day},BUY,${ticker},${quantity},${price}`);
  const csv = ["date,type,ticker,quantity,price", ...lines].join("\n");
  const preview = await post<Preview>("/api/imports/preview", { csv });
  const chosen = preview.rows.filter(({ is_selected }) => is_selected).map(({ line }) => line);
  const { imported } = await post<{ imported: number }>("/api/imports", {
    csv,
    fingerprint: preview.fingerprint,
    lines: chosen,
  });
  if (imported !== trades.length) throw new Error(`expected ${trades.length} trades, got ${imported}`);
}

interface Preview {
  readonly fingerprint: string;
  readonly rows: readonly { readonly line: number; readonly is_selected: boolean }[];
}

/** Into a table with the same columns and indexes; the rows are then those of the ledger. */
async function copyAlone({ pool }: World, person: number, trades: readonly Trade[]): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query("create temporary table copied (like bronze.transactions including all)");
    const { rows } = await client.query<{ account_id: number }>(
      "select account_id from public.accounts where user_id = $1 order by account_id limit 1",
      [person],
    );
    const account = rows[0]!.account_id;
    const lines = trades.map(({ ticker, quantity, day, price }) =>
      [person, account, ticker, "BUY", quantity, price, day].join("\t"),
    );
    const took = await timed(() =>
      pipeline(
        Readable.from([`${lines.join("\n")}\n`]),
        client.query(
          copyFrom(
            "copy copied (user_id, account_id, ticker, transaction_type, quantity, price, transaction_date) from stdin",
          ),
        ),
      ),
    );
    const { rowCount } = await client.query(
      `select ticker, quantity, price, transaction_date from copied
       except all
       select ticker, quantity, price, transaction_date from bronze.transactions where user_id = $1`,
      [person],
    );
    if (rowCount !== 0) throw new Error(`${rowCount} rows of the file are not in the ledger`);
    return took;
  } finally {
    await client.query("drop table if exists copied");
    client.release();
  }
}
