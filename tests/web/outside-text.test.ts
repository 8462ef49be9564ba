/** What no text from outside may be is refused in one place, whatever it was sent to. */
import { beforeAll, describe, expect, test } from "vitest";
import { emptyRegistry } from "./registry.ts";
import { startWebServer, type WebServer } from "./server.ts";

let server: WebServer;
let token: string;

beforeAll(async () => {
  server = await startWebServer(emptyRegistry);
  ({ token } = await server.register("first@example.org"));
});

async function refusal(method: string, path: string, body?: unknown): Promise<[number, string, string]> {
  const answer = await server.call(method, path, { token, ...(body !== undefined && { body }) });
  return [answer.status, answer.body.error?.code, answer.body.error?.field];
}

async function sendForm(path: string, body: string): Promise<{ status: number; text: string }> {
  const headers = {
    Authorization: `Bearer ${token}`,
    "Content-Type": "application/x-www-form-urlencoded",
    Accept: "text/html",
  };
  const response = await fetch(server.url + path, { method: "POST", headers, body, redirect: "manual" });
  return { status: response.status, text: await response.text() };
}

describe("a NUL", () => {
  test.each([
    ["GET", "/api/assets/a%00b", "invalid_path", "path"],
    ["GET", "/nothing/a%00b", "invalid_path", "path"],
    ["GET", "/static/%00", "invalid_path", "path"],
    ["DELETE", "/api/account/sessions/%00", "invalid_path", "path"],
    ["GET", "/api/tickers?q=a%00b", "invalid_q", "q"],
    ["GET", "/portfolio?from=%00", "invalid_from", "from"],
    ["GET", "/transactions?a%00b=1", "invalid_query", "query"],
  ])("in %s %s", async (method, path, code, field) => {
    expect(await refusal(method, path)).toEqual([422, code, field]);
  });

  test("is one only where it is encoded once", async () => {
    expect((await server.call("GET", "/api/tickers?q=a%2500", { token })).status).toBe(200);
  });

  test("in a field, however deep, and in the name of one", async () => {
    const trade = { ticker: "AAPL", type: "BUY", quantity: "1", price: "1\0", date: "2024-01-05" };
    expect(await refusal("POST", "/api/transactions", trade)).toEqual([422, "invalid_price", "price"]);
    expect(await refusal("POST", "/auth/login", { email: { a: ["\0"] } })).toEqual([
      422,
      "invalid_email",
      "email",
    ]);
    expect((await refusal("POST", "/auth/login", { "a\0": 1 })).slice(0, 2)).toEqual([422, "invalid_body"]);
  });

  test("in a form, a file's among them", async () => {
    for (const [path, body] of [
      ["/transactions", "ticker=A%00"],
      ["/transactions/import", "csv=a,b%00"],
      ["/sign-in", "email=%00&password=x"],
      ["/account/tokens", "name=%00&scope=read"],
    ] as const) {
      const { status, text } = await sendForm(path, body);
      expect([path, status]).toEqual([path, 422]);
      expect(text).toContain("without NUL characters");
    }
  });
});

test("half a character is none", async () => {
  expect(await refusal("POST", "/api/account/tokens", { name: "\ud800", scope: "read" })).toEqual([
    422,
    "invalid_name",
    "name",
  ]);
  const { status } = await server.call("POST", "/api/account/tokens", {
    token,
    body: { name: "😀", scope: "read" },
  });
  expect(status).toBe(201);
});

test("a body nested as deep as its length allows is refused, not walked into", async () => {
  const nested = `${"[".repeat(45_000)}${"]".repeat(45_000)}`;
  for (const body of [nested, `{"email":${nested}}`, `{"quantity":${nested}}`])
    for (const path of ["/auth/login", "/api/transactions"]) {
      const answer = await server.call("POST", path, { token, body });
      expect([answer.status, answer.body.error.message]).toEqual([422, expect.stringContaining("32 levels")]);
    }
});

test("names that every object has are names like any other", async () => {
  for (const name of ["__proto__", "hasOwnProperty", "constructor", "toString"]) {
    expect((await refusal("GET", `/api/assets/${name}`)).slice(0, 2)).toEqual([404, "unknown_asset"]);
    expect((await refusal("POST", "/auth/login", `{"${name}":{"email":"a@example.org"}}`))[0]).toBe(422);
    const page = await server.call("GET", `/account?done=${name}`, { token });
    expect(page.body).not.toMatch(/native code|\[object/);
    const csv = `date,type,ticker,quantity,price,${name}\n2024-01-05,BUY,${name},1,1,${name}\n`;
    const { status } = await sendForm("/transactions/import", String(new URLSearchParams({ csv })));
    expect(status).toBe(200);
  }
});

test("a form of a million fields is no form of ours", async () => {
  const { status, text } = await sendForm("/transactions/import", "line=1&".repeat(1_000_000));
  expect([status, text.includes("at most 11000 fields")]).toEqual([422, true]);
});

test("a file is not read for who is not signed in", async () => {
  const response = await fetch(`${server.url}/transactions/import`, {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded", Accept: "text/html" },
    body: `csv=${"%22".repeat(1_000_000)}`,
    redirect: "manual",
  });
  expect([response.status, response.headers.get("Location")?.startsWith("/sign-in")]).toEqual([303, true]);
});

test("a token whose payload is no JSON is no token, and no fault of ours", async () => {
  const parts = ['{"typ":"JWT","alg":"HS256"}', "{"].map((part) => Buffer.from(part).toString("base64url"));
  const answer = await server.call("GET", "/api/account", { token: `${parts.join(".")}.a` });
  expect(answer.status).toBe(401);
});
