import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { transaction } from "../database/transaction.ts";
import { decodeFile } from "../ledger/index.ts";
import {
  enterPriceUrl,
  exchangeOf,
  listPriceUrls,
  maxCharacters,
  type PriceFileReport,
  type PriceSourceName,
  type PriceUrl,
  priceUrlInput,
  readPriceUrl,
  removePriceUrl,
  sourceProblem,
  switchPriceSource,
  takePriceFile,
} from "../price-files/index.ts";
import { type CommandContext, withPool } from "./context.ts";
import type { Outcome } from "./exit.ts";

interface Options {
  readonly exchange?: string;
  readonly ticker?: string;
  readonly pair?: string;
  readonly replace?: boolean;
}

class PriceFileError extends Error {
  readonly code = "bad_price_file";
}

class PriceSourceError extends Error {
  readonly code = "bad_price_source";
}

const columns = {
  file: (row: PriceFileReport & { readonly name: string }) => row.name,
  rows: (row: PriceFileReport) => row.rows,
  new: (row: PriceFileReport) => row.inserted,
  refused: (row: PriceFileReport) => row.refused,
  contradicting: (row: PriceFileReport) => row.contradicting,
  problem: (row: PriceFileReport) => row.problem ?? "",
};

export function prices(
  { output }: CommandContext,
  files: readonly string[],
  options: Options,
): Promise<Outcome> {
  const exchange = options.exchange === undefined ? null : exchangeOf(options.exchange);
  if (options.exchange !== undefined && exchange === null)
    throw new PriceFileError(`expected an exchange whose files are read, got: ${options.exchange}`);
  return withPool(async (pool, _database, { clock }) => {
    const reports: (PriceFileReport & { readonly name: string })[] = [];
    for (const path of files) {
      if ((await stat(path)).size > maxCharacters * 2)
        throw new PriceFileError(`${path} is too large: split it`);
      const { text } = decodeFile(await readFile(path));
      const file = {
        text,
        name: basename(path),
        exchange,
        ticker: options.ticker?.toUpperCase() ?? null,
        pair: options.pair?.toUpperCase() ?? null,
        isRates: false,
        origin: "command",
        dateOrder: null,
        replaces: options.replace ?? false,
      } as const;
      const how = { now: clock(), by: "bronze.store_price_file" } as const;
      reports.push({
        ...(await transaction(pool, (client) => takePriceFile(client, file, how))),
        name: file.name,
      });
    }
    output.list(reports, columns);
    return reports.some(({ problem }) => problem !== null) ? "failed" : "done";
  });
}

interface UrlOptions {
  readonly url?: string;
  readonly format: string;
  readonly dates?: string;
  readonly prices?: string;
  readonly unit?: string;
  readonly every: string;
  readonly remove?: boolean;
}

const urlColumns = {
  ticker: (row: PriceUrl) => row.ticker,
  url: (row: PriceUrl) => row.url,
  every: (row: PriceUrl) => row.every,
  asked: (row: PriceUrl) => row.asked_at?.toISOString() ?? "",
  failure: (row: PriceUrl) => row.failure ?? "",
};

/** Without a ticker it lists them; with one it enters, or removes, its address. The next daily run asks it, or `materialize`. */
export function priceUrl(
  { output }: CommandContext,
  ticker: string | undefined,
  options: UrlOptions,
): Promise<Outcome> {
  return withPool(async (pool) => {
    if (ticker !== undefined && options.remove) {
      if (!(await removePriceUrl(pool, ticker.toUpperCase())))
        throw new PriceSourceError(`expected a ticker that has an address, got: ${ticker}`);
    } else if (ticker !== undefined) {
      const { url, format, dates: date_path, prices: price_path, unit, every } = options;
      const parsed = priceUrlInput.safeParse({ url, format, date_path, price_path, unit, every });
      if (!parsed.success) {
        const { path, message } = parsed.error.issues[0]!;
        throw new PriceSourceError(`${path.join(".")}: ${message}`);
      }
      await enterPriceUrl(pool, ticker.toUpperCase(), parsed.data);
    }
    output.list(await listPriceUrls(pool), urlColumns);
    return "done";
  });
}

const sources: readonly PriceSourceName[] = ["yahoo", "file", "url"];

/** What the other source gave is set aside, and comes back with it. */
export function priceSource({ output }: CommandContext, text: string, to: string): Promise<Outcome> {
  const ticker = text.toUpperCase();
  const source = sources.find((one) => one === to);
  if (source === undefined) throw new PriceSourceError(`expected ${sources.join(", ")}, got: ${to}`);
  const problem = sourceProblem(ticker, source);
  if (problem !== null) throw new PriceSourceError(problem.message);
  return withPool(async (pool, _database, { clock }) => {
    const switched = await transaction(pool, async (client) => {
      if (source === "url" && (await readPriceUrl(client, ticker)) === null)
        throw new PriceSourceError(
          `expected a ticker that has an address, got: ${ticker}; enter it with price-url`,
        );
      return switchPriceSource(client, ticker, source, clock(), "bronze.switch_price_source");
    });
    if (switched === null)
      throw new PriceSourceError(`expected a ticker whose prices come from elsewhere, got: ${ticker}`);
    output.list([{ ticker, source, ...switched }], {
      ticker: (row) => row.ticker,
      source: (row) => row.source,
      "set aside": (row) => row.set_aside,
      "brought back": (row) => row.brought_back,
    });
    return "done";
  });
}
