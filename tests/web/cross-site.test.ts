/** A link, an image or a frame on another site makes a browser ask for any address here, with its cookies. */
import { expect, test } from "vitest";
import { createApp } from "../../src/web/app.ts";
import { emptyRegistry } from "./registry.ts";
import { startWebServer } from "./server.ts";

const server = await startWebServer(emptyRegistry);
const { token } = await server.register("operator@example.org");

interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  readonly handle: { readonly stack?: readonly Layer[] };
}

/** Every path that can be asked for by GET, as Express has it: a new one is in it by itself. */
function readablePaths(layers: readonly Layer[]): string[] {
  return layers.flatMap(({ route, handle }) => {
    if (route) return route.methods.get ? [route.path] : [];
    return handle.stack ? readablePaths(handle.stack) : [];
  });
}

/** What every table holds, but for when a credential was last used, and how often a link was guessed at. */
async function everything(): Promise<Record<string, string>> {
  const { pool } = server.database;
  const { rows: tables } = await pool.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name
     from pg_tables
     where schemaname in ('public', 'bronze', 'orchestrator') and tablename not in ('sessions', 'attempts')`,
  );
  const contents = tables.map(async ({ name }) => {
    const { rows } = await pool.query(
      `select md5(string_agg(t::text, ';' order by t::text)) as rows from ${name} t`,
    );
    return [name, rows[0].rows];
  });
  return Object.fromEntries(await Promise.all(contents));
}

const choices = new URLSearchParams({
  q: "app",
  ticker: "AAPL",
  range: "1Y",
  benchmark: "AAPL",
  sort: "weight",
  select: "*",
  done: "password",
  now: "1",
});

test("a cross-site GET of any address changes nothing", async () => {
  const paths = readablePaths((createApp(server.context).router as unknown as { stack: Layer[] }).stack);
  expect(paths).toEqual(
    expect.arrayContaining(["/portfolio", "/api/transactions", "/tickers/:ticker", "/account"]),
  );
  const before = await everything();
  for (const path of paths) {
    const address = path.replaceAll(/:(\w+)/g, (_, name) => (name.startsWith("ticker") ? "AAPL" : "1"));
    const response = await fetch(`${server.url}${address}?${choices}`, {
      headers: {
        Accept: "text/html",
        Cookie: `stratafolio_session=${token}`,
        "Sec-Fetch-Site": "cross-site",
      },
      redirect: "manual",
    });
    await response.body?.cancel(); // a stream of events would not end
  }
  expect(await everything()).toEqual(before);
});

test("what one's own page asks for is remembered, also over plain http, where browsers say no more than the page", async () => {
  const look = (headers: Record<string, string>) =>
    fetch(`${server.url}/portfolio?range=1Y&benchmark=`, {
      headers: { Accept: "text/html", Cookie: `stratafolio_session=${token}`, ...headers },
    });
  const remembered = async () =>
    (await server.database.pool.query("select range_name from portfolio_choices")).rows.length;
  for (const Referer of ["https://evil.example/", `${server.url}.evil.example/`, "no address"])
    await look({ Referer });
  await look({});
  expect(await remembered()).toBe(0);
  await look({ Referer: `${server.url}/portfolio` });
  expect(await remembered()).toBe(1);
});
