/**
 * Every text that can be sent, hostile: every route of the API, each of its parameters and fields, every header that is read. It is
 * answered below 500 and within a second, and nobody else waits for it longer than for anything else.
 */
import { gzipSync } from "node:zlib";
import { beforeAll, describe, test } from "vitest";
import {
  type Attack,
  addressText,
  bodyLength,
  type Call,
  encoded,
  hostilePaths,
  kinds,
  soundPath,
  startAttack,
} from "./hostile-requests.ts";

let attack: Attack;
beforeAll(async () => {
  attack = await startAttack();
});

// -- The API, as its own description has it.

interface Described {
  readonly parameters: readonly { readonly name: string; readonly in: "path" | "query" | "header" }[];
  readonly requestBody?: {
    readonly content: { readonly "application/json": { readonly schema: { readonly properties?: object } } };
  };
}

async function describedRoutes(): Promise<{ method: string; path: string; described: Described }[]> {
  const response = await fetch(`${attack.url}/api/openapi.json`);
  const { paths } = (await response.json()) as { paths: Record<string, Record<string, Described>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({
      method: method.toUpperCase(),
      path,
      described,
    })),
  );
}

const fieldsOf = ({ requestBody }: Described): string[] =>
  Object.keys(requestBody?.content["application/json"].schema.properties ?? {});

/** As long as a body may be; what is escaped in JSON is as much shorter. */
function bodyText(make: (length: number) => string): string {
  const most = bodyLength - 2000;
  const text = make(most);
  const bytes = Buffer.byteLength(JSON.stringify(text));
  return bytes <= most ? text : make(Math.floor((most * text.length) / bytes));
}

const json = { "Content-Type": "application/json" };

describe("the API", () => {
  test("in every parameter of a path and an address", async () => {
    const calls: Call[] = [];
    for (const { method, path, described } of await describedRoutes())
      for (const [what, make] of kinds) {
        const text = addressText(make);
        for (const place of hostilePaths(path, text))
          calls.push({ method, path: place, what: `${what} in the path` });
        for (const { name, in: where } of described.parameters) {
          const short = text.slice(0, 2000);
          if (where === "query")
            calls.push({ method, path: `${soundPath(path)}?${name}=${encoded(short)}`, what });
        }
      }
    await attack.expectAnswers(calls);
  }, 600_000);

  test("in every field of a body, as a text, as a list and as a name", async () => {
    const calls: Call[] = [];
    for (const { method, path, described } of await describedRoutes()) {
      const fields = fieldsOf(described);
      for (const [index, [what, make]] of fields.length === 0 ? [] : kinds.entries()) {
        const text = bodyText(make);
        const others = [
          Object.fromEntries(fields.map((field) => [field, text.slice(0, text.length / fields.length)])),
          Object.fromEntries(fields.map((field) => [field, [text.slice(0, 1000)]])),
          { [text.slice(0, text.length / 2)]: text.slice(0, text.length / 2) },
        ];
        const bodies = [...fields.map((field) => ({ [field]: text })), others[index % others.length]];
        for (const body of bodies)
          calls.push({ method, path: soundPath(path), headers: json, body: JSON.stringify(body), what });
      }
    }
    await attack.expectAnswers(calls);
  }, 900_000);

  test("as a body that is not what it says", async () => {
    const nested = (open: string, close: string, count: number): string =>
      open.repeat(count) + close.repeat(count);
    const bodies: readonly (readonly [what: string, body: string | Uint8Array, headers?: object])[] = [
      ["45,000 brackets", nested("[", "]", 45_000)],
      ["45,000 brackets in a field", `{"quantity":${nested("[", "]", 45_000)}}`],
      ["objects in one another", `{"email":${nested('{"a":', "", 15_000)}1${"}".repeat(15_000)}}`],
      ["brackets that never close", "[".repeat(90_000)],
      ["a name of every object", '{"__proto__":{"email":"a@example.org"},"constructor":{"prototype":1}}'],
      ["ten thousand fields", `{${Array.from({ length: 9000 }, (_, index) => `"f${index}":1`).join(",")}}`],
      ["a number beyond all", '{"quantity":1e999999,"price":-1e-999999}'],
      ["nothing but null", "null"],
      ["a bare text", '"text"'],
      ["a bare number", "12"],
      ["no JSON", "{]"],
      ["no UTF-8", new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
      [
        "a small file that unfolds to a large one",
        gzipSync(Buffer.alloc(50_000_000, 91)),
        { "Content-Encoding": "gzip" },
      ],
      ["an encoding that is none", "{}", { "Content-Encoding": "nothing" }],
      ["letters that are none", "{}", { "Content-Type": "application/json; charset=nothing" }],
      ["a form", "a=1".repeat(20_000), { "Content-Type": "application/x-www-form-urlencoded" }],
      ["a form of many fields", "a&".repeat(40_000), { "Content-Type": "application/x-www-form-urlencoded" }],
      ["a kind of many pieces", "{}", { "Content-Type": `application/json;${" a=b;".repeat(2000)}` }],
    ];
    const routes = (await describedRoutes()).filter(({ described }) => fieldsOf(described).length > 0);
    await attack.expectAnswers(
      routes.flatMap(({ method, path }) =>
        bodies.map(([what, body, headers]) => ({
          method,
          path: soundPath(path),
          headers: { ...json, ...headers },
          body,
          what,
        })),
      ),
    );
  }, 600_000);
});

const readHeaders = [
  ...["Authorization", "Cookie", "Idempotency-Key", "X-CSRF-Token", "Origin", "Accept", "Accept-Language"],
  ...[
    "Accept-Encoding",
    "Last-Event-ID",
    "X-Fragment",
    "User-Agent",
    "Sec-Purpose",
    "X-Forwarded-For",
    "Forwarded",
  ],
  ...["X-Forwarded-Host", "X-Forwarded-Proto", "Content-Type", "Referer", "If-None-Match", "Range", "Host"],
];
/** Node refuses what no header may have before it is sent. */
const headerText = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/[^\x20-\x7e]/g, "~")
    .trim();

