import { beforeAll, describe, expect, test } from "vitest";
import { keptTrade } from "../support/kept-trade.ts";
import { type Program, startProgram } from "../support/program.ts";
import { register, type Visitor } from "../support/visitor.ts";

// The purchases that a sale takes, chosen on its form as a browser without scripts meets it.

let program: Program;

beforeAll(async () => {
  program = await startProgram();
});

interface Person {
  readonly visitor: Visitor;
  /** Purchases of NORD, oldest first. */
  readonly ids: readonly string[];
}

const recordedId = (location: string | null): string => /recorded=(\d+)/.exec(location ?? "")![1]!;

/** 10 at 100, 10 at 130, 5 at 110; all of NORD, by `method`. */
async function holder(method = "fifo"): Promise<Person> {
  const visitor = await register(program, `${crypto.randomUUID()}@example.com`);
  await visitor.post("/account/cost-basis-method", { cost_basis_method: method });
  const ids: string[] = [];
  for (const [quantity, price, date] of [
    ["10", "100", "2022-03-01"],
    ["10", "130", "2023-03-01"],
    ["5", "110", "2024-03-01"],
  ] as const) {
    const trade = { ticker: "NORD", type: "BUY", quantity, price, fee: "0", date };
    ids.push(recordedId((await visitor.post("/transactions", trade)).location));
  }
  return { visitor, ids };
}

const sale = keptTrade({ ticker: "nord", quantity: "6", price: "120", fee: "0", date: "2024-06-03" });

/** Of each purchase that is shown: when it was bought, its figures, and what is typed beside it. */
const shownLots = (html: string): string[] =>
  [...html.matchAll(/<tr>\s*<th scope="row">\s*<time datetime="([^"]+)".*?<\/tr>/gs)].map(([row, day]) =>
    [
      day,
      ...[...row.matchAll(/data-label="(?:Left|Cost|Term|Gain of all that is left)">([^<]*)</g)].map(
        ([, text]) => text,
      ),
      /name="lot-\d+"\s+value="([^"]*)"/.exec(row)![1],
    ].join(" "),
  );

/** Of each purchase that was sold of: its id, how much in shares of then (two for one since), and what that had cost. */
async function taken(person: Person): Promise<unknown[]> {
  const { rows } = await program.database.pool.query<{ row: unknown[] }>(
    `select json_build_array(transaction_id, trim_scale(sum(quantity) / 2), trim_scale(sum(cost))) as row
     from "default".int_lots
     where user_id = (select user_id from bronze.transactions where transaction_id = $1)
       and sale_type = 'SELL'
     group by sale_id, transaction_id
     order by sale_id, transaction_id`,
    [person.ids[0]],
  );
  return rows.map(({ row }) => row.map(Number));
}

