/**
 * The dashboard of a person with many positions: what the server takes for it, how many a second it serves, and how long
 * an open page is behind a trade.
 */
import { launchBrowser } from "../tests/support/browser.ts";
import { lastDay } from "./load.ts";
import { ask, look, type Session, signIn } from "./reads.ts";
import { milliseconds, percentile, printTable } from "./table.ts";
import type { World } from "./world.ts";

const person = 3;

export interface DashboardSize {
  /** Trades, each followed by a look at what it changed. */
  readonly trades: number;
  readonly looks: number;
  /** How long requests are counted for. */
  readonly seconds: number;
}

export async function benchDashboard(world: World, size: DashboardSize): Promise<void> {
  const { engine } = world;
  const web = await world.startWeb();
  await engine.start();
  try {
    const session = await signIn(world, person);
    await benchLooks(world, web.url, session, size);
    await benchRequests(web.url, session, size);
    await benchOpenPage(world, web.url, session, size);
  } finally {
    await engine.stop();
    await web.close();
  }
}

/** Commits a trade of the person in a ticker of theirs; returns when it was committed. */
async function commit({ pool }: World, day: string): Promise<number> {
  await pool.query(
    `insert into bronze.transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
     select user_id, ticker, 'BUY', 1, 30, $2
     from bronze.transactions
     where user_id = $1
     order by transaction_id
     limit 1`,
    [person, day],
  );
  return performance.now();
}

/** Commits a trade on some day of the load and returns when gold has it. */
async function trade(world: World, number: number): Promise<void> {
  const { pool, engine, size } = world;
  const day = new Date(Date.parse(lastDay) - ((number * 7919) % (365 * size.years - 60)) * 86_400_000);
  await commit(world, day.toISOString().slice(0, 10));
  await engine.refresh("transaction_sensor"); // whoever is first does it, the sensor or this
  for (;;) {
    const { rows } = await pool.query<{ waiting: number }>(
      "select count(*) as waiting from orchestrator.changes",
    );
    if (rows[0]?.waiting === 0) return;
    await new Promise((later) => setTimeout(later, 1));
  }
}

async function benchLooks(world: World, url: string, { cookie }: Session, { trades, looks }: DashboardSize) {
  const rows: string[][] = [];
  let number = 0;
  // What a person sees first, and what most is computed for.
  const tabs = { Overview: "/portfolio", Performance: "/portfolio/performance" };
  const pages = Object.entries(tabs).flatMap(([tab, path]) =>
    ["Max", "5Y", "1Y", "1M"].map((range) => ({
      label: `${tab}, ${range}`,
      path: `${path}?range=${range}`,
    })),
  );
  for (const { label, path } of pages) {
    const afterTrade: number[] = [];
    const again: number[] = [];
    for (let count = 0; count < 10; count += 1) await look(url + path, cookie); // warms plans and code up
    for (let count = 0; count < trades; count += 1) {
      number += 1;
      await trade(world, number);
      afterTrade.push((await look(url + path, cookie)).took);
    }
    for (let count = 0; count < looks; count += 1) again.push((await look(url + path, cookie)).took);
    for (const [name, values] of [
      ["after a trade", afterTrade],
      ["again", again],
    ] as const)
      rows.push([
        `${label}, ${name}`,
        milliseconds(percentile(values, 0.5)),
        milliseconds(percentile(values, 0.99)),
        milliseconds(Math.max(...values)),
      ]);
  }
  const { positions, years } = world.size;
  printTable(
    `A dashboard of ${positions} positions x ${years} years, as a client on this machine sees it`,
    ["", "p50", "p99", "slowest"],
    rows,
  );
}

async function benchRequests(url: string, { cookie }: Session, { seconds }: DashboardSize): Promise<void> {
  const rows: (string | number)[][] = [];
  for (const path of [
    "/portfolio?range=Max",
    "/portfolio?range=1Y",
    "/portfolio/performance?range=Max",
    "/portfolio/performance?range=1Y",
    "/api/portfolio/performance",
    "/api/portfolio/tickers",
    "/api/transactions?limit=50",
    "/healthz",
  ]) {
    const took = await ask({ url: url + path, cookie, connections: 16, seconds });
    rows.push([
      path,
      (took.length / seconds).toFixed(0),
      milliseconds(percentile(took, 0.5)),
      milliseconds(percentile(took, 0.99)),
    ]);
  }
  printTable("Requests a second, 16 connections", ["", "requests/s", "p50", "p99"], rows);
}

/** In the page: resolves when anything in it changes. */
const nextChange = `new Promise((changed) => {
  const observer = new MutationObserver(() => {
    observer.disconnect();
    changed();
  });
  observer.observe(document.querySelector("main"), { childList: true, subtree: true });
})`;

/** From the commit of a trade to the changed page in a real browser. */
async function benchOpenPage(world: World, url: string, { cookie }: Session, { trades }: DashboardSize) {
  const browser = await launchBrowser();
  try {
    const context = await browser.newContext();
    const [name = "", value = ""] = cookie.split("=");
    await context.addCookies([{ name, value, url }]);
    const page = await context.newPage();
    const rows: string[][] = [];
    for (const range of ["Max", "1Y"]) {
      await page.goto(`${url}/portfolio?range=${range}`);
      const took: number[] = [];
      for (let count = 0; count < trades; count += 1) {
        const changed = page.evaluate(nextChange);
        await page.evaluate("0"); // the observer is there
        const began = await commit(world, lastDay);
        await changed;
        took.push(performance.now() - began);
      }
      rows.push([range, milliseconds(percentile(took, 0.5)), milliseconds(percentile(took, 0.99))]);
    }
    printTable("From the commit of a trade to the open page's change", ["", "p50", "p99"], rows);
  } finally {
    await browser.close();
  }
}
