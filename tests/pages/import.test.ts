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
  const wrong = (Number(price) * 100).toLocaleString("en-US");
  expect(told).toContain(`Correct it: price ${wrong} -&gt; ${Number(price)}`);
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
  expect(exported).toMatch(/,2,DIVIDEND,Dividend,2024-01-05,WRLD,.*left out/);
});

describe("what a file has beside its trades", () => {
  const csv = (tag: string): string =>
    `date,type,ticker,quantity,price,amount,tax,currency,note
2024-01-05,Buy,WRLD,10,${price},,,USD,${tag}
2024-01-08,Dividend,WRLD,,,2.50,0.38,USD,${tag}
2024-01-09,Deposit,,,,1000,,USD,${tag}
2024-01-10,Fee,,,,-1,,USD,${tag}
2024-01-11,Dividend,,,,4,,USD,${tag}
`;
  const form = (html: string) => ({
    step: "import",
    header: hidden(html, "header"),
    fingerprint: hidden(html, "fingerprint"),
    line: "2",
    unrecorded_dividends: hidden(html, "unrecorded_dividends"),
    unrecorded_cash: hidden(html, "unrecorded_cash"),
    unrecorded_costs: hidden(html, "unrecorded_costs"),
  });
  const account = async (email: string) => {
    const { rows } = await program.database.pool.query<{ income: string; tracks_cash: boolean }>(
      `select income, tracks_cash from public.accounts join public.users using (user_id) where email = $1 and is_default`,
      [email],
    );
    return rows[0]!;
  };

  test("is listed by kind, and an account that nobody has asked stays as it is kept", async () => {
    const who = await register(program, "kinds@example.org");
    const html = (await who.post(path, { csv: csv("a"), step: "review" })).html;
    expect(html).toContain("Record 1 dividend, and count it instead of the market&#x27;s");
    expect(html).toContain("Record 1 deposit, and keep this account&#x27;s cash");
    expect(html).toContain("Nothing says of which instrument it is");
    expect(html).toMatch(/\$2\.88/); // before what was withheld
    expect(html).toMatch(/Import\s+1\s+trade\s+and\s+1\s+other\s+row/);
    const done = await who.post(path, { csv: csv("a"), ...form(html) });
    expect([done.status, done.location]).toEqual([303, "/transactions?imported=1&others=1"]);
    expect((await who.get(done.location!)).html).toMatch(/1\s+trade\s+and\s+1\s+other\s+row\s+are/);
    expect(await account("kinds@example.org")).toEqual({ income: "market", tracks_cash: false });
  });

  test("is recorded with one choice for each kind, and the account is then kept so; the same file again adds nothing", async () => {
    const who = await register(program, "kinds2@example.org");
    const html = (await who.post(path, { csv: csv("b"), step: "review" })).html;
    const done = await who.post(path, {
      csv: csv("b"),
      ...form(html),
      record_dividends: "1",
      record_cash: "1",
    });
    expect([done.status, done.location]).toEqual([303, "/transactions?imported=1&others=3"]);
    expect(await account("kinds2@example.org")).toEqual({ income: "ledger", tracks_cash: true });
    const again = (await who.post(path, { csv: csv("b"), step: "review" })).html;
    expect(again).toContain("stand in the ledger already");
    expect(again).toContain("Nothing new here.");
    expect(again).toMatch(/1\s+look like trades/);
    expect(again).not.toContain('name="record_dividends"');
    const { rows } = await program.database.pool.query<{ told: string }>(
      `select concat_ws(' ', transaction_type, ticker, trim_scale(amount), trim_scale(tax), currency) as told
       from bronze.transactions join public.users using (user_id) where email = $1 and transaction_type <> 'BUY'
       order by transaction_date`,
      ["kinds2@example.org"],
    );
    expect(rows.map(({ told }) => told)).toEqual([
      "DIVIDEND WRLD 2.88 0.38 USD",
      "DEPOSIT 1000 0 USD",
      "FEE 1 0 USD",
    ]);
  });

  test("what cannot be recorded and was not shown so comes back before anything is", async () => {
    const who = await register(program, "kinds3@example.org");
    const unknown = csv("c").replace("2024-01-11,Dividend,,", "2024-01-11,Dividend,NOPE9,");
    const html = (await who.post(path, { csv: unknown, step: "review" })).html;
    const chosen = { csv: unknown, ...form(html), record_dividends: "1" };
    const refused = await who.post(path, chosen);
    expect([refused.status, refused.html.includes("Some of what you chose to record cannot be")]).toEqual([
      422,
      true,
    ]);
    const done = await who.post(path, { ...chosen, ...form(refused.html) });
    expect(done.location).toBe("/transactions?imported=1&others=2");
  });

  test("goes into the account that one says, and an account that is not one's own is refused", async () => {
    const who = await register(program, "kinds4@example.org");
    expect((await who.get(path)).html).not.toContain('name="account"');
    const opened = await who.post("/accounts", { name: "Broker", kind: "brokerage", income: "ledger" });
    expect(opened.status).toBe(303);
    const { rows } = await program.database.pool.query<{ id: string }>(
      "select account_id as id from public.accounts join public.users using (user_id) where email = $1 and not is_default",
      ["kinds4@example.org"],
    );
    const id = String(rows[0]!.id);
    expect((await who.get(path)).html).toContain('name="account"');
    const html = (await who.post(path, { csv: csv("d"), step: "review", account: id })).html;
    expect(html).toMatch(/Import\s+1\s+trade\s+and\s+2\s+other\s+rows/);
    const done = await who.post(path, { csv: csv("d"), ...form(html), account: id, reviewed_account: id });
    expect(done.location).toBe("/transactions?imported=1&others=2");
    const counted = await program.database.pool.query<{ count: string }>(
      "select count(*) as count from bronze.transactions where account_id = $1",
      [id],
    );
    expect(Number(counted.rows[0]!.count)).toBe(3);
    const strange = await who.post(path, { csv: csv("d"), step: "review", account: "999999" });
    expect(strange.status).toBe(422);
  });
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
    expect([
      status,
      html.includes("This file has 2,600,000 characters; 2,500,000 can be read at once."),
    ]).toEqual([413, true]);
  });
});
