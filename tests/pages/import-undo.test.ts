import { beforeAll, expect, test } from "vitest";
import { type Program, startProgram } from "../support/program.ts";
import { register, type Visitor } from "../support/visitor.ts";

// An import that is taken out again as one, and brought back, through the pages.

let program: Program;

beforeAll(async () => {
  program = await startProgram();
});

const path = "/transactions/import";
const hidden = (html: string, name: string): string =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? "";

/** The day's close, so that nothing is to be said of the price. */
async function closeOf(ticker: string, date: string): Promise<string> {
  const { rows } = await program.database.pool.query<{ close: string }>(
    "select trim_scale(close) as close from bronze.raw_prices where ticker = $1 and price_date = $2",
    [ticker, date],
  );
  return rows[0]!.close;
}

async function fileOf(rows: readonly string[]): Promise<string> {
  const written = await Promise.all(
    rows.map(async (row) => {
      const [date, type, ticker, quantity] = row.split(",") as [string, string, string, string];
      return `${date},${type},${ticker},${quantity},${await closeOf(ticker, date)},1`;
    }),
  );
  return ["date,type,ticker,quantity,price,fee", ...written].join("\n");
}

async function importFile(
  who: Visitor,
  csv: string,
  more: Record<string, string> = {},
): Promise<string | null> {
  const { html } = await who.post(path, { csv, step: "review", ...more });
  const form = new URLSearchParams({
    csv,
    step: "import",
    header: hidden(html, "header"),
    fingerprint: hidden(html, "fingerprint"),
    file_name: hidden(html, "file_name"),
    ...more,
  });
  for (const [, line] of html.matchAll(/name="line"\s+value="(\d+)"/g)) form.append("line", line!);
  return (await who.postForm(path, form)).location;
}

const text = (html: string): string => html.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
const undoOf = (html: string): string =>
  /href="(\/transactions\/imports\/[^"]+\/undo)"/.exec(html)?.[1] ?? "";

/** Without when each was written, which an undone import does not change either. */
async function ledgerOf(email: string): Promise<unknown[]> {
  const { rows } = await program.database.pool.query(
    `select transactions.*
     from bronze.transactions
     join public.users using (user_id)
     where email = $1
     order by transaction_id`,
    [email],
  );
  return rows;
}

const trade = (row: string): Record<string, string> => {
  const [date, type, ticker, quantity, price] = row.split(",") as [string, string, string, string, string];
  return { date, type, ticker, quantity, price, fee: "0" };
};

test("says what will change, deletes what the import recorded and nothing else, and brings it back as it was", async () => {
  const email = "undo@example.org";
  const who = await register(program, email);
  await who.post("/transactions", trade(`2024-01-08,BUY,NORD,5,${await closeOf("NORD", "2024-01-08")}`));
  const before = await ledgerOf(email);
  const csv = await fileOf(["2024-01-09,BUY,NORD,10", "2024-01-10,SELL,NORD,4", "2024-01-11,BUY,WRLD,2"]);
  expect(await importFile(who, csv, { file_name: "broker 2024.csv" })).toBe("/transactions?imported=3");
  const imported = await ledgerOf(email);
  expect(imported).toHaveLength(4);
  await program.engine.refresh("transaction_sensor");

  const list = (await who.get("/transactions/imports")).html;
  expect(text(list)).toMatch(/broker 2024\.csv .* 3 3 0/);
  const preview = text((await who.get(undoOf(list))).html);
  expect(preview).toContain("2 purchases, 1 sale");
  // In today's shares: NORD was split since.
  const [, now, then] = /NORD (\d+) (\d+) /.exec(preview)!;
  expect(Number(now) / Number(then)).toBe(11 / 5);
  expect(preview).toMatch(/WRLD 2 0 /);
  expect(await ledgerOf(email)).toEqual(imported); // a look changes nothing

  const undone = await who.post(undoOf(list));
  expect(undone.location).toBe("/transactions/imports?deleted=3");
  expect(await ledgerOf(email)).toEqual(before);
  const after = (await who.get("/transactions/imports?deleted=3")).html;
  expect(text(after)).toContain("3 transactions are out of the ledger");
  expect((await who.post(undoOf(list))).status).toBe(404);

  const restore = /action="(\/transactions\/imports\/[^"]+\/restore)"/.exec(after)![1]!;
  expect((await who.post(restore)).location).toBe("/transactions/imports?restored=3");
  expect(await ledgerOf(email)).toEqual(imported);
  expect((await who.post(restore)).status).toBe(404);
  // Of somebody else there is nothing to undo.
  const other = await register(program, "other@example.org");
  expect((await other.get(undoOf(list))).status).toBe(404);
  expect((await other.post(undoOf(list))).status).toBe(404);
  expect(await ledgerOf(email)).toEqual(imported);
});

