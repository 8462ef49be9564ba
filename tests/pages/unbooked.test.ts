import { beforeAll, expect, test } from "vitest";
import { type Program, startProgram } from "../support/program.ts";
import { register, type Visitor } from "../support/visitor.ts";

// Dividends of the market's that an account which books its own has no booking of, without scripts.

let program: Program;
let exDates: readonly string[];

beforeAll(async () => {
  program = await startProgram();
  const { rows } = await program.database.pool.query<{ ex_date: string }>(
    `select ex_date from "default".stg_dividends where ticker = 'NORD' and ex_date between '2023-01-01' and '2024-01-01' order by ex_date`,
  );
  exDates = rows.map(({ ex_date }) => ex_date);
  expect(exDates).toHaveLength(4);
});

const account = async (visitor: Visitor): Promise<number> =>
  JSON.parse((await visitor.get("/api/accounts")).html).accounts[0].account_id;

/** 10 NORD through 2023, and none afterwards, in an account that books its own income. */
async function holder(income = "ledger"): Promise<{ visitor: Visitor; id: number }> {
  const visitor = await register(program, `${crypto.randomUUID()}@example.com`);
  const id = await account(visitor);
  await visitor.post(`/accounts/${id}`, { name: "Broker", kind: "brokerage", currency: "", income });
  for (const [type, date] of [
    ["BUY", "2023-01-03"],
    ["SELL", "2024-01-03"],
  ] as const)
    await visitor.post("/transactions", {
      ticker: "NORD",
      type,
      quantity: "10",
      price: "120",
      fee: "0",
      date,
    });
  await program.engine.refresh("transaction_sensor");
  return { visitor, id };
}

/** Ex-dates that the page lists, newest first. */
const listed = (html: string): string[] => {
  const section = /<section id="unbooked".*?<\/section>/s.exec(html)?.[0] ?? "";
  return [...section.matchAll(/datetime="([^"]+)"/g)].map(([, day]) => day!);
};

test("each is told of once 60 days have passed, with what the market would have paid and the form that records it", async () => {
  const { visitor, id } = await holder();
  const { html } = await visitor.get("/income");
  expect(listed(html)).toEqual(exDates.toReversed());
  expect(listed((await visitor.get(`/accounts/${id}`)).html)).toEqual(exDates.toReversed());
  const { rows } = JSON.parse((await visitor.get("/api/income/unbooked")).html);
  const { rows: paid } = await program.database.pool.query<{ cash: string }>(
    `select trim_scale(cash_per_share * 20) as cash from "default".stg_dividends where ticker = 'NORD' and ex_date = $1`,
    [exDates[0]],
  );
  expect(rows.at(-1)).toEqual({
    account_id: id,
    ticker: "NORD",
    ex_date: exDates[0],
    quantity: "20", // two for one since
    currency: "USD",
    local_amount: paid[0]!.cash,
    amount: paid[0]!.cash,
    is_dismissed: false,
  });
  const link = [...html.matchAll(/href="(\/transactions\/new\/dividend[^"]+)"/g)]
    .map(([, href]) => href!)
    .at(-1)!;
  const form = await visitor.get(link);
  expect(form.html).toContain(`value="${paid[0]!.cash}"`);
  expect(form.html).toMatch(/name="date"\s+type="date"\s+value=""/);
  const booked = { ticker: "NORD", amount: paid[0]!.cash, tax: "1", date: "2023-04-03" };
  expect((await visitor.post("/transactions/new/dividend", booked)).status).toBe(303);
  await program.engine.refresh("transaction_sensor");
  expect(listed((await visitor.get("/income")).html)).toEqual(exDates.slice(1).toReversed());
});

test("one that is dismissed is not told of, and can be brought back; all can be at once", async () => {
  const { visitor, id } = await holder();
  const dividend = `${id}/NORD/${exDates[1]}`;
  const { location } = await visitor.post("/income/dismiss", { dividend, account: String(id) });
  expect(location).toBe(`/accounts/${id}#unbooked`);
  const without = [exDates[3], exDates[2], exDates[0]];
  const { html } = await visitor.get("/income");
  expect([listed(html), html]).toEqual([without, expect.stringContaining("1 dismissed: show")]);
  const all = await visitor.get("/income?dismissed=shown");
  expect(listed(all.html)).toHaveLength(4);
  expect(all.html).toContain("Bring back");
  await visitor.post("/income/bring-back", { dividend });
  expect(listed((await visitor.get("/income")).html)).toHaveLength(4);
  const form =
    /<form method="post" action="\/income\/dismiss" class="inline">(?:(?!<form).)*Dismiss all 3/s.exec(
      html,
    )![0];
  const keys = [...form.matchAll(/name="dividend" value="([^"]+)"/g)].map(([, key]) => key!);
  expect(keys).toHaveLength(3);
  const everything = new URLSearchParams(
    [...keys, dividend].map((key): [string, string] => ["dividend", key]),
  );
  await visitor.postForm("/income/dismiss", everything);
  const nothing = await visitor.get("/income");
  expect([listed(nothing.html), nothing.html]).toEqual([[], expect.stringContaining("4 dismissed: show")]);
  const record = JSON.parse((await visitor.get("/api/account/export")).html);
  expect(record.dismissed_dividends).toHaveLength(4);
});

test("none of an account that takes the market's word, of another person, or of what is no dividend", async () => {
  const { visitor } = await holder("market");
  expect((await visitor.get("/income")).html).not.toContain('id="unbooked"');
  const { visitor: other, id } = await holder();
  expect((await visitor.post("/income/dismiss", { dividend: `${id}/NORD/${exDates[0]}` })).status).toBe(404);
  expect((await visitor.post("/income/dismiss", { dividend: "x/NORD" })).status).toBe(422);
  expect(listed((await other.get("/income")).html)).toHaveLength(4);
});
