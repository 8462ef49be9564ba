import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import type { Command } from "commander";
import { transaction } from "../database/transaction.ts";
import { decodeFile } from "../ledger/index.ts";
import { exchangeOf, maxCharacters, type PriceFileReport, takePriceFile } from "../price-files/index.ts";
import { type CommandContext, withPool } from "./context.ts";
import type { Outcome } from "./exit.ts";
import type { Register } from "./register.ts";

interface Options {
  readonly exchange?: string;
  readonly ticker?: string;
  readonly pair?: string;
  readonly replace?: boolean;
}

class PriceFileError extends Error {
  readonly code = "bad_price_file";
}

const columns = {
  file: (row: PriceFileReport & { readonly name: string }) => row.name,
  rows: (row: PriceFileReport) => row.rows,
  new: (row: PriceFileReport) => row.inserted,
  refused: (row: PriceFileReport) => row.refused,
  contradicting: (row: PriceFileReport) => row.contradicting,
  problem: (row: PriceFileReport) => row.problem ?? "",
};

function prices({ output }: CommandContext, files: readonly string[], options: Options): Promise<Outcome> {
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

export function priceCommands(program: Command, register: Register): void {
  register(
    program
      .command("prices")
      .argument("<files...>")
      .description("take in files of prices or exchange rates, each as a whole or not at all")
      .option("--exchange <mic>", "whose files they are, where they do not say it")
      .option("--ticker <symbol>", "whose prices, where the file does not say it")
      .option("--pair <pair>", "USD/KES: exchange rates")
      .option("--replace", "what is stored becomes what the file says"),
    prices,
  );
}
