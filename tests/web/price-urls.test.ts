/** Prices from an address on the web: entered by an operator, asked by a run, reported as a file is. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ingestPriceUrls } from "../../assets/ingest/price-urls.ts";
import { contextOf, resourcesOf } from "../ingestion/context.ts";
import { type Program, startProgram } from "../support/program.ts";
import { Visitor } from "../support/visitor.ts";

let program: Program;
let server: Server;
let host: string;
let tokens: { readonly operator: string; readonly investor: string };
const answers = new Map<string, string>();
const asked: string[] = [];

async function call(method: string, path: string, token: string, body?: object) {
  const response = await fetch(program.url + path, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? null : JSON.parse(text) };
}

async function register(email: string): Promise<string> {
  const response = await fetch(`${program.url}/auth/register`, {
    method: "POST",
    headers: { Origin: program.url, "Content-Type": "application/json" },
    body: JSON.stringify({ email, password: "correct horse battery" }),
  });
  return ((await response.json()) as { token: string }).token;
}

/** A run of the prices, as the daily one is, or of one ticker. */
const run = (partitions?: string[]) =>
  program.engine.run({
    triggerKind: "manual",
    triggerName: "test",
    selection: "raw_prices",
    ...(partitions && { partitions }),
  });

/** What a run does of one whose asking fails: the run itself would try again a minute later. */
async function askInVain(ticker: string): Promise<string[]> {
  const clock = () => new Date();
  const resources = { ...resourcesOf({ url: `http://${host}`, clock }), priceUrlHosts: [host] };
  const context = contextOf(program.database.pool, resources);
  const { failed } = await ingestPriceUrls(context, [ticker]);
  expect([...failed.keys()]).toEqual([ticker]);
  return context.logs;
}

const stored = async (ticker: string): Promise<string[]> => {
  const { rows } = await program.database.pool.query<{ bar: string }>(
    "select price_date || ' ' || trim_scale(close) as bar from raw_prices where ticker = $1 order by price_date",
    [ticker],
  );
  return rows.map(({ bar }) => bar);
};