test("is refused while a later sale needs what it bought, and what was deleted by hand stays deleted", async () => {
  const email = "needed@example.org";
  const who = await register(program, email);
  const csv = await fileOf(["2024-01-09,BUY,NORD,10", "2024-01-11,BUY,WRLD,2"]);
  await importFile(who, csv);
  const [bought, world] = (await ledgerOf(email)) as { transaction_id: number }[];
  await who.post("/transactions", trade(`2024-02-05,SELL,NORD,3,${await closeOf("NORD", "2024-02-05")}`));
  const list = (await who.get("/transactions/imports")).html;
  expect(text(list)).toContain("Pasted text");
  const preview = (await who.get(undoOf(list))).html;
  expect(text(preview)).toContain(
    "Without what this import recorded you would have held none by then: correct that sale first.",
  );
  expect(preview).not.toContain('class="danger"');
  const refused = await who.post(undoOf(list));
  expect(refused.status).toBe(409);
  expect(text(refused.html)).toContain("Not undone. You sold 3 NORD");
  expect(await ledgerOf(email)).toHaveLength(3);

  const sale = ((await ledgerOf(email)) as { transaction_id: number }[]).at(-1)!;
  await who.post(`/transactions/${sale.transaction_id}/delete`);
  await who.post(`/transactions/${world!.transaction_id}/delete`);
  expect((await who.post(undoOf(list))).location).toBe("/transactions/imports?deleted=1");
  expect(await ledgerOf(email)).toEqual([]);
  const restore = undoOf(list).replace("/undo", "/restore");
  expect((await who.post(restore)).location).toBe("/transactions/imports?restored=1");
  expect(((await ledgerOf(email)) as { transaction_id: number }[]).map((row) => row.transaction_id)).toEqual([
    bought!.transaction_id,
  ]);
});

test("the same file can be imported after it was undone, and then the first is not brought back beside it", async () => {
  const email = "again@example.org";
  const who = await register(program, email);
  const csv = await fileOf(["2024-01-09,BUY,NORD,10", "2024-01-11,BUY,WRLD,2"]);
  await importFile(who, csv);
  const undo = undoOf((await who.get("/transactions/imports")).html);
  await who.post(undo);
  expect(await importFile(who, csv)).toBe("/transactions?imported=2");
  const refused = await who.post(undo.replace("/undo", "/restore"));
  expect([refused.status, text(refused.html)]).toEqual([
    409,
    expect.stringContaining("Rows of this import were imported once more after it was undone"),
  ]);
  expect(await ledgerOf(email)).toHaveLength(2);
});

test("the account is kept as it was before the import, and as the import had it once it is back", async () => {
  const email = "cash@example.org";
  const who = await register(program, email);
  const accountOf = async () => {
    const { rows } = await program.database.pool.query(
      "select tracks_cash, income from public.accounts join public.users using (user_id) where email = $1",
      [email],
    );
    return rows[0];
  };
  const price = await closeOf("NORD", "2024-01-09");
  const csv = `date,type,ticker,quantity,price,amount,currency
2024-01-08,DEPOSIT,,,,5000,USD
2024-01-09,BUY,NORD,10,${price},,USD
2024-02-15,DIVIDEND,NORD,,,2.50,USD
`;
  const location = await importFile(who, csv, { record_cash: "1", record_dividends: "1" });
  expect(location).toBe("/transactions?imported=1&others=2");
  expect(await accountOf()).toEqual({ tracks_cash: true, income: "ledger" });
  const undo = undoOf((await who.get("/transactions/imports")).html);
  expect((await who.post(undo)).location).toBe("/transactions/imports?deleted=3");
  expect(await accountOf()).toEqual({ tracks_cash: false, income: "market" });
  await who.post(undo.replace("/undo", "/restore"));
  expect(await accountOf()).toEqual({ tracks_cash: true, income: "ledger" });
  // A deposit that came since counts on it.
  await who.post("/transactions/new/deposit", { date: "2024-03-01", amount: "10", currency: "USD" });
  expect(await ledgerOf(email)).toHaveLength(4);
  await who.post(undo);
  expect(await accountOf()).toEqual({ tracks_cash: true, income: "market" });
});
