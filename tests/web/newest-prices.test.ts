/** "Refresh prices": what nobody asked for within ten minutes is fetched by a run, once, however many ask. */
import { once } from "node:events";
import { beforeAll, expect, test } from "vitest";
import { type Program, startProgram } from "../support/program.ts";
import { register, type Visitor } from "../support/visitor.ts";

let program: Program;
let ada: Visitor;
let bert: Visitor;

const trade = (visitor: Visitor, ticker: string) =>
  visitor.post("/transactions", {
    ticker,
    type: "BUY",
    quantity: "1",
    price: "100",
    fee: "0",
    date: "2024-03-01",
  });

interface Asked {
  readonly selection: string;
  readonly partitions: readonly string[];
}

async function readAsked(): Promise<Asked[]> {
  const { rows } = await program.database.pool.query<Asked>(
    `select selection, options -> 'partitions' as partitions
     from orchestrator.runs
     where request_key like 'newest:%'
     order by run_id`,
  );
  return rows;
}

/** Does what was asked for, as the orchestrator does when it is at work. */
async function fetchThem(): Promise<void> {
  const { pool } = program.database;
  const listener = await pool.connect();
  try {
    await listener.query("listen orchestrator_runs");
    await program.engine.start();
    for (;;) {
      const told = once(listener, "notification"); // before the look, so that none is missed
      const { rows } = await pool.query(
        "select from orchestrator.runs where status in ('queued', 'running')",
      );
      if (rows.length === 0) return;
      await told;
    }
  } finally {
    await program.engine.stop();
    listener.release(true);
  }
}

beforeAll(async () => {
  program = await startProgram();
  ada = await register(program, "ada@example.org");
  bert = await register(program, "bert@example.org");
});

test("who traded nothing that the market quotes is told so", async () => {
  const { location } = await bert.post("/portfolio/prices");
  expect(location).toBe("/portfolio?prices=none");
  expect(await readAsked()).toEqual([]);
});

test("asked for by many at once, each ticker is asked for once", async () => {
  await trade(ada, "NORD");
  await trade(bert, "NORD");
  await trade(bert, "WRLD");
  const answers = await Promise.all([
    ...Array.from({ length: 4 }, () => ada.post("/portfolio/prices", { range: "1Y" })),
    ...Array.from({ length: 4 }, () => bert.post("/portfolio/prices")),
  ]);
  for (const { status } of answers) expect(status).toBe(303);
  const asked = (await readAsked()).flatMap(({ selection, partitions }) =>
    partitions.map((partition) => `${selection} ${partition}`),
  );
  expect(asked.toSorted()).toEqual(["raw_prices NORD", "raw_prices WRLD"]);
  expect(answers[0]?.location).toMatch(/^\/portfolio\?range=1Y&prices=(asked|recent)$/);
});

test("the page says that they are being fetched, and no more when they are there", async () => {
  const text = "newest prices are being fetched";
  expect((await bert.get("/portfolio?range=Max")).html).toContain(text);
  await fetchThem();
  expect((await bert.get("/portfolio?range=Max")).html).not.toContain(text);
});

test("within ten minutes they are not asked for again, and the page says so", async () => {
  const before = await readAsked();
  const { location } = await bert.post("/portfolio/prices");
  expect(location).toBe("/portfolio?prices=recent");
  expect((await bert.get(`${location}&range=Max`)).html).toContain("within the last ten minutes");
  expect(await readAsked()).toEqual(before);
  await program.database.pool.query(
    "update orchestrator.runs set created_at = created_at - interval '11 minutes' where request_key like 'newest:%'",
  );
  expect((await bert.post("/portfolio/prices")).location).toBe("/portfolio?prices=asked");
  expect((await readAsked()).at(-1)?.partitions).toEqual(["NORD", "WRLD"]);
});
