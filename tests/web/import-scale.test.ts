import { beforeAll, expect, test } from "vitest";
import { resourcesOf } from "../ingestion/context.ts";
import { startIngestion } from "../support/engine.ts";
import { textOf } from "../support/html.ts";
import { emptyRegistry } from "./registry.ts";
import { startWebServer, type WebServer } from "./server.ts";

// A file of three thousand trades of sixty tickers that nobody has used yet: looked at and imported, as a form without scripts does.

const tickers = Array.from({ length: 60 }, (_, index) => `TICK${index}`);
const perTicker = 50;

let server: WebServer;
let csv: string;

beforeAll(async () => {
  server = await startWebServer(emptyRegistry);
  await startIngestion(server.database, resourcesOf(server.market));
  const acme = server.market.ticker("ACME");
  const days = acme.bars.slice(-perTicker * 10).filter((_, index) => index % 10 === 0);
  const rows = tickers.flatMap((ticker) => {
    server.market.addTicker({ ...acme, ticker, splits: [], dividends: [] });
    return days.map(({ date, close }, index) => {
      const isSale = index % 5 === 4;
      return `${date},${isSale ? "SELL" : "BUY"},${ticker},${isSale ? 2 : 3},${close},1`;
    });
  });
  csv = ["date,type,ticker,quantity,price,fee", ...rows].join("\n");
});

const path = "/transactions/import";

async function register(email: string) {
  const { token } = await server.register(email);
  return async (fields: readonly (readonly [string, string])[]) => {
    const response = await fetch(server.url + path, {
      method: "POST",
      headers: { Cookie: `stratafolio_session=${token}`, Origin: server.url },
      body: new URLSearchParams(fields as [string, string][]),
      redirect: "manual",
    });
    const location = response.headers.get("Location");
    return { status: response.status, location, html: await textOf(response) };
  };
}

/** What a browser sends of the page that it was given: its hidden fields, its text, and what is ticked there. */
function fieldsOf(html: string): [string, string][] {
  const inputs = [...html.matchAll(/<input\b[^>]*>/g)].map(([input]) => {
    const attribute = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(input)?.[1] ?? "";
    return { type: attribute("type"), name: attribute("name"), value: attribute("value"), input };
  });
  const sent = inputs.filter(
    ({ type, input }) => type === "hidden" || (type === "checkbox" && /\bchecked\b/.test(input)),
  );
  return [["csv", csv], ...sent.map(({ name, value }): [string, string] => [name, value])];
}

const linesOn = (html: string): number[] =>
  [...html.matchAll(/name="line"\s+value="(\d+)"/g)].map(([, line]) => Number(line));
const without = (fields: [string, string][], line: string) =>
  fields.filter(([name, value]) => !(name === "line" && value === line));

test("the page shows a few rows at a time, and its form carries the others", {
  timeout: 240_000,
}, async () => {
  const send = await register("ada@example.org");
  const before = process.threadCpuUsage();
  const first = await send([
    ["csv", csv],
    ["step", "review"],
  ]);
  const { user, system } = process.threadCpuUsage(before);
  // Of this thread alone, in which the market answers, too; what other programs take of the processor does not count.
  expect((user + system) / 1000).toBeLessThan(4500);
  expect(first.html).toMatch(/<strong>3,000<\/strong> ready/);
  expect(first.html).toMatch(/<strong>0<\/strong>\s*problems/);
  expect(linesOn(first.html)).toEqual(Array.from({ length: 50 }, (_, index) => index + 2));
  expect(first.html.length - csv.length).toBeLessThan(120_000);

  // The last row, and one of another page, are left out without any of the others being lost.
  const unticked = without(fieldsOf(first.html), "3");
  const last = await send([...unticked, ["turn", "good 60"]]);
  expect(linesOn(last.html).at(-1)).toBe(3001);
  expect(last.html).toMatch(/<details class="good-rows" open>/);
  expect(last.html).toMatch(/<strong>2,999<\/strong> ready/);
  const back = await send([...without(fieldsOf(last.html), "3001"), ["turn", "good 1"]]);
  expect(back.html).toMatch(/<strong>2,998<\/strong> ready/);
  expect(linesOn(back.html)[0]).toBe(2);
  expect(back.html).toMatch(/value="3"\s+aria-label="Import line 3"\s*>/);

  const done = await send([...fieldsOf(back.html), ["step", "import"]]);
  expect(done.location).toBe("/transactions?imported=2998");
  const again = await send([
    ["csv", csv],
    ["step", "review"],
  ]);
  expect(again.html).toMatch(/<strong>2<\/strong> ready/);
});

test("rows to look at come first, and go along from page to page as they are ticked and corrected", async () => {
  const send = await register("bert@example.org");
  const { close } = server.market.ticker("ACME").bars.at(-1)!;
  const day = server.market.ticker("ACME").bars.at(-1)!.date;
  const wrong = Array.from(
    { length: 70 },
    (_, index) => `${day},BUY,ACME,${index + 1},${Number(close) * 100},0`,
  );
  csv = ["date,type,ticker,quantity,price,fee", ...wrong, `${day},SELL,WORLD,1,75,0`].join("\n");
  const first = await send([
    ["csv", csv],
    ["step", "review"],
  ]);
  expect(first.html).toMatch(/<strong>70<\/strong> ready/);
  expect(first.html).toMatch(/<strong>1<\/strong>\s*problem</);
  expect(first.html).toMatch(/70 to look at/);
  expect(linesOn(first.html)[0]).toBe(72);
  expect(linesOn(first.html)).toHaveLength(50);
  const corrected = await send([...fieldsOf(first.html), ["correct_all", "1"]]);
  const next = await send([...fieldsOf(corrected.html), ["turn", "good 2"]]);
  // Each of them stays corrected, on whichever page it is.
  expect(next.html).not.toMatch(/70 to look at/);
  const left = await send([...fieldsOf(next.html), ["step", "leave_out"]]);
  expect(left.html).toMatch(/<strong>70<\/strong> ready/);
  const done = await send([...fieldsOf(left.html), ["step", "import"]]);
  expect(done.location).toBe("/transactions?imported=70");
  const { rows } = await server.database.pool.query(
    "select count(*) as rows from bronze.transactions where ticker = 'ACME' and price = $1",
    [close],
  );
  expect(rows[0].rows).toBe(70);
});

test("lines that no page sent are refused", async () => {
  const send = await register("carl@example.org");
  for (const unshown of ["1-999999", "2-", "x", "5-2"]) {
    const { status } = await send([
      ["csv", csv],
      ["unshown", unshown],
    ]);
    expect(status, unshown).toBe(422);
  }
});
