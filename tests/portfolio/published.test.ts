import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { definitions } from "../../assets/index.ts";
import { type Definitions, loadRegistry, readFunctionDefinitions } from "../../src/engine/index.ts";
import { apiRoutes } from "../../src/web/api/index.ts";
import { figures } from "../../src/web/explain/figures.ts";
import { type Program, startProgram } from "../support/program.ts";
import { type Reader, settle, signUp } from "../web/reader.ts";
import { loopbackDeployment } from "../web/server.ts";

// What stands in a file is one thing, what is published another: readers show the second, whatever is done to the first.

let program: Program;
let ada: Reader;
let folder: string;
let paths: readonly string[];

const bodies = fileURLToPath(new URL("../../sql-models", import.meta.url));

const pathOf = (model: string): string =>
  join(program.engine.registry.graph.get(model).asset.layer, `${model}.sql`);
const fileOf = (model: string): string => join(folder, pathOf(model));
const originalOf = (model: string): string => join(bodies, pathOf(model));

/** As when a file is saved, or taken away (`text` null), while the program runs. */
async function save(model: string, text: string | null): Promise<void> {
  if (text === null) await rm(fileOf(model));
  else await writeFile(fileOf(model), text);
  await load(definitions);
}

async function load(defined: Definitions): Promise<void> {
  const functionDefinitions = readFunctionDefinitions(program.database.pool);
  await program.engine.reload(await loadRegistry(defined, { bodiesFolder: folder, functionDefinitions }));
}

/** As it is in the repository. */
const mend = async (model: string): Promise<void> => save(model, await readFile(originalOf(model), "utf8"));

const textOf = (model: string): Promise<string> => readFile(fileOf(model), "utf8");

async function edit(model: string, from: string, to: string): Promise<void> {
  const text = await textOf(model);
  expect(text).toContain(from);
  await save(model, text.replace(from, to));
}

/** Everything that can be read, by a person who is an operator, too. */
function readablePaths(): string[] {
  const api = apiRoutes(
    { registry: () => program.engine.registry, version: "", deployment: loopbackDeployment } as Parameters<
      typeof apiRoutes
    >[0],
    { contentType: "", observe: () => {}, read: async () => "" } as Parameters<typeof apiRoutes>[1],
  );
  const examples: Record<string, string> = {
    "/api/transactions/draft": "?ticker=NORD&date=2022-05-05",
    "/api/transactions/lots": "?ticker=NORD&date=2022-05-05",
    "/api/tickers": "?q=NORD",
    "/api/fx": "?currency=USD&from=2024-01-01",
    "/api/income/months": "?year=2024",
    "/api/tax/realized": "?year=2024",
    "/api/tax/income": "?year=2024",
    "/api/tax/fees": "?year=2024",
    "/api/tax/uncounted": "?year=2024",
    "/api/portfolio/risk": "?benchmark=WRLD",
    "/api/portfolio/what-if": "?ticker=NORD&multiple=0.5",
  };
  const values: Record<string, string> = { name: "gold_drawdowns", run_id: "1", id: "1", ticker: "NORD" };
  return [
    ...api
      // No split of NORD is known, nobody has given a file of prices, and NORD is nobody's own: there is none to read.
      .filter(({ path }) => !/\/splits\/|\/prices\/files\/|\/own-assets\/:/.test(path))
      .filter(({ method, mediaType }) => method === "get" && mediaType !== "text/event-stream")
      .map(({ path }) => path.replaceAll(/:(\w+)/g, (_, name) => values[name]!) + (examples[path] ?? "")),
    ...Object.keys(figures).map((figure) => `/explain/${figure}?range=1Y`),
    ...["xirr", "total_return", "change"].map((figure) => `/explain/${figure}?ticker=NORD`),
    "/explain/regime_return?regime=expansion",
    "/portfolio?range=1Y&benchmark=WRLD",
    "/portfolio/performance?range=1Y&benchmark=WRLD",
    "/portfolio/risk?range=1Y&benchmark=WRLD&what_if=NORD&multiple=0",
    "/explain/beta?benchmark=WRLD",
    "/explain/return_contribution?ticker=NORD",
    "/income?year=2024",
    "/realized?year=2024",
    "/tickers/NORD",
    "/transactions",
    "/transactions/1/delete",
    "/transactions/deleted",
    "/transactions/import",
    "/account",
    "/assets",
    "/assets/gold_drawdowns",
    "/assets/int_holding_periods",
    "/runs",
    "/runs/1",
    "/automation",
  ];
}

async function expectAllRead(): Promise<void> {
  const answers: (readonly [string, number])[] = [];
  for (const path of paths) answers.push([path, (await ada.get(path)).status]);
  expect(answers.filter(([, status]) => status >= 400)).toEqual([]);
}

const orders = ["ticker", "weight", "quantity", "current_price", "average_cost", "income", "gain"];
let looks = 0;

