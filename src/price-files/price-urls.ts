/** Addresses on the web that give a ticker's prices: entered by operators, asked by runs, taken in as files are. */
import { createHash } from "node:crypto";
import { parse } from "csv-parse/sync";
import { type JSONPathQuery, jsonpath } from "json-p3";
import type { ClientBase, Pool } from "pg";
import { z } from "zod";
import { decodeFile } from "../ledger/import/decode.ts";
import { minorUnitNames } from "../market/currency.ts";
import { fetchGuarded, parseSourceUrl, UrlRefusedError } from "../market/guarded-fetch.ts";
import { isTicker } from "../market/ticker.ts";
import { plain, quoted } from "../plain.ts";
import { nonblank } from "../values.ts";
import { exchangeOfSymbol, noExchange } from "./exchanges.ts";
import { type PriceFileReport, takePriceFile } from "./store.ts";

/** Names, places and `*` alone: read once from left to right, whatever stands in the reply. */
const pathPattern = /^\$(?:\.(?:[A-Za-z_][\w-]*|\*)|\[(?:'[^'\\]*'|\d+|\*)\])*$/;
const placeholders = ["ticker", "code", "from", "to"] as const;

const isTemplate = (text: string): boolean => {
  const names = [...text.matchAll(/\{(\w*)\}/g)].map(([, name]) => name);
  if (names.some((name) => !placeholders.some((known) => known === name))) return false;
  const [before, after] = ["0", "1"].map((value) => URL.parse(text.replaceAll(/\{\w*\}/g, value)));
  // Whom to ask is no part of what is put in.
  return before !== null && before !== undefined && before.origin === after?.origin;
};

const path = nonblank(200).nullish();

export const priceUrlInput = z
  .strictObject({
    // Whether it names whom to ask by itself is asked afterwards.
    url: nonblank(2000)
      .regex(/^\s*https?:\/\//i, "expected an address that begins with https:// or http://")
      .describe("{ticker}, {code} (before its dot), {from} and {to} (days) are put in"),
    format: z.enum(["csv", "json"]),
    date_path: path.describe(
      "CSV: the column of days, absent: found by its name; JSON: the path to them, as in $.prices[*].date",
    ),
    price_path: path.describe("The same of the prices"),
    unit: z
      .string()
      .regex(
        new RegExp(`^(?:[A-Z]{3}|${minorUnitNames.join("|")})$`),
        `expected the code of a currency, or one of ${minorUnitNames.join(", ")}`,
      )
      .describe("What the prices are in: KES, GBp"),
    every: z.enum(["day", "week", "month"]).default("day").describe("How often it is asked"),
  })
  .refine(
    ({ format, date_path, price_path }) =>
      format === "csv" || [date_path, price_path].every((one) => one && pathPattern.test(one)),
    {
      path: ["date_path"],
      message: "expected, of JSON, two paths of names, places and *, as in $.prices[*].date",
    },
  );

export type PriceUrlInput = z.output<typeof priceUrlInput>;

export interface PriceUrl extends Omit<PriceUrlInput, "date_path" | "price_path"> {
  readonly ticker: string;
  readonly date_path: string | null;
  readonly price_path: string | null;
  readonly asked_at: Date | null;
  readonly failure: string | null;
}

const columns = "ticker, url, format, date_path, price_path, unit, every, asked_at, failure";

/** By ticker. The caller may see them: an operator, or the owner. */
export async function listPriceUrls(pool: Pool | ClientBase): Promise<PriceUrl[]> {
  const { rows } = await pool.query<PriceUrl>(`select ${columns} from bronze.price_urls order by ticker`);
  return rows;
}

/** null: the ticker has none. */
export async function readPriceUrl(pool: Pool | ClientBase, ticker: string): Promise<PriceUrl | null> {
  const { rows } = await pool.query<PriceUrl>(`select ${columns} from bronze.price_urls where ticker = $1`, [
    ticker,
  ]);
  return rows[0] ?? null;
}

/** In place of what it had. Throws UrlRefusedError. */
export async function enterPriceUrl(
  pool: Pool | ClientBase,
  ticker: string,
  { url, format, date_path, price_path, unit, every }: PriceUrlInput,
): Promise<PriceUrl> {
  if (!isTicker(ticker))
    throw new UrlRefusedError(
      `expected a ticker, got: ${ticker.slice(0, 20)}`,
      plain("“{ticker}” is no ticker. Enter one such as SCOM.XNAI or NPN.JO.", { ticker: quoted(ticker) }),
    );
  if (!isTemplate(url))
    throw new UrlRefusedError(
      "expected an address, with {ticker}, {code}, {from} or {to} after its host at most",
      plain("Enter an address with nothing in braces but {places}, and those after its host.", {
        places: placeholders.map((name) => `{${name}}`).join(", "),
      }),
    );
  parseSourceUrl(filledIn(url, ticker, "2000-01-01", "2000-01-02"));
  const { rows } = await pool.query<PriceUrl>(
    `insert into bronze.price_urls (ticker, url, format, date_path, price_path, unit, every)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (ticker) do update
     set url = excluded.url, format = excluded.format, date_path = excluded.date_path, price_path = excluded.price_path,
       unit = excluded.unit, every = excluded.every, entered_at = clock_timestamp(), asked_at = null, failure = null
     returning ${columns}`,
    [ticker, url, format, date_path ?? null, price_path ?? null, unit, every],
  );
  return rows[0]!;
}

/** Its prices stay. false: there was none. */
export async function removePriceUrl(pool: Pool | ClientBase, ticker: string): Promise<boolean> {
  const { rowCount } = await pool.query("delete from bronze.price_urls where ticker = $1", [ticker]);
  return rowCount === 1;
}

/** What it is asked for: the address with everything put in. Pure. */
export function filledIn(template: string, ticker: string, from: string, to: string): string {
  const values = { ticker, code: ticker.replace(/\.[^.]*$/, ""), from, to };
  return template.replaceAll(/\{(ticker|code|from|to)\}/g, (_, name: keyof typeof values) =>
    encodeURIComponent(values[name]),
  );
}

const cell = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value).replaceAll(/[\s\0]+/g, " ") : "";

/** A day as it is written, or an instant in seconds or milliseconds since 1970. */
function dayOf(value: unknown): string {
  if (typeof value !== "number") return cell(value).replace(/^(\d{4}-\d{2}-\d{2})T.*$/, "$1");
  const instant = new Date(value > 1e11 ? value : value * 1000);
  return Number.isNaN(instant.getTime()) ? "" : instant.toISOString().slice(0, 10);
}

const asTable = (days: readonly string[], prices: readonly string[]): string =>
  ["date\tclose", ...days.map((day, index) => `${day}\t${prices[index]}`)].join("\n");

function readJson(text: string, { date_path, price_path }: PriceUrl): string {
  let value: unknown;
  try {
    value = z.json().parse(
      z
        .string()
        .transform((json) => JSON.parse(json) as unknown)
        .parse(text),
    );
  } catch {
    throw new UrlRefusedError(`expected JSON, got: ${text.slice(0, 60)}`);
  }
  const at = (where: string): unknown[] => {
    const query: JSONPathQuery = jsonpath.compile(where);
    return query.query(value as never).values();
  };
  const [days, prices] = [at(date_path ?? "$"), at(price_path ?? "$")];
  if (days.length === 0 || days.length !== prices.length)
    throw new UrlRefusedError(
      `expected as many days as prices, got ${days.length} at ${date_path} and ${prices.length} at ${price_path}`,
    );
  return asTable(days.map(dayOf), prices.map(cell));
}

function readCsv(text: string, { date_path, price_path }: PriceUrl): string {
  if (date_path === null && price_path === null) return text;
  const rows = parse(text, {
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    delimiter: [",", ";", "\t"],
  });
  const [header = [], ...lines] = rows as string[][];
  const place = (name: string): number => {
    const index = header.findIndex((title) => title.trim().toLowerCase() === name.toLowerCase());
    if (index < 0)
      throw new UrlRefusedError(`expected a column ${name}, got: ${header.join(", ").slice(0, 200)}`);
    return index;
  };
  const [day, price] = [place(date_path ?? "date"), place(price_path ?? "close")];
  return asTable(
    lines.map((cells) => cell(cells[day])),
    lines.map((cells) => cell(cells[price])),
  );
}

export interface AskOptions {
  /** As fetchGuarded has them. */
  readonly allowedHosts: readonly string[];
  readonly now: Date;
  readonly signal?: AbortSignal;
}

const longAgo = "1990-01-01";

/**
 * Asks an address and takes in what comes, as an owner of the schemas; the same again changes nothing and leaves no report. null: nothing
 * is another than the last time. Throws UrlRefusedError, and what the transport says.
 */
export async function askPriceUrl(
  pool: Pool,
  entry: PriceUrl,
  { allowedHosts, now, signal }: AskOptions,
): Promise<PriceFileReport | null> {
  const { ticker, format } = entry;
  const url = filledIn(entry.url, ticker, longAgo, now.toISOString().slice(0, 10));
  const bytes = await fetchGuarded(url, { allowedHosts, ...(signal && { signal }) });
  const { text } = decodeFile(bytes);
  const table = format === "json" ? readJson(text, entry) : readCsv(text, entry);
  const name = `${ticker} from ${new URL(url).host}`;
  const digest = createHash("sha256").update(table).digest("hex");
  const { rowCount } = await pool.query(
    `select
     from bronze.price_files
     where digest = $1
       and file_id = (select max(file_id) from bronze.price_files where name = $2 and origin = 'url')`,
    [digest, name],
  );
  if (rowCount !== 0) return null;
  const exchange = exchangeOfSymbol(ticker) ?? noExchange;
  const file = {
    text: table,
    name,
    exchange,
    ticker,
    pair: null,
    isRates: false,
    unit: entry.unit,
    origin: "url",
    dateOrder: null,
    replaces: false,
  } as const;
  return takePriceFile(pool, file, { now, by: "bronze.store_price_file" });
}
