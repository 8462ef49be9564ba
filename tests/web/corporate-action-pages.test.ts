import { beforeAll, expect, test } from "vitest";
import { keptTrade } from "../support/kept-trade.ts";
import { type Program, startProgram } from "../support/program.ts";
import { register, type Visitor } from "../support/visitor.ts";

// Corporate actions as a browser without scripts meets them: the kind, the form, what would be written, what was, and back.

let program: Program;
let operator: Visitor;
let investor: Visitor;

const root = "/transactions/corporate-actions";
const text = (html: string): string => html.replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ");
const hiddenOf = (html: string): Record<string, string> =>
  Object.fromEntries(
    [...html.matchAll(/<input type="hidden" name="([a-z_]+)" value="([^"]*)"/g)]
      .map(([, name, value]): [string, string] => [name!, value!])
      .filter(([name]) => name !== "csrf_token"),
  );

beforeAll(async () => {
  program = await startProgram();
  operator = await register(program, "operator@example.com");
  investor = await register(program, "investor@example.com");
  for (const visitor of [operator, investor]) {
    const trade = { ticker: "nord", quantity: "10", price: "40", date: "2024-03-04" };
    expect((await visitor.post("/transactions/new/buy", keptTrade(trade))).status).toBe(303);
    const other = { ticker: "wrld", quantity: "1", price: "40", date: "2024-03-04" };
    expect((await visitor.post("/transactions/new/buy", keptTrade(other))).status).toBe(303);
  }
  await program.engine.refresh("transaction_sensor");
});

const spinOff = {
  ticker: "NORD",
  new_ticker: "WRLD",
  date: "2024-03-06",
  numerator: "1",
  denominator: "4",
  cost_share: "0.25",
  new_price: "20",
  fraction_price: "",
};

test("the ledger leads to it, and each kind asks for what it needs alone", async () => {
  const { html: ledger } = await investor.get("/transactions");
  expect(ledger).toContain(`href="${root}"`);
  const { html } = await investor.get(root);
  const kinds = [...html.matchAll(/new\/([a-z-]+)"/g)].map(([, kind]) => kind);
  expect(kinds).toEqual(["spin-off", "merger", "rename", "rights", "cash-in-lieu"]);
  const fieldsOf = async (kind: string): Promise<string[]> => {
    const form = await investor.get(`${root}/new/${kind}`);
    return [...form.html.matchAll(/<(?:input|select)\s+id="([a-z_]+)"/g)].map(([, name]) => name!).toSorted();
  };
  expect(await fieldsOf("rename")).toEqual(["date", "new_ticker", "ticker"]);
  expect(await fieldsOf("cash-in-lieu")).toEqual(["date", "price", "ticker"]);
  expect(await fieldsOf("rights")).toEqual([
    "date",
    "denominator",
    "is_exercised",
    "numerator",
    "price",
    "ticker",
  ]);
  expect((await investor.get(`${root}/new/gift`)).status).toBe(404);
});

test("what is wrong stands at its field, and nothing typed is lost", async () => {
  const wrong = await investor.post(`${root}/new/spin-off`, {
    ...spinOff,
    numerator: "many",
    step: "preview",
  });
  expect(wrong.status).toBe(422);
  expect(wrong.html).toMatch(/id="numerator-help"><span class="error">“many” is no number/);
  expect(wrong.html).toContain('value="0.25"');
  const none = await investor.post(`${root}/new/cash-in-lieu`, {
    ticker: "NORD",
    date: "2024-03-06",
    price: "1",
    step: "preview",
  });
  expect(text(none.html)).toContain("You held no fraction of a share of NORD on Mar 6, 2024");
});

test("shown, written, changed since, applied again and undone", async () => {
  const shown = await investor.post(`${root}/new/spin-off`, { ...spinOff, step: "preview" });
  expect(shown.status).toBe(200);
  expect(text(shown.html)).toMatch(/NORD none \$100\.00 \$50\.00 .*WRLD 2\.5 \$100\.00 \$50\.00/);
  expect(text(shown.html)).toContain("25.00% of the cost goes with the new shares");
  const { html: still } = await investor.get(root);
  expect(text(still)).toContain("There are none yet");
  const back = await investor.post(`${root}/new/spin-off`, { ...hiddenOf(shown.html), step: "change" });
  expect(back.html).toContain('value="WRLD"');
  const { status, location } = await investor.post(`${root}/new/spin-off`, {
    ...hiddenOf(shown.html),
    step: "write",
  });
  expect([status, location]).toEqual([303, expect.stringContaining("written=1")]);
  expect(text((await investor.get(location!)).html)).toContain("written by investor@example.com");
  const page = location!.split("?")[0]!;
  const late = { ticker: "nord", quantity: "2", price: "50", date: "2024-03-05" };
  await investor.post("/transactions/new/buy", keptTrade(late));
  expect(text((await investor.get(page)).html)).toContain(
    "1 transaction of NORD from before it was recorded",
  );
  const applied = await investor.post(`${page}/apply`, {});
  expect(applied.location).toContain("applied=1");
  expect(text((await investor.get(page)).html)).toMatch(/NORD none \$125\.00 \$60\.00/);
  const undone = await investor.post(`${page}/undo`, {});
  expect(undone.location).toBe(`${root}?undone=1`);
  expect(text((await investor.get(undone.location!)).html)).toContain("Undone.");
  expect((await operator.get(page)).status).toBe(404);
});

test("an operator writes it for everybody, counts alone, and takes it back", async () => {
  expect((await investor.get(`${root}/new/spin-off`)).html).not.toContain('value="everyone"');
  expect((await operator.get(`${root}/new/rights`)).html).not.toContain('value="everyone"');
  const forAll = { ...spinOff, for: "everyone" };
  expect((await investor.post(`${root}/new/spin-off`, { ...forAll, step: "write" })).status).toBe(403);
  const shown = await operator.post(`${root}/new/spin-off`, { ...forAll, step: "preview" });
  expect(text(shown.html)).toContain("2 people have bought NORD up to that day");
  expect(shown.html).not.toContain("<table");
  const written = await operator.post(`${root}/new/spin-off`, { ...hiddenOf(shown.html), step: "write" });
  expect(written.location).toBe(`${root}?written=2&left_out=0`);
  const { html } = await operator.get(written.location!);
  const [, id] = /announcements\/([0-9a-f-]+)\/withdraw/.exec(html)!;
  expect(text((await investor.get(root)).html)).toContain("operator@example.com");
  const withdrawn = await operator.post(`${root}/announcements/${id}/withdraw`, {});
  expect(withdrawn.location).toBe(`${root}?withdrawn=2&left_out=0`);
});
