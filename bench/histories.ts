/** First histories of many tickers from a market on loopback, beside the client alone and COPY alone. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Worker } from "node:worker_threads";
import { from as copyFrom } from "pg-copy-streams";
import type { PriceHistory } from "../src/market/source.ts";
import { createYahooPriceSource } from "../src/market/yahoo.ts";
import type { Market } from "./market.ts";
import { timed } from "./table.ts";
import type { World } from "./world.ts";
import type { Figure } from "./yardsticks.ts";

/** As many tickers as an ingestion asks for at once. */
const concurrency = 4;

/** Each time of other tickers; the first time warms up. */
export async function measureHistories(
  world: World,
  { tickers, years, times }: { readonly tickers: number; readonly years: number; readonly times: number },
): Promise<Figure[]> {
  const names = Array.from({ length: times + 1 }, (_, time) =>
    Array.from({ length: tickers }, (_, index) => `H${time}N${index}`),
  );
  const workerData: Market = { tickers: names.flat(), years };
  const market = new Worker(new URL("./market.ts", import.meta.url), { workerData });
  try {
    const url = await new Promise<string>((resolve, reject) => {
      market.once("message", resolve);
      market.once("error", reject);
    });
    const engine = await world.openEngine({ yahooBaseUrl: url });
    const [ours, floor]: [number[], number[]] = [[], []];
    for (const [time, partitions] of names.entries()) {
      const took = await timed(async () => {
        const run = await engine.run({
          triggerKind: "manual",
          triggerName: "bench",
          selection: "raw_prices",
          partitions,
        });
        if (run.status !== "succeeded") throw new Error(`the ingestion ${run.status}: ${run.error}`);
      });
      const histories = new Map<string, PriceHistory>();
      const client = await timed(() => fetchAlone(world, url, partitions, histories));
      const copy = await copyAlone(world, histories);
      if (time === 0) continue;
      ours.push(took);
      floor.push(client + copy);
    }
    return [{ measure: "first histories of many tickers", ours, floor }];
  } finally {
    await market.terminate();
  }
}

async function fetchAlone(
  { surroundings }: World,
  baseUrl: string,
  tickers: readonly string[],
  histories: Map<string, PriceHistory>,
): Promise<void> {
  const source = createYahooPriceSource({ baseUrl, clock: surroundings.clock });
  const remaining = tickers.values();
  const worker = async (): Promise<void> => {
    for (const ticker of remaining) histories.set(ticker, await source.history(ticker, null));
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

/** Into a table with the same columns and indexes; the closes are then those that the ingestion wrote. */
async function copyAlone({ pool }: World, histories: ReadonlyMap<string, PriceHistory>): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query("create temporary table copied (like bronze.raw_prices including all)");
    const lines = [...histories].flatMap(([ticker, { bars }]) =>
      bars.map(({ date, open, high, low, close, adjClose, volume }) =>
        [ticker, date, open, high, low, close, adjClose, volume].map((value) => value ?? "\\N").join("\t"),
      ),
    );
    const took = await timed(() =>
      pipeline(
        Readable.from([`${lines.join("\n")}\n`]),
        client.query(
          copyFrom("copy copied (ticker, price_date, open, high, low, close, adj_close, volume) from stdin"),
        ),
      ),
    );
    const { rowCount } = await client.query(
      `(select ticker, price_date, close from copied
        except all
        select ticker, price_date, close from bronze.raw_prices)
       union all
       (select ticker, price_date, close from bronze.raw_prices where ticker = any ($1)
        except all
        select ticker, price_date, close from copied)`,
      [[...histories.keys()]],
    );
    if (rowCount !== 0) throw new Error(`${rowCount} bars are not what the market said`);
    return took;
  } finally {
    await client.query("drop table if exists copied");
    client.release();
  }
}
