import { beforeAll, describe, expect, test } from "vitest";
import { textOf } from "../support/html.ts";
import { keptTrade } from "../support/kept-trade.ts";
import { type Program, startProgram } from "../support/program.ts";

// The ledger's pages as a browser without scripts meets them, on the synthetic market.

let program: Program;

beforeAll(async () => {
  program = await startProgram();
  await program.engine.run({
    triggerKind: "manual",
    triggerName: "test",
    selection: "raw_prices",
    partitions: ["NORD", "WRLD"],
  });
});

const origin = () => ({ Origin: program.url });

interface Visitor {
  get(path: string): Promise<{ status: number; headers: Headers; html: string }>;
  post(
    path: string,
    form?: Record<string, string | string[]>,
  ): Promise<{ status: number; to: string; html: string }>;
}

async function signedUp(): Promise<Visitor> {
  const credentials = { email: `${crypto.randomUUID()}@example.com`, password: "correct horse battery" };
  const account = await fetch(`${program.url}/create-account`, {
    method: "POST",
    headers: origin(),
    body: new URLSearchParams(credentials),
    redirect: "manual",
  });
  const cookie = account.headers.getSetCookie()[0]!.split(";")[0]!;
  const headers = { Accept: "text/html", "Accept-Language": "en-US", Cookie: cookie };
  return {
    async get(path) {
      const response = await fetch(program.url + path, { headers });
      return { status: response.status, headers: response.headers, html: readable(await textOf(response)) };
    },
    async post(path, form = {}) {
      const body = new URLSearchParams(
        Object.entries(form).flatMap(([name, values]) =>
          [values].flat().map((value) => [name, value] as [string, string]),
        ),
      );
      const response = await fetch(program.url + path, {
        method: "POST",
        headers: { ...headers, ...origin() },
        body,
        redirect: "manual",
      });
      const to = response.headers.get("Location") ?? "";
      return { status: response.status, to, html: readable(await textOf(response)) };
    },
  };
}

const readable = (html: string): string => html.replaceAll("&#x3D;", "=").replaceAll("&amp;", "&");

const trade = { ticker: "NORD", type: "BUY", quantity: "3", price: "101.5", fee: "", date: "2024-03-04" };

async function recorded(visitor: Visitor, change: Partial<typeof trade> = {}): Promise<string> {
  const { to } = await visitor.post("/transactions", keptTrade({ ...trade, ...change }));
  return /recorded=(\d+)/.exec(to)![1]!;
}

