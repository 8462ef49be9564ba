/** A file of JSON records as a table, so that everything after this knows tables alone. Pure. */
import { z } from "zod";
import { EmptyCsvError, InvalidCsvError } from "./errors.ts";
import type { Table } from "./table.ts";

const record = z.record(z.string(), z.unknown());
const longestList = 6000;

/** The longest list of records in it: Ghostfolio's "activities", or the file itself. */
function findRecords(content: unknown): Record<string, unknown>[] {
  const lists = Array.isArray(content) ? [content] : Object.values(record.safeParse(content).data ?? {});
  const records = lists
    .filter((list): list is unknown[] => Array.isArray(list))
    .map((list) =>
      list.slice(0, longestList).flatMap((item): Record<string, unknown>[] => {
        const found = record.safeParse(item).data;
        return found ? [found] : [];
      }),
    );
  return records.reduce((longest, next) => (next.length > longest.length ? next : longest), []);
}

const text = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value).slice(0, 1000).replaceAll("\0", "").toWellFormed()
    : "";

/** `{SymbolProfile: {symbol: "AAPL"}}` has a column "symbol": what is nested once is lifted, what is deeper left aside. */
function flatten(item: Record<string, unknown>): Map<string, string> {
  const flat = new Map<string, string>();
  for (const [name, value] of Object.entries(item).slice(0, 100)) {
    const nested = Array.isArray(value) ? undefined : record.safeParse(value).data;
    if (!nested) flat.set(name, text(value));
    else
      for (const [inner, innerValue] of Object.entries(nested).slice(0, 20))
        if (!flat.has(inner)) flat.set(inner, text(innerValue));
  }
  return flat;
}

/** Throws InvalidCsvError or EmptyCsvError. */
export function readJsonTables(json: string): Table[] {
  let content: unknown;
  try {
    content = JSON.parse(json.replace(/^\ufeff/, ""));
  } catch {
    throw new InvalidCsvError("a file that begins like JSON and is none");
  }
  const records = findRecords(content).map(flatten);
  if (records.length === 0) throw new EmptyCsvError();
  const headers = [...new Set(records.flatMap((item) => [...item.keys()]))].slice(0, 100);
  return [
    {
      title: null,
      headers,
      // A record of JSON has no line of its own: it is counted.
      lines: records.map((item, index) => ({
        line: index + 1,
        cells: headers.map((header) => item.get(header) ?? ""),
      })),
    },
  ];
}
