/**
 * Requests as nobody means them: every route of the OpenAPI document and every form of the pages, with values that are
 * sound, sound but for a few characters, of another type, hostile, or somebody else's. What a request is follows from the
 * seed and its number alone.
 */
import { hostileTexts } from "../tests/web/hostile-texts.ts";
import type { Random } from "./random.ts";

export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
  /** The client goes away after so many bytes of the body, without waiting for the answer. null: it waits. */
  readonly dropAfter: number | null;
}

interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

/** A route or a form: where values go. */
export interface Target {
  readonly method: string;
  /** With `{name}` where a parameter is. */
  readonly path: string;
  readonly query: Readonly<Record<string, Schema>>;
  readonly headers: readonly string[];
  readonly body: Schema | null;
  /** name -> what the page had in it. null: no form. */
  readonly form: Readonly<Record<string, string>> | null;
}

interface Described {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: { readonly "application/json": { readonly schema: Schema } } };
}

/** Every route of an OpenAPI document. */
export function describedTargets(paths: Readonly<Record<string, Record<string, Described>>>): Target[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      query: Object.fromEntries(
        parameters.filter((each) => each.in === "query").map(({ name, schema }) => [name, schema]),
      ),
      headers: parameters.filter((each) => each.in === "header").map(({ name }) => name),
      body: requestBody?.content["application/json"].schema ?? null,
      form: null,
    })),
  );
}

const attribute = (tag: string, name: string): string | undefined =>
  new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1]?.replaceAll("&#x3D;", "=").replaceAll("&amp;", "&");

/** Every form of a page, as a browser would send it. */
export function formTargets(page: string, html: string): Target[] {
  return [...html.matchAll(/<form\b[^>]*>.*?<\/form>/gs)].map(([form]) => {
    const fields = [...form.matchAll(/<(?:input|select|textarea|button)\b[^>]*>/g)].flatMap(([tag]) => {
      const name = attribute(tag, "name");
      return name === undefined ? [] : [[name, attribute(tag, "value") ?? ""] as const];
    });
    const opening = form.slice(0, form.indexOf(">"));
    return {
      method: (attribute(opening, "method") ?? "get").toUpperCase(),
      path: (attribute(opening, "action") ?? page).split("?")[0]!,
      query: {},
      headers: [],
      body: null,
      form: Object.fromEntries(fields),
    };
  });
}

const sound: Readonly<Record<string, readonly string[]>> = {
  ticker: ["TAA", "TAB", "TAC"],
  asset: ["raw_prices", "gold_ticker_kpis", "stg_transactions"],
  name: ["transactions", "raw_prices", "transaction_sensor", "daily_market_data_ingestion"],
  figure: ["xirr", "twr", "sharpe_ratio"],
  date: ["2024-01-05", "2024-02-29"],
  transaction_date: ["2024-01-05"],
  quantity: ["1", "0.5"],
  price: ["100", "12.34"],
  fee: ["0", "1"],
  type: ["BUY", "SELL"],
  step: ["review", "import"],
  csv: ["date,ticker,type,quantity,price\n2024-01-05,TAA,BUY,1,100"],
  select: ["raw_prices+", "*"],
  action: ["disable", "enable", "promote", "demote"],
};

const strange: readonly unknown[] = [
  ...[null, true, false, 0, -1, -0, 0.1, 1e308, 2 ** 31, 2 ** 53, -(2 ** 63), [], {}, [[]], [null], { a: 1 }],
  ...[
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "\u202e",
    "\ufeff",
    "ＴＡＡ",
    "٣",
    "𝟙",
    "é\u0301",
    "😀".repeat(50),
    "ß",
    "İ",
  ],
  ...[
    "1e999",
    "NaN",
    "-0",
    "Infinity",
    "1,5",
    "0x10",
    "1_000",
    "+1",
    ".5",
    "5.",
    "9".repeat(400),
    `0.${"0".repeat(300)}1`,
  ],
  ...[
    "0000-00-00",
    "2024-02-30",
    "9999-12-31",
    "99999-01-01",
    "infinity",
    "-infinity",
    "now",
    "2024-1-5",
    "0001-01-01 BC",
  ],
  ...[
    "__proto__",
    "constructor",
    "toString",
    "null",
    "undefined",
    "'; select 1 --",
    '"',
    "\\",
    "%00",
    "%",
    "{{x}}",
  ],
  ...[
    "../../etc/passwd",
    "//example.org",
    "javascript:1",
    "http://[::1]",
    "<script>1</script>",
    "a\r\nSet-Cookie: a=1",
  ],
  ...["-1", "0", "9223372036854775807", "9223372036854775808", "1".repeat(40)],
];

const mostFields = 12;

export interface Known {
  /** Numbers and names of what other people have, and of what this one has. */
  readonly identifiers: readonly string[];
}

/** Some text: most are short, a few as long as a body may be. */
function hostileText(random: Random): string {
  const length = random.pick([5, 20, 300, 300, 5000, random.next() < 0.1 ? 100_000 : 1000]);
  return random.pick(Object.values(hostileTexts))(length);
}

/** With a few characters changed, gone, doubled or new. */
function mutated(text: string, random: Random): string {
  let result = text;
  for (let count = random.between(1, 3); count > 0; count -= 1) {
    const place = random.between(0, result.length);
    const piece = random.pick(["", "\0", "'", "9", "-", "é", "\u2028", "%", result.slice(0, 5), "e5", " "]);
    result = result.slice(0, place) + piece + result.slice(place + random.between(0, 2));
  }
  return result;
}