describe("a new sale", () => {
  test("shows what is open on its day once it is asked, and takes what is chosen", async () => {
    const person = await holder();
    const { visitor, ids } = person;
    const closed = await visitor.get("/transactions/new/sell");
    expect(closed.html).toContain("Choose the purchases sold");
    expect(closed.html).not.toContain('name="lots"');
    const open = await visitor.post("/transactions/new/sell", { ...sale, choose: "yes" });
    expect([open.status, shownLots(open.html)]).toEqual([
      200,
      [
        "2022-03-01 10 $1,000.00 long +$200.00 ",
        "2023-03-01 10 $1,300.00 long -$100.00 ",
        "2024-03-01 5 $550.00 short +$50.00 ",
      ],
    ]);
    expect(open.html).toContain("What you leave open is taken by FIFO");
    const recorded = await visitor.post("/transactions/new/sell", {
      ...sale,
      lots: "shown",
      [`lot-${ids[0]}`]: "",
      [`lot-${ids[1]}`]: "4",
      [`lot-${ids[2]}`]: "1",
    });
    expect(recorded.status).toBe(303);
    expect(await taken(person)).toEqual([
      [Number(ids[0]), 1, 100],
      [Number(ids[1]), 4, 520],
      [Number(ids[2]), 1, 110],
    ]);
    const { html } = await visitor.get("/api/transactions/lots?ticker=NORD&date=2024-06-04");
    expect(JSON.parse(html)).toMatchObject({
      method: "fifo",
      base_currency: "USD",
      lots: [
        { transaction_id: Number(ids[0]), type: "BUY", quantity: "9", cost: "900", term: "long" },
        { transaction_id: Number(ids[1]), quantity: "6", cost: "780" },
        { transaction_id: Number(ids[2]), quantity: "4", cost: "440", term: "short", buy_date: "2024-03-01" },
      ],
    });
    // What is left before the next one; what a later one names is kept for it.
    const next = await visitor.post("/transactions/new/sell", { ...sale, price: "", choose: "yes" });
    expect(shownLots(next.html)).toEqual([
      "2022-03-01 9 $900.00 long ",
      "2023-03-01 6 $780.00 long ",
      "2024-03-01 4 $440.00 short ",
    ]);
    const before = await visitor.post("/transactions/new/sell", {
      ...sale,
      date: "2024-05-03",
      choose: "yes",
    });
    expect(shownLots(before.html).map((lot) => lot.split(" ").slice(0, 2).join(" "))).toEqual([
      "2022-03-01 10",
      "2023-03-01 6",
      "2024-03-01 4",
    ]);
  });

  test("without a choice it is by the person's method, as it was", async () => {
    const person = await holder("lifo");
    const shown = { ...sale, lots: "shown", [`lot-${person.ids[0]}`]: "0", [`lot-${person.ids[1]}`]: " " };
    expect((await person.visitor.post("/transactions/new/sell", shown)).status).toBe(303);
    expect(await taken(person)).toEqual([
      [Number(person.ids[1]), 1, 130],
      [Number(person.ids[2]), 5, 550],
    ]);
  });

  test("a choice that cannot be is refused beside the purchases, and nothing that was typed is lost", async () => {
    const { visitor, ids } = await holder();
    const refused = async (lots: Record<string, string>) => {
      const { status, html } = await visitor.post("/transactions/new/sell", {
        ...sale,
        lots: "shown",
        ...lots,
      });
      expect(status).toBe(422);
      expect(html).toContain('value="120"');
      return /role="alert"><span class="error">([^<]*)/.exec(html)![1]!;
    };
    expect(await refused({ [`lot-${ids[0]}`]: "x" })).toContain("“x” is no quantity");
    expect(await refused({ [`lot-${ids[0]}`]: "4", [`lot-${ids[1]}`]: "4" })).toContain(
      "they are 8 together, more than the 6 that are sold",
    );
    expect(await refused({ [`lot-${ids[2]}`]: "6" })).toContain(
      `of the purchase of Mar 1, 2024 (${ids[2]}) there is less left than the 6 that it takes`,
    );
    const foreign = await holder();
    const { html } = await visitor.post("/transactions/new/sell", {
      ...sale,
      lots: "shown",
      [`lot-${foreign.ids[0]}`]: "1",
    });
    expect(html).toContain("is no purchase of NORD in its account");
    const unsaid = await visitor.post("/transactions/new/sell", { ...sale, ticker: "", choose: "yes" });
    expect(unsaid.html).toContain("Say the ticker and the date of the sale");
    const none = await visitor.post("/transactions/new/sell", { ...sale, ticker: "WRLD", choose: "yes" });
    expect(none.html).toContain("No purchase of WRLD is open on Jun 3, 2024 in this account.");
  });

  test("what an earlier sale took by the method cannot be named, now or by an earlier sale that comes later", async () => {
    const { visitor, ids } = await holder();
    const plain = { ...sale, type: "SELL", quantity: "10", date: "2024-04-02" };
    const named = { ...sale, lots: "shown", quantity: "2", [`lot-${ids[0]}`]: "2" };
    const first = recordedId((await visitor.post("/transactions", plain)).location);
    const refusedNow = await visitor.post("/transactions/new/sell", named);
    expect([refusedNow.status, refusedNow.html]).toEqual([
      422,
      expect.stringContaining(
        "earlier sales, which name none, have left 0 by FIFO, less than the 2 that it takes",
      ),
    ]);
    await visitor.post(`/transactions/${first}/delete`);
    expect((await visitor.post("/transactions/new/sell", named)).status).toBe(303);
    const refusedLater = await visitor.post("/transactions", plain);
    expect(refusedLater.html).toContain("have left 0 by FIFO, less than the 2 that it takes");
  });

  test("at the moving average a choice is kept, and the page says when it counts", async () => {
    const { visitor, ids } = await holder("average");
    const open = await visitor.post("/transactions/new/sell", { ...sale, choose: "yes" });
    expect(open.html).toContain("counts once");
    expect(shownLots(open.html)).toHaveLength(3);
    const ledger = await visitor.get("/transactions");
    expect(ledger.html).not.toContain("of-sale");
    const named = await visitor.post("/transactions/new/sell", {
      ...sale,
      lots: "shown",
      [`lot-${ids[1]}`]: "3",
    });
    expect(named.status).toBe(303);
    const person = { visitor, ids };
    expect(await taken(person)).toEqual([]);
    await visitor.post("/account/cost-basis-method", { cost_basis_method: "hifo" });
    expect((await visitor.get("/transactions")).html).toContain("of-sale");
    expect(await taken(person)).toEqual([[Number(ids[1]), 6, 780]]);
  });
});