/** Depths of the falls, deepest first: on a page that was never kept, and as the API answers. */
async function depths() {
  const order = `sort=${orders[looks % orders.length]}&order=${looks % 2 ? "ascending" : "descending"}`;
  looks += 1;
  const { html } = await ada.get(`/portfolio/performance?range=Max&${order}`);
  const table = /<section[^>]*aria-labelledby="drawdowns-heading">.*?<\/section>/s.exec(html)?.[0] ?? "";
  const shown = [...table.matchAll(/<a class="days"[^>]*>([^<]+)<\/a>/g)].map(([, text]) => text);
  const { html: answer } = await ada.get("/api/portfolio/drawdowns");
  const { rows } = JSON.parse(answer) as { rows: { depth: number }[] };
  const percent = new Intl.NumberFormat("en-US", {
    style: "percent",
    minimumFractionDigits: 2,
    signDisplay: "exceptZero",
  });
  const answered = rows.slice(0, 5).map(({ depth }) => percent.format(depth));
  return { shown: shown.map((text) => text!.replace("−", "-")), answered };
}

async function expectPublished(): Promise<string[]> {
  const { shown, answered } = await depths();
  expect(shown.length).toBeGreaterThan(2);
  expect(shown).toEqual(answered);
  return answered;
}

beforeAll(async () => {
  program = await startProgram();
  folder = await mkdtemp(join(tmpdir(), "stratafolio-models-"));
  await cp(bodies, folder, { recursive: true });
  ada = await signUp(program, "ada@example.com");
  await ada.trade("NORD", "BUY", "10", "200", "2022-05-05");
  await ada.trade("NORD", "SELL", "4", "210", "2023-05-05");
  await ada.trade("WRLD", "BUY", "3", "150", "2023-06-05");
  await program.engine.run({ triggerKind: "manual", triggerName: "test", selection: "raw_fred+" });
  await settle(program, "NORD", "WRLD");
  paths = readablePaths();
});

afterAll(() => rm(folder, { recursive: true }));

describe("every page and route is read", () => {
  let original: string[];

  test("when files and views agree", async () => {
    await expectAllRead();
    original = await expectPublished();
  });

  test("when a file has a typo", async () => {
    await save("gold_drawdowns", "selct user_id frm int_portfolio_index");
    await save("int_holding_periods", "select");
    await expectAllRead();
    expect(await expectPublished()).toEqual(original);
    expect((await ada.get("/transactions/1/delete")).html).toContain("NORD");
    await mend("int_holding_periods");
  });

  test("when an edit is not published yet, and when it is", async () => {
    await mend("gold_drawdowns");
    await edit("gold_drawdowns", "min(drawdown) as depth", "min(drawdown) / 2 as depth");
    await expectAllRead();
    expect(await expectPublished()).toEqual(original);
    await program.engine.deploy();
    await expectAllRead();
    expect(await expectPublished()).not.toEqual(original);
  });

  test("when the edit is rolled back, while the file has it still", async () => {
    await program.engine.rollback("gold_drawdowns");
    await expectAllRead();
    expect(await expectPublished()).toEqual(original);
  });

  test("when a file is taken away, of a view and of what stands under it", async () => {
    await save("gold_drawdowns", null);
    await save("int_portfolio_index", null);
    await expectAllRead();
    expect(await expectPublished()).toEqual(original);
  });

  test("when a view further up is edited, published and rolled back", async () => {
    await mend("gold_drawdowns");
    await mend("int_portfolio_index");
    await edit(
      "int_portfolio_index",
      "twr_index / running_peak - 1 as",
      "(twr_index / running_peak - 1) / 4 as",
    );
    expect(await expectPublished()).toEqual(original);
    await program.engine.deploy();
    expect(await expectPublished()).not.toEqual(original);
    await program.engine.rollback("int_portfolio_index");
    expect(await expectPublished()).toEqual(original);
  });

  test("while versions are published and rolled back under the readers", async () => {
    let isDone = false;
    const statuses: number[] = [];
    const read = async () => {
      for (let look = 0; !isDone; look++) {
        const from = new Date(Date.UTC(2022, 5, 1 + look)).toISOString().slice(0, 10);
        statuses.push((await ada.get(`/portfolio/performance?from=${from}&to=2024-12-31`)).status);
        statuses.push((await ada.get(`/explain/max_drawdown?from=${from}&to=2024-12-31`)).status);
      }
    };
    const readers = [read(), read()];
    for (const factor of [2, 3, 5]) {
      await mend("int_portfolio_index");
      await edit("int_portfolio_index", "running_peak - 1 as", `running_peak - 1 + 0 * ${factor} as`);
      await program.engine.deploy();
      await program.engine.rollback("int_portfolio_index");
    }
    isDone = true;
    await Promise.all(readers);
    expect(statuses.length).toBeGreaterThan(6);
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    expect(await expectPublished()).toEqual(original);
  });
});

test("what is published reads a model that the program no longer knows: no figures rather than those of another time", async () => {
  const known = definitions.assets.filter(({ name }) => name !== "int_portfolio_index");
  await load({ ...definitions, assets: known });
  for (const tab of ["/portfolio", "/portfolio/performance", "/portfolio/risk"]) {
    const { status, html } = await ada.get(`${tab}?range=6M`);
    expect(status, tab).toBe(503);
    expect(html).toContain("Your figures are being brought up to date just now");
  }
  expect((await ada.get("/api/portfolio/drawdowns")).status).toBe(200);
});
