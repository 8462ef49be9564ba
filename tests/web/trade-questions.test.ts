import { beforeAll, expect, test } from "vitest";
import { keptTrade } from "../support/kept-trade.ts";
import { type Program, startProgram } from "../support/program.ts";
import { register, type Visitor } from "../support/visitor.ts";

// What is asked where the market says another price than was typed, on every form that has one.

let program: Program;

beforeAll(async () => {
  program = await startProgram();
});

let visitors = 0;
const signedUp = (): Promise<Visitor> => register(program, `person-${++visitors}@example.com`);

test("a price that the market contradicts is asked about before it is changed; a note is not", async () => {
  const visitor = await signedUp();
  const bought = { ticker: "NORD", quantity: "10", price: "40", date: "2024-03-05" };
  expect((await visitor.post("/transactions/new/buy", keptTrade(bought))).status).toBe(303);
  const { html: ledger } = await visitor.get("/transactions");
  const id = /id="transaction-(\d+)"/.exec(ledger)![1]!;
  const path = `/transactions/${id}/edit`;
  const { html: draft } = await visitor.get("/api/transactions/draft?ticker=NORD&date=2024-03-05");
  const close = Number(JSON.parse(draft).close);
  const button = (html: string, name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1];
  const slip = { price: String(close * 100) };

  const asked = await visitor.post(path, slip);
  expect([asked.status, asked.html]).toEqual([422, expect.stringContaining("Not changed yet.")]);
  expect(asked.html).toMatch(
    /NORD traded at [^.]*\.\d.* on Mar 5, 2024, the price here is .* a hundred times as much/,
  );
  expect(asked.html).toContain(`value="${close * 100}"`);
  expect((await visitor.get(path)).html).toContain('value="40"');
  const use = button(asked.html, "use")!;
  expect(use).toBe(`price=${close}`);
  expect((await visitor.post(path, { ...slip, use })).status).toBe(303);
  expect((await visitor.get(path)).html).toContain(`value="${close}"`);

  const far = await visitor.post(path, { price: "7" });
  const keep = button(far.html, "keep")!;
  expect([far.status, button(far.html, "use")]).toEqual([422, undefined]);
  expect((await visitor.post(path, { price: "8", keep })).status).toBe(422); // of another price
  expect((await visitor.post(path, { price: "7", keep })).status).toBe(303);
  expect((await visitor.post(path, { price: "7", note: "a gift" })).status).toBe(303);
  expect((await visitor.get(path)).html).toContain('value="a gift"');
});

test("and is asked about before it is recorded by the form of any type", async () => {
  const visitor = await signedUp();
  const path = "/transactions/new/buy";
  const trade = { ticker: "NORD", quantity: "10", date: "2024-03-05" };
  const { html: draft } = await visitor.get("/api/transactions/draft?ticker=NORD&date=2024-03-05");
  const close = Number(JSON.parse(draft).close);
  const slip = { ...trade, price: String(close * 100), idempotency_key: crypto.randomUUID() };
  const asked = await visitor.post(path, slip);
  expect([asked.status, asked.html]).toEqual([422, expect.stringContaining("Not recorded yet.")]);
  expect(asked.html).toMatch(
    /NORD traded at [^.]*\.\d.* on Mar 5, 2024, the price here is .* a hundred times as much/,
  );
  expect((await visitor.get("/transactions")).html).not.toContain('id="transaction-');
  const use = /name="use" value="([^"]*)"/.exec(asked.html)![1]!;
  expect((await visitor.post(path, { ...slip, use })).status).toBe(303);
  expect((await visitor.get("/transactions")).html.match(/id="transaction-/g)).toHaveLength(1);
  expect((await visitor.post(path, keptTrade({ ...trade, price: "7" }))).status).toBe(303);
});

test("what is refused for its purchases is not asked about its price before, recorded or changed", async () => {
  const visitor = await signedUp();
  const trade = { ticker: "NORD", quantity: "10", date: "2024-03-05" };
  const bought = await visitor.post("/transactions/new/buy", keptTrade({ ...trade, price: "40" }));
  const purchase = /recorded=(\d+)/.exec(bought.location ?? "")![1]!;
  const sale = { ...trade, price: "7", date: "2024-03-06", quantity: "5", lots: "shown" };
  const path = "/transactions/new/sell";
  const refused = await visitor.post(path, { ...sale, [`lot-${purchase}`]: "6" });
  expect(refused.status).toBe(422);
  expect(refused.html).toContain("they are 6 together, more than the 5 that are sold");
  expect(refused.html).not.toContain('name="keep"');
  const uncovered = await visitor.post(path, { ...sale, quantity: "11" });
  expect([uncovered.status, uncovered.html.includes('name="keep"')]).toEqual([422, false]);
  const asked = await visitor.post(path, { ...sale, [`lot-${purchase}`]: "5" });
  expect([asked.status, asked.html]).toEqual([422, expect.stringContaining('name="keep"')]);
  expect((await visitor.get("/transactions")).html.match(/id="transaction-/g)).toHaveLength(1);

  const sold = await visitor.post(path, keptTrade({ ...sale, [`lot-${purchase}`]: "5" }));
  const id = /recorded=(\d+)/.exec(sold.location ?? "")![1]!;
  const changed = await visitor.post(`/transactions/${id}/edit`, { price: "8", quantity: "11" });
  expect([changed.status, changed.html.includes('name="keep"')]).toEqual([422, false]);
});