/** The ledger's rows as `SELL NORD 2`. */
const rowsOf = (html: string): string[] =>
  [...html.matchAll(/<tr id="transaction-.*?<\/tr>/gs)].map(
    ([row]) => /<span class="aside summary">(\w+ [\d.,]+) at/.exec(row)![1]!,
  );

const hidden = (html: string, name: string): string =>
  new RegExp(`name="${name}" value="([^"]+)"`).exec(html)?.[1] ?? "";

const tickedLines = (html: string): string[] =>
  [...html.matchAll(/name="line" value="(\d+)"[^>]* checked/g)].map(([, line]) => line!);

describe("the trade form", () => {
  test("says what is available beside a SELL, and suggests the close where no price was typed", async () => {
    const visitor = await signedUp();
    await recorded(visitor);
    const { status, html } = await visitor.post("/transactions", {
      ...trade,
      type: "SELL",
      price: "",
      quantity: "2",
      date: "2024-03-10",
    });
    expect(status).toBe(422);
    expect(html).toContain("Available: 3</p>");
    expect(html).toContain("Suggested price: the close of Mar 8, 2024."); // the 10th is a Sunday
    expect(html).toMatch(/name="price" type="text" value="\d+(\.\d+)?"/);
    const typed = await visitor.post("/transactions", { ...trade, type: "SELL", price: "7", quantity: "9" });
    expect(typed.html).toContain('name="price" type="text" value="7"');
    expect(typed.html).not.toContain("Suggested price");
    expect((await visitor.post("/transactions", { ...trade, quantity: "x" })).html).not.toContain(
      "Available",
    );
  });

  test("asks once where the market says another price, and takes what would fit, or what was typed", async () => {
    const visitor = await signedUp();
    const { html: suggested } = await visitor.post("/transactions", { ...trade, price: "" });
    const close = /id="price"[^>]*? value="([\d.]+)"/s.exec(suggested)![1]!;
    const slipped = { ...trade, price: String(Number(close) * 100), idempotency_key: crypto.randomUUID() };
    const asked = await visitor.post("/transactions", slipped);
    expect(asked.status).toBe(422);
    expect(asked.html).toContain("Not recorded yet.");
    expect(asked.html).toMatch(/NORD traded at [^.]*\.\d.* a hundred times as much/);
    const use = hidden(asked.html, "use");
    expect(use).toBe(`price=${Number(close)}`);
    const corrected = await visitor.post("/transactions", { ...slipped, use });
    expect(corrected.to).toMatch(/recorded=\d+$/);
    expect((await visitor.get(corrected.to)).html).not.toContain("a hundred times");

    const far = { ...trade, price: "7" };
    const again = await visitor.post("/transactions", far);
    expect(again.html).toMatch(/NORD traded at .*the price here is 7\./);
    expect(again.html).not.toContain('name="use"');
    const keep = hidden(again.html, "keep");
    expect((await visitor.post("/transactions", { ...far, price: "8", keep })).status).toBe(422);
    expect((await visitor.post("/transactions", { ...far, keep })).to).toMatch(/recorded=\d+$/);
  });

  test("its figures come from a route of their own, in shares and prices of that day", async () => {
    const visitor = await signedUp();
    await recorded(visitor, { date: "2021-01-04" });
    const ask = async (query: string) =>
      JSON.parse((await visitor.get(`/api/transactions/draft?${query}`)).html);
    const { rows } = await program.database.pool.query(
      `select
         (select close from bronze.raw_prices where ticker = 'NORD' and price_date = '2021-01-04') as close,
         coalesce(product(numerator / denominator) filter (where action_date > '2021-01-04'), 1) as factor,
         count(*) as splits
       from bronze.raw_corporate_actions
       where ticker = 'NORD'
         and action_type = 'split'`,
    );
    await program.engine.refresh("transaction_sensor");
    expect(rows[0].splits).toBeGreaterThan(0);
    const early = await ask("ticker=nord&date=2021-01-04");
    expect(early).toEqual({
      name: expect.any(String),
      first_price_date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      available: "3",
      close: expect.any(String),
      close_date: "2021-01-04",
      low: expect.any(String),
      high: expect.any(String),
      currency: "USD",
      quote_unit: "USD",
      unit_factor: "1",
      unit_name: null,
      base_currency: "USD",
      rate: null,
    });
    expect(Number(early.close)).toBeCloseTo(Number(rows[0].close) * Number(rows[0].factor), 6);
    expect(await ask("ticker=NOSUCH&date=2024-03-04")).toEqual({
      name: null,
      first_price_date: null,
      low: null,
      high: null,
      available: "0",
      close: null,
      close_date: null,
      currency: null,
      quote_unit: null,
      unit_factor: null,
      unit_name: null,
      base_currency: "USD",
      rate: null,
    });
    expect((await visitor.get("/api/transactions/draft?ticker=NORD&date=soon")).status).toBe(422);
  });
});

describe("the ledger's table", () => {
  test("is sorted and filtered by its address, which its links keep", async () => {
    const visitor = await signedUp();
    for (const [ticker, type, quantity, price, date] of [
      ["NORD", "BUY", "10", "1", "2024-01-02"],
      ["WRLD", "BUY", "2", "100", "2024-02-02"],
      ["NORD", "SELL", "4", "20", "2024-03-01"],
      ["NORD", "BUY", "5", "3", "2024-04-02"],
    ] as const)
      await recorded(visitor, { ticker, type, quantity, price, date });
    const rows = async (query: string) => rowsOf((await visitor.get(`/transactions?${query}`)).html);
    expect(await rows("")).toEqual(["BUY 5", "SELL 4", "BUY 2", "BUY 10"]);
    expect(await rows("sort=date")).toEqual(["BUY 10", "BUY 2", "SELL 4", "BUY 5"]);
    expect(await rows("sort=-total")).toEqual(["BUY 2", "SELL 4", "BUY 5", "BUY 10"]);
    expect(await rows("sort=quantity")).toEqual(["BUY 2", "SELL 4", "BUY 5", "BUY 10"]);
    expect(await rows("sort=ticker")).toEqual(["BUY 5", "SELL 4", "BUY 10", "BUY 2"]);
    expect(await rows("ticker=NORD&type=BUY")).toEqual(["BUY 5", "BUY 10"]);
    expect(await rows("from=2024-02-02&to=2024-03-01&sort=price")).toEqual(["SELL 4", "BUY 2"]);
    for (const query of ["sort=user_id", "sort=date;drop", "type=HOLD", "from=x", "ticker=", "sort[]=date"])
      expect(await rows(query)).toHaveLength(4);
    expect(await rows("ticker=%27%20or%20true%20--")).toEqual([]);

    const { html } = await visitor.get("/transactions?ticker=NORD&sort=-price");
    expect(html).toContain("3 trades of this filter · Highest price");
    expect(html).toContain('href="/transactions?ticker=NORD&sort=price"');
    expect(html).toMatch(/aria-sort="descending"><a href="[^"]+" class="sort-link">Price/);
    expect((await visitor.get("/transactions?from=2025-01-01&to=2024-01-01")).html).toContain(
      "No day is after",
    );
    expect((await visitor.get("/transactions?ticker=CURA")).html).toContain("No trade passes this filter.");
  });
});

describe("deleting", () => {
  test("tells holding and realised gain before and after; what is deleted can be restored", async () => {
    const visitor = await signedUp();
    const bought = await recorded(visitor, { ticker: "WRLD", quantity: "10", price: "100" });
    const sold = await recorded(visitor, {
      ticker: "WRLD",
      type: "SELL",
      quantity: "4",
      price: "130",
      date: "2024-05-06",
    });
    const confirm = await visitor.get(`/transactions/${sold}/delete`);
    expect(confirm.html).toMatch(/WRLD held: from 6 to\s*<strong>10<\/strong>/);
    expect(confirm.html).toMatch(/from \+\$120\.00 to\s*<strong>\$0\.00<\/strong>/);
    const refused = await visitor.get(`/transactions/${bought}/delete`);
    expect(refused.html).toContain(
      "You sold 4 WRLD on May 6, 2024. Without this transaction you would have held none by then: correct that sale first.",
    );
    expect(refused.html).not.toContain("Delete trade");

    const { to } = await visitor.post(`/transactions/${sold}/delete`);
    expect((await visitor.get(to)).html).toContain(`action="/transactions/${sold}/restore"`);
    await visitor.post(`/transactions/${bought}/delete`);
    expect((await visitor.get("/transactions/deleted")).html.match(/>Restore<\/button>/g)).toHaveLength(2);

    const uncovered = await visitor.post(`/transactions/${sold}/restore`);
    expect([uncovered.status, uncovered.html.includes("You held no WRLD on May 6, 2024")]).toEqual([
      409,
      true,
    ]);
    expect((await visitor.post(`/transactions/${bought}/restore`)).to).toBe(
      `/transactions?restored=${bought}`,
    );
    const restored = await visitor.get((await visitor.post(`/transactions/${sold}/restore`)).to);
    expect(restored.html).toContain("Restored.");
    expect(rowsOf(restored.html)).toEqual(["SELL 4", "BUY 10"]);
    expect((await visitor.get("/transactions/deleted")).html).toContain("Nothing is deleted.");
    const again = await visitor.post(`/transactions/${sold}/restore`);
    expect([again.status, again.html.includes("Not restored.")]).toEqual([404, true]);
  });

  test("and restoring are a person's own", async () => {
    const owner = await signedUp();
    const id = await recorded(owner);
    await owner.post(`/transactions/${id}/delete`);
    const stranger = await signedUp();
    expect((await stranger.post(`/transactions/${id}/restore`)).status).toBe(404);
    expect((await stranger.get("/transactions/deleted")).html).toContain("Nothing is deleted.");
    for (const wrong of ["0", "x", "99999999999999999999"])
      expect((await owner.post(`/transactions/${wrong}/restore`)).status).toBe(404);
  });
});

describe("import and export", () => {
  const csv = `date,type,ticker,quantity,price,fee
2024-01-02,BUY,NORD,10,40.5,1
2024-02-01,SELL,NORD,2.5,41,0.99
2024-02-02,DIVIDEND,NORD,1,1,0
2024-02-02,BUY,N_ORD?,1,1,0
2024-02-03,DEPOSIT,,100,1,0
`;

  test("previews each row, imports those that are ticked, and finds them all when they come again", async () => {
    const visitor = await signedUp();
    expect((await visitor.get("/transactions/import")).html).toContain("paste its text");
    const preview = await visitor.post("/transactions/import", { csv, step: "review" });
    expect(preview.status).toBe(200);
    expect(preview.html).toContain("3 trades, 1 dividend, 1 deposit; no currency named");
    expect(preview.html).toContain("<strong>1</strong> ERROR");
    expect(preview.html).toContain("“N_ORD?” is no ticker");
    expect(tickedLines(preview.html)).toEqual(["5", "2", "3"]); // what needs one comes first
    const fingerprint = hidden(preview.html, "fingerprint");

    const refused = await visitor.post("/transactions/import", {
      csv,
      fingerprint,
      step: "import",
      line: ["2", "3", "5"],
    });
    expect(refused.status).toBe(422);
    expect(refused.html).toContain("1 of the chosen rows cannot be recorded");
    const left = await visitor.post("/transactions/import", {
      csv,
      fingerprint,
      step: "leave_out",
      line: ["2", "3", "5"],
    });
    expect(tickedLines(left.html)).toEqual(["2", "3"]);
    const form = { csv, fingerprint: hidden(left.html, "fingerprint"), step: "import", line: ["2", "3"] };
    const imported = await visitor.post("/transactions/import", form);
    expect([imported.status, imported.to]).toEqual([303, "/transactions?imported=2"]);
    expect((await visitor.get(imported.to)).html).toContain("2 trades are in the ledger.");
    expect((await visitor.post("/transactions/import", form)).status).toBe(422);

    const exported = await visitor.get("/api/transactions.csv");
    expect(exported.headers.get("Content-Type")).toContain("text/csv");
    expect(exported.headers.get("Content-Disposition")).toMatch(
      /stratafolio-transactions-\d{4}-\d\d-\d\d\.csv/,
    );
    const [header, ...trades] = csv.split("\n").slice(0, 3);
    expect(exported.html.split("\n")).toEqual([
      `${header},currency,fx_rate,fx_currency,account,amount,tax,numerator,denominator,acquired_on,lots,market_value,transfer_id,group_id,note,tags,external_id,row`,
      ...trades.map((trade, index) => `${trade},USD,,,Portfolio,,0,,,,,,,,,,,${index + 1}`),
      "",
    ]);
    const again = await visitor.post("/transactions/import", { csv: exported.html, step: "review" });
    expect(tickedLines(again.html)).toEqual([]);
    expect(again.html).toContain("Nothing new here.");
    expect(rowsOf((await visitor.get("/transactions")).html)).toHaveLength(2);
  });

  test("leaves no sale out with the purchase that it needs, unless it was said", async () => {
    const visitor = await signedUp();
    const csv =
      "date,type,ticker,quantity,price\n2024-01-02,BUY,NORD,ten,40.5\n2024-02-01,SELL,NORD,2.5,41\n2024-01-02,BUY,WRLD,1,100\n";
    const first = await visitor.post("/transactions/import", { csv, step: "review" });
    expect(first.html).toContain("Line 2, which buys it, cannot be recorded.");
    expect(first.html).toContain("Leave out the 1 with errors");
    const fingerprint = hidden(first.html, "fingerprint");
    const leave = (line: string[]) =>
      visitor.post("/transactions/import", { csv, fingerprint, step: "leave_out", line });
    const second = await leave(["2", "3", "4"]);
    expect(tickedLines(second.html).toSorted()).toEqual(["3", "4"]);
    expect(second.html).toContain(
      "What they bought is sold in line 3: without them that cannot be recorded.",
    );
    expect(tickedLines((await leave(["3", "4"])).html)).toEqual(["4"]);
  });

  test("reads a column that one points out, and keeps the text of a file that cannot be read", async () => {
    const visitor = await signedUp();
    const odd = "date,type,ticker,lot,price\n2024-01-02,BUY,NORD,1,2\n";
    const asked = await visitor.post("/transactions/import", { csv: odd, step: "review" });
    expect(asked.html).toContain("Which column has the quantity?");
    expect(asked.html).toContain("2024-01-02,BUY,NORD,1,2");
    const told = await visitor.post("/transactions/import", {
      csv: odd,
      step: "review",
      column_quantity: "lot",
    });
    expect(tickedLines(told.html)).toEqual(["2"]);
    const empty = await visitor.post("/transactions/import", { csv: "", step: "import" });
    expect([empty.status, empty.html.includes("Nothing was imported.")]).toEqual([422, true]);
  });

  test("escapes what stands in a file, and refuses one that is too large", async () => {
    const visitor = await signedUp();
    const { html } = await visitor.post("/transactions/import", {
      csv: "<b>x</b>,type,ticker,quantity,price,date\n</textarea><script>1</script>,<i>,A,1,1,1\n",
      step: "review",
    });
    expect(html).not.toMatch(/<b>|<script>1|<i>/);
    expect((await visitor.post("/transactions/import", { csv: "x".repeat(3_000_000) })).status).toBe(413);
  });
});