describe("headers", () => {
  test("that are read, on an API call and on a page", async () => {
    const trade = JSON.stringify({
      ticker: "NORD",
      type: "SELL",
      quantity: "1",
      price: "1",
      date: "2024-01-05",
    });
    const calls = readHeaders.flatMap((name, position) =>
      kinds.map(([kind, make], index): Call => {
        const headers = { Accept: "text/html", ...json, [name]: headerText(make(12_000)) };
        const what = `${kind} as ${name}`;
        return (position + index) % 2 === 0
          ? { method: "GET", path: "/portfolio", headers, what }
          : { method: "POST", path: "/api/transactions", headers, body: trade, what };
      }),
    );
    const listed = ["en-US,", "*,", "aa-bb;q=0.1,", "a;", "bearer ", "a=b; "].flatMap((piece): Call[] =>
      ["Accept-Language", "Accept", "Accept-Encoding", "Cookie", "Authorization"].map((name) => ({
        method: "GET",
        path: "/portfolio",
        headers: { Accept: "text/html", [name]: piece.repeat(12_000 / piece.length).trim() },
        what: `${piece} again and again as ${name}`,
      })),
    );
    const token = (payload: string): string =>
      `Bearer ${[`{"typ":"JWT","alg":"HS256"}`, payload].map((part) => Buffer.from(part).toString("base64url")).join(".")}.a`;
    const tokens = ["{", "[".repeat(8000), '{"__proto__":1}', '{"jti":"\\u0000"}', "\0"].map((payload) => ({
      method: "GET",
      path: "/api/account",
      headers: { Authorization: token(payload) },
      what: "a token that is none",
    }));
    await attack.expectAnswers([...calls, ...listed, ...tokens]);
  }, 600_000);
});

test("meanwhile the process answered who asked whether it is up", () => attack.expectHealth());
