import { beforeAll, describe, expect, test } from "vitest";
import { type Program, startProgram } from "../support/program.ts";
import { register, type Visitor } from "../support/visitor.ts";

// The import's page as a browser without scripts meets it, on the synthetic market.

let program: Program;
let visitor: Visitor;
let price: string;

beforeAll(async () => {
  program = await startProgram();
  await program.engine.run({
    triggerKind: "manual",
    triggerName: "test",
    selection: "raw_prices",
    partitions: ["WRLD"],
  });
  const { rows } = await program.database.pool.query<{ close: string }>(
    "select round(close, 2) as close from raw_prices where ticker = 'WRLD' and price_date = '2024-01-05'",
  );
  price = rows[0]!.close;
  visitor = await register(program, "ada@example.org");
});

const path = "/transactions/import";
const preview = async (csv: string, form: Record<string, string> = {}): Promise<string> =>
  (await visitor.post(path, { csv, step: "review", ...form })).html;
const hidden = (html: string, name: string): string =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? "";

const buy = (rows: string): string => `date,type,ticker,quantity,price\n${rows}`;

test("a word that nobody knows is asked, and what one says is shown", async () => {
  const csv = buy(`2024-01-05,Zorp,WRLD,1,${price}\n2024-01-06,Sell,WRLD,1,${price}\n`);
  const asked = await preview(csv);
  expect(asked).toContain('name="word:zorp"');
  expect(asked).toContain("2 rows need you");
  const told = await preview(csv, { header: hidden(asked, "header"), "word:zorp": "BUY" });
  expect(told).toContain("2 trades; no currency named, so taken as US dollars; nothing needs you");
});

test("a symbol that is another ticker is asked, and what one says is shown", async () => {
  const csv = buy(`2024-01-05,Buy,WORLD FUND,1,${price}\n`);
  const asked = await preview(csv);
  expect(asked).toContain('name="ticker:WORLD FUND"');
  const told = await preview(csv, { header: hidden(asked, "header"), "ticker:WORLD FUND": "wrld" });
  expect(told).toContain("WORLD FUND is read as WRLD.");
  expect(told).toContain("nothing needs you");
});

test("a price a hundred times off is told with what would fit, and corrected where one agrees", async () => {
  const csv = buy(`2024-01-05,Buy,WRLD,1,${Number(price) * 100}\n`);
  const told = await preview(csv);
  expect(told).toContain(": a hundred times as much");
  expect(told).toContain(`Correct it: price ${Number(price) * 100} -&gt; ${Number(price)}`);
  expect(await preview(csv, { correct: "2" })).toContain("Corrected: price");
});

test("dividends and deposits are shown in groups, and kept when nothing else is there", async () => {
  const csv =
    "date,type,ticker,quantity,price,amount\n2024-01-05,Dividend,WRLD,,,2\n2024-01-06,Deposit,,,,5\n";
  const html = await preview(csv);
  expect(html).toContain("0 trades, 1 dividend, 1 deposit");
  expect(html).toContain("Import and keep 2 rows");
  const done = await visitor.post(path, { csv, step: "import", fingerprint: hidden(html, "fingerprint") });
  expect([done.status, done.location]).toEqual([303, "/transactions?kept=2"]);
  expect((await visitor.get(done.location!)).html).toContain("2 rows that are no trades are kept");
  const exported = (await visitor.get("/account/export/imports.csv")).html;
  expect(exported).toMatch(/^import_id,imported_at,format,line,kind,word,/);
  expect(exported).toMatch(/,2,DIVIDEND,Dividend,2024-01-05,WRLD,.*the ledger has no such type yet/);
});

describe("a large file", () => {
  test("of 3,000 rows is previewed while one waits, its problems first and its good rows folded", async () => {
    const rows = Array.from({ length: 3000 }, (_, index) => {
      const day = `2024-01-${String(2 + (index % 4)).padStart(2, "0")}`;
      return `${day},Buy,WRLD,${1 + (index % 7)},${price}`;
    });
    const csv = buy([...rows, `2024-01-05,Buy,N_O,1,1`].join("\n"));
    const start = performance.now();
    const html = await preview(csv);
    const seconds = (performance.now() - start) / 1000;
    expect(html.indexOf("Import line 3002")).toBeLessThan(html.indexOf("Import line 2"));
    expect(html).toMatch(/<details class="good-rows">\s*<summary>3,000 in order/);
    expect(seconds).toBeLessThan(10); // 3 on a machine with nothing else to do
  });

  test("that is too large is refused in a sentence", async () => {
    const { status, html } = await visitor.post(path, { csv: "x".repeat(2_600_000) });
    expect([status, html.includes("Expected a file of at most 2500000 characters")]).toEqual([413, true]);
  });
});