beforeAll(async () => {
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://any");
    asked.push(request.url ?? "");
    const answer = answers.get(pathname);
    if (answer === undefined) return void response.writeHead(404).end();
    response.end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  program = await startProgram({ priceUrlHosts: [host] });
  tokens = { operator: await register("ada@example.org"), investor: await register("bert@example.org") };
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test("an entry is an operator's, is looked at before it is kept, and asks only whom it names", async () => {
  const path = "/api/prices/urls/ACAC.XLUX";
  const good = {
    url: `http://${host}/fund/{code}?to={to}`,
    format: "json",
    unit: "KES",
    date_path: "$.nav[*].day",
    price_path: "$.nav[*].value",
  };
  expect((await call("POST", path, tokens.investor, good)).status).toBe(403);
  expect((await call("GET", "/api/prices/urls", tokens.investor)).status).toBe(403);
  for (const wrong of [
    { url: "ftp://example.org/x" },
    { url: "http://{code}.example.org/x" },
    { url: "http://example.org{code}/x" },
    { url: "http://example.org/{password}" },
    { url: "http://a:b@example.org/" },
    { unit: "shillings" },
    { format: "json", date_path: "$..day" },
    { format: "json", date_path: "$.a[?@.b]" },
    { every: "minute" },
  ]) {
    const { status, body } = await call("POST", path, tokens.operator, { ...good, ...wrong });
    expect([JSON.stringify(wrong), status, body.error?.code]).toEqual([
      JSON.stringify(wrong),
      422,
      expect.stringMatching(/^invalid_/),
    ]);
  }
  expect((await call("POST", "/api/prices/urls/~2.1", tokens.operator, good)).status).toBe(422);
  const { status, body } = await call("POST", path, tokens.operator, good);
  expect([status, body.url]).toMatchObject([
    200,
    { ticker: "ACAC.XLUX", every: "day", asked_at: null, failure: null },
  ]);
});

test("what stands there is taken in by a run, with its report; the same again changes nothing", async () => {
  answers.set(
    "/fund/ACAC",
    JSON.stringify({
      nav: [
        { day: "2024-01-02", value: 101.5 },
        { day: 1704240000, value: "102.25" },
        { day: "2024-01-04T17:00:00Z", value: null },
      ],
    }),
  );
  await run(["ACAC.XLUX"]);
  expect(await stored("ACAC.XLUX")).toEqual(["2024-01-02 101.5", "2024-01-03 102.25"]);
  expect(asked.at(-1)).toMatch(/^\/fund\/ACAC\?to=\d{4}-\d{2}-\d{2}$/);
  const { rows } = await program.database.pool.query(
    "select source, currency, last_error from raw_assets where ticker = 'ACAC.XLUX'",
  );
  expect(rows).toEqual([{ source: "url", currency: "KES", last_error: null }]);
  const { body } = await call("GET", "/api/prices/files", tokens.operator);
  expect(body.files[0]).toMatchObject({
    origin: "url",
    received_by: "its address",
    rows: 3,
    refused: 1,
    inserted: 2,
  });
  await run(["ACAC.XLUX"]);
  expect((await call("GET", "/api/prices/files", tokens.operator)).body.files).toHaveLength(
    body.files.length,
  );
  const before = asked.length;
  await run();
  expect(asked).toHaveLength(before); // asked today already
});

test("a day that is another now stands, and is told; what fails is said at the entry and to whoever holds it", async () => {
  answers.set(
    "/fund/ACAC",
    JSON.stringify({
      nav: [
        { day: "2024-01-02", value: 99 },
        { day: "2024-01-05", value: 103 },
      ],
    }),
  );
  await run(["ACAC.XLUX"]);
  expect(await stored("ACAC.XLUX")).toEqual(["2024-01-02 101.5", "2024-01-03 102.25", "2024-01-05 103"]);
  const { body } = await call("GET", "/api/prices/files", tokens.operator);
  expect(body.files[0]).toMatchObject({ contradicting: 1, inserted: 1 });
  answers.set("/fund/ACAC", "<!doctype html>");
  expect(await askInVain("ACAC.XLUX")).toEqual(["error ACAC.XLUX: expected JSON, got: <!doctype html>"]);
  const [entry] = (await call("GET", "/api/prices/urls", tokens.operator)).body.urls;
  expect(entry.failure).toBe("expected JSON, got: <!doctype html>");
  const { rows } = await program.database.pool.query(
    "select last_error from raw_assets where ticker = 'ACAC.XLUX'",
  );
  expect(rows).toEqual([{ last_error: "expected JSON, got: <!doctype html>" }]);
  const page = await new Visitor(program.url, tokens.operator).get("/assets/prices");
  expect(page.html).toContain("its address gives no JSON, but: &lt;!doctype html&gt;");
});

test("a CSV by the names of its columns, for a ticker that is switched from the market and back", async () => {
  answers.set("/nord.csv", "Tag;Kurs;Sonst\n2024-01-02;12.5;x\n2024-01-03;13.5;y\n");
  const market = await stored("NORD");
  const entry = {
    url: `http://${host}/nord.csv`,
    format: "csv",
    unit: "USD",
    date_path: "Tag",
    price_path: "Kurs",
  };
  expect(
    (await call("POST", "/api/prices/source", tokens.operator, { ticker: "NORD", source: "url" })).status,
  ).toBe(422);
  await call("POST", "/api/prices/urls/NORD", tokens.operator, entry);
  await run(["NORD"]); // it is Yahoo's still
  expect(await stored("NORD")).toEqual(market);
  const { body } = await call("POST", "/api/prices/source", tokens.operator, {
    ticker: "NORD",
    source: "url",
  });
  expect(body).toMatchObject({ set_aside: market.length, brought_back: 0 });
  await run(["NORD"]);
  expect(await stored("NORD")).toEqual(["2024-01-02 12.5", "2024-01-03 13.5"]);
  const back = await call("POST", "/api/prices/source", tokens.operator, { ticker: "NORD", source: "yahoo" });
  expect(back.body).toMatchObject({ set_aside: 2, brought_back: market.length });
  expect(await stored("NORD")).toEqual(market);
});

test("this machine is asked only where it is allowed", async () => {
  const url = `http://localhost:${host.split(":")[1]}/nord.csv`;
  await call("POST", "/api/prices/urls/LOC.XNAI", tokens.operator, { url, format: "csv", unit: "KES" });
  const before = asked.length;
  await askInVain("LOC.XNAI");
  expect(asked).toHaveLength(before);
  const { body } = await call("GET", "/api/prices/urls", tokens.operator);
  expect(body.urls.find((one: { ticker: string }) => one.ticker === "LOC.XNAI").failure).toMatch(
    /^expected a host on the public internet, got: localhost/,
  );
  expect((await call("DELETE", "/api/prices/urls/LOC.XNAI", tokens.operator)).status).toBe(204);
  expect((await call("DELETE", "/api/prices/urls/LOC.XNAI", tokens.operator)).status).toBe(404);
});
