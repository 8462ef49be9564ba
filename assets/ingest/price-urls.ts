/** Prices from addresses that operators entered: those that are due, or that are asked for. */
import type { IngestContext } from "../../src/engine/index.ts";
import type { PriceUrl } from "../../src/price-files/index.ts";
import type { MarketResources } from "../resources.ts";
import { addRowCounts, noRows, type RowCounts } from "./row-counts.ts";

type Context = IngestContext<MarketResources>;

/** What reads files of any kind: not for whoever only declares. */
const loadPriceFiles = () => import("../../src/price-files/index.ts");

const hour = 3_600_000;
/** A little less than it says: the daily run is not on the second. */
const periods = { day: 20 * hour, week: 164 * hour, month: 27 * 24 * hour } as const;

const isDue = ({ asked_at, every }: PriceUrl, now: Date): boolean =>
  asked_at === null || now.getTime() - asked_at.getTime() >= periods[every];

/** An entry counts when its ticker's prices are an address's, or nobody's yet. */
async function readEntries({ pool }: Context): Promise<PriceUrl[]> {
  const { rows } = await pool.query<{ ticker: string }>(
    "select ticker from bronze.raw_assets join bronze.price_urls using (ticker) where source <> 'url'",
  );
  const others = new Set(rows.map(({ ticker }) => ticker));
  const { listPriceUrls } = await loadPriceFiles();
  return (await listPriceUrls(pool)).filter(({ ticker }) => !others.has(ticker));
}

/** `asked`: of these, due or not; null: of all that are due. One that fails stops no other. */
export async function ingestPriceUrls(
  context: Context,
  asked: readonly string[] | null,
): Promise<{ readonly counts: RowCounts; readonly failed: ReadonlyMap<string, string> }> {
  const now = context.resources.clock();
  const failed = new Map<string, string>();
  let counts = noRows;
  for (const entry of await readEntries(context)) {
    if (asked === null ? !isDue(entry, now) : !asked.includes(entry.ticker)) continue;
    context.signal.throwIfAborted();
    const { inserted, failure } = await askOne(context, entry, now);
    counts = addRowCounts(counts, { ...noRows, inserted });
    if (failure !== null) failed.set(entry.ticker, failure);
  }
  return { counts, failed };
}

async function askOne(
  context: Context,
  entry: PriceUrl,
  now: Date,
): Promise<{ readonly inserted: number; readonly failure: string | null }> {
  const { pool, resources, signal } = context;
  const { askPriceUrl } = await loadPriceFiles();
  let inserted = 0;
  let failure: string | null = null;
  try {
    const report = await askPriceUrl(pool, entry, {
      allowedHosts: resources.priceUrlHosts ?? [],
      now,
      signal,
    });
    inserted = report?.inserted ?? 0;
    failure = report?.problem ?? report?.series_refused[0]?.detail ?? null;
    for (const { line, detail } of report?.refused_rows.slice(0, 20) ?? [])
      context.log("warn", `${entry.ticker}: line ${line} is not used: ${detail}`);
    for (const { date, stored, file } of report?.contradictions.slice(0, 20) ?? [])
      context.log(
        "warn",
        `${entry.ticker}: ${date} is stored with ${stored} and now ${file}; what is stored stands`,
      );
  } catch (error) {
    signal.throwIfAborted();
    failure = error instanceof Error ? error.message : String(error);
  }
  if (failure !== null) context.log("error", `${entry.ticker}: ${failure}`);
  await pool.query("update bronze.price_urls set asked_at = $2, failure = $3 where ticker = $1", [
    entry.ticker,
    now,
    failure,
  ]);
  await pool.query(
    "update bronze.raw_assets set last_error = $2 where ticker = $1 and source = 'url' and last_error is distinct from $2",
    [entry.ticker, failure],
  );
  return { inserted, failure };
}