test("another method that leaves less of what a sale names is told beside the gains", async () => {
  const { visitor, ids } = await holder("fifo");
  await visitor.post("/transactions", { ...sale, type: "SELL", quantity: "10", date: "2024-04-02" });
  const named = { ...sale, quantity: "5", lots: "shown", [`lot-${ids[2]}`]: "5" };
  const id = recordedId((await visitor.post("/transactions/new/sell", named)).location);
  await program.engine.refresh("transaction_sensor");
  expect((await visitor.get("/realized")).html).not.toContain("They took others.");
  await visitor.post("/account/cost-basis-method", { cost_basis_method: "lifo" });
  await program.engine.refresh("transaction_sensor");
  const { html } = await visitor.get("/realized");
  expect(html).toContain("They took others.");
  expect(html.replaceAll(/<[^>]+>|\s+/g, "")).toContain("5ofthepurchaseofMar1,2024named,0taken.");
  expect(html).toContain(`/transactions/${id}/edit`);
});

describe("an edited sale", () => {
  test("shows what it names, as if it had not been made, and can name others or none", async () => {
    const person = await holder();
    const { visitor, ids } = person;
    const named = { ...sale, lots: "shown", [`lot-${ids[1]}`]: "6" };
    const id = recordedId((await visitor.post("/transactions/new/sell", named)).location);
    const edit = `/transactions/${id}/edit`;
    const page = await visitor.get(edit);
    expect(shownLots(page.html)).toEqual([
      "2022-03-01 10 $1,000.00 long +$200.00 ",
      "2023-03-01 10 $1,300.00 long -$100.00 6",
      "2024-03-01 5 $550.00 short +$50.00 ",
    ]);
    // Left as it is, nothing is changed; not shown, it stays.
    await visitor.post(edit, { type: "SELL", ...named, ticker: "NORD" });
    await visitor.post(edit, { type: "SELL", note: "taxes" });
    expect(await taken(person)).toEqual([[Number(ids[1]), 6, 780]]);
    await visitor.post(edit, { type: "SELL", lots: "shown", [`lot-${ids[0]}`]: "2", [`lot-${ids[2]}`]: "4" });
    expect(await taken(person)).toEqual([
      [Number(ids[0]), 2, 200],
      [Number(ids[2]), 4, 440],
    ]);
    await visitor.post(edit, { type: "SELL", lots: "shown", [`lot-${ids[0]}`]: "", [`lot-${ids[2]}`]: "" });
    expect(await taken(person)).toEqual([[Number(ids[0]), 6, 600]]);
    const { rows } = await program.database.pool.query(
      "select changes from bronze.transactions_audit where transaction_id = $1 and operation = 'update' order by audit_id",
      [id],
    );
    expect(rows.map(({ changes }) => changes)).toEqual([
      "note none -> taxes",
      `lots {"${ids[1]}": "6"} -> {"${ids[0]}": "2", "${ids[2]}": "4"}`,
      `lots {"${ids[0]}": "2", "${ids[2]}": "4"} -> none`,
    ]);
    // Asked for on an edit, and gone with the type.
    expect((await visitor.post(edit, { type: "SELL", choose: "yes" })).html).toContain('name="lots"');
    await visitor.post(edit, { type: "SELL", lots: "shown", [`lot-${ids[0]}`]: "2" });
    expect((await visitor.post(edit, { type: "BUY" })).status).toBe(303);
    expect((await visitor.get(edit)).html).not.toContain('name="lots"');
  });
});