function soundText(name: string, schema: Schema, random: Random, known: Known): string {
  if (schema.enum) return String(random.pick(schema.enum));
  if (/(^|_)id$|^run$/.test(name)) return random.pick(known.identifiers);
  if (schema.type === "integer" || schema.type === "number") return String(random.between(0, 300));
  return random.pick(sound[name] ?? (/date|since|from|to$/.test(name) ? sound.date! : ["a", "1", "TAA"]));
}

/** As text, for a path, an address, a header or a form. */
function textValue(name: string, schema: Schema, random: Random, known: Known): string {
  const chance = random.next();
  if (chance < 0.5) return soundText(name, schema, random, known);
  if (chance < 0.65) return mutated(soundText(name, schema, random, known), random);
  if (chance < 0.75) return random.pick(known.identifiers);
  if (chance < 0.9) return String(random.pick(strange));
  return hostileText(random);
}

function nested(random: Random): unknown {
  let value: unknown = 1;
  for (let depth = random.pick([5, 100, 1000]); depth > 0; depth -= 1)
    value = random.next() < 0.5 ? [value] : { a: value };
  return value;
}

/** As JSON. */
function jsonValue(name: string, schema: Schema, random: Random, known: Known): unknown {
  const chance = random.next();
  if (chance < 0.08) return random.pick(strange);
  if (chance < 0.1) return nested(random);
  if (schema.anyOf) return jsonValue(name, random.pick(schema.anyOf), random, known);
  if (schema.properties) return jsonObject(schema.properties, random, known);
  if (schema.items) {
    const item = schema.items;
    return Array.from({ length: random.pick([0, 1, 3, 200]) }, () => jsonValue(name, item, random, known));
  }
  if (chance < 0.6 && schema.type === "boolean") return random.next() < 0.5;
  const text = textValue(name, schema, random, known);
  return chance < 0.8 && (schema.type === "integer" || schema.type === "number") ? Number(text) : text;
}

function jsonObject(
  properties: Readonly<Record<string, Schema>>,
  random: Random,
  known: Known,
): Record<string, unknown> {
  const kept = Object.entries(properties).filter(() => random.next() < 0.9);
  const entries = kept.map(([name, each]): [string, unknown] => [name, jsonValue(name, each, random, known)]);
  if (random.next() < 0.1) entries.push([random.pick(["user_id", "role", "extra", "constructor"]), 1]);
  return Object.fromEntries(entries);
}

const encoded = (text: string): string => encodeURIComponent(text.toWellFormed());

/** An address has room for less than a body. */
const addressValue = (text: string): string => encoded(text.slice(0, 2000));

function bodyOf(target: Target, random: Random, known: Known): { type: string; text: string } | null {
  if (target.form !== null && target.method === "POST") {
    const fields = Object.entries(target.form).filter(() => random.next() < 0.9);
    const pairs = fields.map(([name, value]): [string, string] => [
      random.next() < 0.03 ? mutated(name, random) : name,
      value !== "" && random.next() < 0.5 ? value : textValue(name, {}, random, known),
    ]);
    return { type: "application/x-www-form-urlencoded", text: String(new URLSearchParams(pairs)) };
  }
  if (target.body === null) return random.next() < 0.05 ? { type: "application/json", text: "{" } : null;
  return {
    type: "application/json",
    text: JSON.stringify(jsonValue("body", target.body, random, known)) ?? "",
  };
}

const types = [
  "application/json",
  "text/plain",
  "application/octet-stream",
  "application/json; charset=utf-7",
  "\u00e9",
];

/** The request of that number: `random` is its own. */
export function makeRequest(targets: readonly Target[], random: Random, known: Known): FuzzRequest {
  const target = random.pick(targets);
  const path = target.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    addressValue(textValue(name, {}, random, known)),
  );
  const asked = target.method === "GET" && target.form !== null ? target.form : target.query;
  const query = Object.entries(asked)
    .slice(0, mostFields)
    .filter(() => random.next() < 0.7)
    .map(([name, schema]) => {
      const described = typeof schema === "string" ? {} : schema;
      return `${addressValue(name)}=${addressValue(textValue(name, described, random, known))}`;
    });
  const made = bodyOf(target, random, known);
  let bytes = made && Buffer.from(made.text);
  if (bytes && random.next() < 0.05) bytes = Buffer.from(mutated(bytes.toString("latin1"), random), "latin1");
  const headers: Record<string, string> = { Accept: random.pick(["text/html", "application/json", "*/*"]) };
  for (const name of target.headers)
    headers[name] = textValue(name, {}, random, known)
      .slice(0, 1000)
      .replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, "?");
  if (made) headers["Content-Type"] = random.next() < 0.95 ? made.type : random.pick(types);
  if (random.next() < 0.01) headers["Content-Encoding"] = random.pick(["gzip", "br", "none"]);
  return {
    method: random.next() < 0.98 ? target.method : random.pick(["PUT", "PATCH", "HEAD", "OPTIONS", "DELETE"]),
    path: query.length > 0 ? `${path}?${query.join("&")}` : path,
    headers,
    body: bytes,
    dropAfter: random.next() < 0.05 ? random.between(0, bytes?.length ?? 0) : null,
  };
}
