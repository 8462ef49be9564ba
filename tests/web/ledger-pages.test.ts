import { beforeAll, describe, expect, test } from "vitest";
import { keptTrade } from "../support/kept-trade.ts";
import { type Program, startProgram } from "../support/program.ts";
import { register, type Visitor } from "../support/visitor.ts";

// Every type of transaction, accounts, cash, income and realised gains as a browser without scripts meets them.

let program: Program;

beforeAll(async () => {
  program = await startProgram();
});

let visitors = 0;
const signedUp = (): Promise<Visitor> => register(program, `person-${++visitors}@example.com`);

const date = "2024-03-04";

/** Records it, and answers with what the notice says of it. */
async function enter(visitor: Visitor, entry: string, form: Record<string, string>): Promise<string> {
  const kept = keptTrade({ date, ...form });
  const { status, location, html } = await visitor.post(`/transactions/new/${entry}`, kept);
  expect([entry, status, /class="error">([^<]*)/.exec(html)?.[1]]).toEqual([entry, 303, undefined]);
  const { html: ledger } = await visitor.get(location!);
  return /<strong>Recorded.<\/strong> (.*?) on /.exec(ledger)![1]!;
}

async function open(visitor: Visitor, name: string, more: Record<string, string> = {}): Promise<string> {
  const form = { name, kind: "brokerage", currency: "", income: "market", ...more };
  const { location } = await visitor.post("/accounts", form);
  return /opened=(\d+)/.exec(location ?? "")![1]!;
}

const idOf = (html: string, words: RegExp): string => {
  const row = [...html.matchAll(/<tr id="transaction-(\d+)".*?<\/tr>/gs)].find(([text]) => words.test(text));
  return row![1]!;
};

const figures = async (): Promise<void> => {
  await program.engine.refresh("transaction_sensor");
};

describe("entering", () => {
  test("each type has a form of its own that shows what it needs, and nothing of the others", async () => {
    const visitor = await signedUp();
    const fieldsOf = async (entry: string): Promise<string[]> => {
      const { status, html } = await visitor.get(`/transactions/new/${entry}`);
      expect([entry, status]).toEqual([entry, 200]);
      const names = [...html.matchAll(/<(?:input|select) id="([a-z_]+)"/g)].map(([, name]) => name!);
      return names.filter((name) => !["note", "tags"].includes(name)).toSorted();
    };
    expect(await fieldsOf("deposit")).toEqual(["amount", "currency", "date", "fee", "fx_rate"]);
    expect(await fieldsOf("split")).toEqual(["date", "denominator", "numerator", "ticker"]);
    expect(await fieldsOf("bonus")).toEqual(["currency", "date", "fee", "fx_rate", "quantity", "ticker"]);
    expect(await fieldsOf("conversion")).toEqual([
      "amount",
      "currency",
      "date",
      "fee",
      "to_amount",
      "to_currency",
    ]);
    expect((await visitor.get("/transactions/new/gift")).status).toBe(404);
  });

  test("records every type, and the ledger says each with its amount", async () => {
    const visitor = await signedUp();
    const nord = { ticker: "nord" };
    expect(await enter(visitor, "buy", { ...nord, quantity: "10", price: "40", note: "first" })).toBe(
      "BUY 10 NORD at $40.00",
    );
    expect(await enter(visitor, "bonus", { ...nord, quantity: "2" })).toBe("BONUS 2 NORD");
    expect(await enter(visitor, "dividend", { ...nord, amount: "12", tax: "1.8" })).toBe(
      "DIVIDEND $12.00 NORD",
    );
    expect(await enter(visitor, "interest", { amount: "-3.5" })).toBe("INTEREST -$3.50");
    expect(await enter(visitor, "deposit", { amount: "1000", tags: "pay, 2024, pay" })).toBe(
      "DEPOSIT $1,000.00",
    );
    expect(await enter(visitor, "withdrawal", { amount: "10" })).toBe("WITHDRAWAL $10.00");
    expect(await enter(visitor, "fee", { amount: "5" })).toBe("FEE $5.00");
    expect(await enter(visitor, "tax", { amount: "-7" })).toBe("TAX -$7.00");
    expect(await enter(visitor, "split", { ...nord, numerator: "3", denominator: "2" })).toBe(
      "SPLIT 3 for 2 NORD",
    );
    expect(await enter(visitor, "return-of-capital", { ...nord, amount: "4" })).toBe(
      "RETURN OF CAPITAL $4.00 NORD",
    );
    expect(
      await enter(visitor, "shares-in", { ...nord, quantity: "3", amount: "90", acquired_on: "2023-05-04" }),
    ).toBe("TRANSFER IN 3 $90.00 NORD");
    expect(await enter(visitor, "shares-out", { ...nord, quantity: "1" })).toBe("TRANSFER OUT 1 NORD");
    const { html } = await visitor.get("/transactions");
    expect(html.match(/<tr id="transaction-/g)).toHaveLength(12);
    expect(html).toContain("#pay, #2024");
    expect(html).toContain(">first<");
    await figures();
    for (const path of [
      "/tickers/NORD",
      "/explain/total_gain?ticker=NORD",
      "/explain/net_contributions",
      "/portfolio",
    ])
      expect([path, (await visitor.get(path)).status]).toEqual([path, 200]);
    const { html: deposits } = await visitor.get("/transactions?type=DEPOSIT");
    expect(deposits.match(/<tr id="transaction-/g)).toHaveLength(1);
    expect(deposits).toContain('<option value="DEPOSIT" selected>Deposit</option>');
  });

  test("is filtered by tag, which the other links keep; who has none is not asked", async () => {
    const visitor = await signedUp();
    const rowsOf = (html: string) => html.match(/<tr id="transaction-/g)?.length ?? 0;
    await enter(visitor, "deposit", { amount: "1000" });
    expect((await visitor.get("/transactions")).html).not.toContain("filter-tag");
    await enter(visitor, "deposit", { amount: "10", tags: "Pay, R&D <1>" });
    await enter(visitor, "withdrawal", { amount: "5", tags: "pay" });
    const { html } = await visitor.get("/transactions?tag=R%26D+%3C1%3E&sort=date");
    expect(rowsOf(html)).toBe(1);
    expect(html).toMatch(/>Pay<\/option><option value="pay">pay<\/option><option value="R&D[^"]*" selected>/);
    expect(html).toMatch(/href="[^"]*tag=R%26D\+%3C1%3E[^"]*" class="sort-link"/);
    expect(html).toContain("Show all");
    expect(rowsOf((await visitor.get("/transactions?tag=pay")).html)).toBe(1);
    expect(rowsOf((await visitor.get("/transactions?tag=pay&type=DEPOSIT")).html)).toBe(0);
    expect(rowsOf((await visitor.get("/transactions?tag=")).html)).toBe(3);
    expect(rowsOf((await visitor.get(`/transactions?tag=${"x".repeat(51)}`)).html)).toBe(3);
  });

  test("a refused form says what is wrong with which field, and keeps what was typed", async () => {
    const visitor = await signedUp();
    const typed = { date, ticker: "NORD", amount: "twelve", tax: "1", note: "n", tags: "a,b" };
    const { status, html } = await visitor.post("/transactions/new/dividend", typed);
    expect(status).toBe(422);
    expect(html).toMatch(/id="amount-help"><span class="error">“twelve” is no number/);
    for (const [name, value] of Object.entries(typed))
      expect(html).toMatch(new RegExp(`name="${name}" type="[a-z]+" value="${value}"`));
    const oversold = await visitor.post("/transactions/new/shares-out", {
      date,
      ticker: "NORD",
      quantity: "1",
    });
    expect(oversold.html).toMatch(/id="quantity-help"><span class="error">You held no NORD/);
  });

  test("a conversion says which of its two sides is wrong, and writes both at once", async () => {
    const visitor = await signedUp();
    await open(visitor, "Cash", { tracks_cash: "on", currency: "USD" });
    const form = { amount: "10", currency: "USD", to_amount: "9", to_currency: "EURO" };
    const { html } = await visitor.post("/transactions/new/conversion", { date, ...form });
    expect(html).toMatch(/id="to_currency-help"><span class="error">“EURO” is no currency/);
    const wrong = await visitor.post("/transactions/new/conversion", {
      date,
      ...form,
      amount: "x",
      to_currency: "EUR",
    });
    expect(wrong.html).toMatch(/id="amount-help"><span class="error">“x” is no number/);
  });

  test("a form that is sent twice is one transaction", async () => {
    const visitor = await signedUp();
    const form = { amount: "10", idempotency_key: "one", date };
    const [first, second] = [
      await visitor.post("/transactions/new/deposit", form),
      await visitor.post("/transactions/new/deposit", form),
    ];
    expect(first!.location).toBe(second!.location);
  });
});

describe("editing", () => {
  test("begins with what is there, changes what is another, and is taken back", async () => {
    const visitor = await signedUp();
    await enter(visitor, "buy", { ticker: "NORD", quantity: "10", price: "40", tags: "a, b" });
    const id = idOf((await visitor.get("/transactions")).html, /NORD/);
    const { html } = await visitor.get(`/transactions/${id}/edit`);
    for (const value of ["NORD", "10", "40", "a, b", date]) expect(html).toContain(`value="${value}"`);
    const form = {
      type: "BUY",
      ticker: "NORD",
      quantity: "10",
      price: "44",
      tags: "a",
      date,
      note: "",
      fee: "0",
    };
    const kept = keptTrade({ ...form, currency: "USD" });
    const { location } = await visitor.post(`/transactions/${id}/edit`, kept);
    const { html: changed } = await visitor.get(location!);
    expect(changed).toContain("<strong>Changed.</strong> Now BUY 10 NORD at $44.00 on");
    const undone = await visitor.post(`/transactions/${id}/undo`);
    expect((await visitor.get(undone.location!)).html).toContain("Now BUY 10 NORD at $40.00 on");
    const refused = await visitor.post(`/transactions/${id}/edit`, { ...form, price: "0" });
    expect(refused.status).toBe(422);
    expect(refused.html).toMatch(/id="price-help"><span class="error">Enter a number above 0/);
  });

  test("what a later sale needs cannot be edited away or deleted, and is told why", async () => {
    const visitor = await signedUp();
    await enter(visitor, "buy", { ticker: "NORD", quantity: "10", price: "40" });
    await enter(visitor, "sell", { ticker: "NORD", quantity: "6", price: "50", date: "2024-04-04" });
    const id = idOf((await visitor.get("/transactions")).html, /BUY/);
    const edited = await visitor.post(`/transactions/${id}/edit`, { quantity: "5" });
    expect(edited.html).toMatch(
      /id="quantity-help"><span class="error">You sold 6 NORD on Apr 4, 2024\. With this change you would have held/,
    );
    const deleted = await visitor.post(`/transactions/${id}/delete`);
    expect(deleted.status).toBe(409);
    expect(deleted.html).toContain("A later sale of NORD needs it.");
  });

  test("another person's is not there", async () => {
    const [anna, bert] = [await signedUp(), await signedUp()];
    await enter(anna, "deposit", { amount: "10" });
    const id = idOf((await anna.get("/transactions")).html, /DEPOSIT/);
    expect((await bert.get(`/transactions/${id}/edit`)).status).toBe(404);
    expect((await bert.post(`/transactions/${id}/edit`, { amount: "11" })).status).toBe(404);
  });

  test("of one side of a transfer the note and the tags are there to be changed", async () => {
    const visitor = await signedUp();
    const to = await open(visitor, "Broker", { tracks_cash: "on" });
    const { html: form } = await visitor.get("/transactions/new/transfer-cash");
    const from = /<option value="(\d+)" selected>Portfolio</.exec(form)![1]!;
    expect(await enter(visitor, "transfer-cash", { from, to, amount: "10" })).toBe("TRANSFER OUT $10.00");
    const id = idOf((await visitor.get("/transactions")).html, /TRANSFER IN/);
    const { html } = await visitor.get(`/transactions/${id}/edit`);
    expect(html).not.toContain('name="amount"');
    const { location } = await visitor.post(`/transactions/${id}/edit`, { note: "rent", tags: "" });
    expect((await visitor.get(location!)).html).toContain(">rent<");
    expect((await visitor.get(`/transactions/${id}/delete`)).html).toContain(
      "the other side is deleted with it",
    );
  });
});

describe("accounts", () => {
  test("are opened, changed, closed and deleted; the forms of who has one do not mention them", async () => {
    const visitor = await signedUp();
    expect((await visitor.get("/transactions")).html).not.toContain('name="account"');
    const id = await open(visitor, "Nairobi", { currency: "usd", tracks_cash: "on" });
    const { html } = await visitor.get("/accounts");
    expect(html).toContain("Nairobi");
    expect((await visitor.get("/transactions")).html).toContain('<select id="account" name="account"');
    const taken = await visitor.post("/accounts", {
      name: "nairobi",
      kind: "bank",
      currency: "",
      income: "market",
    });
    expect(taken.html).toMatch(/id="name-help"><span class="error">You have an account/);
    const settings = { name: "Nairobi 2", kind: "bank", currency: "XYZ", income: "ledger" };
    const wrong = await visitor.post(`/accounts/${id}`, settings);
    expect(wrong.html).toMatch(/id="currency-help"><span class="error">“XYZ” is no currency/);
    const closed = { ...settings, currency: "", closed_at: "2024-05-01" };
    expect((await visitor.post(`/accounts/${id}`, closed)).status).toBe(303);
    expect((await visitor.get("/accounts")).html).toMatch(/Closed<.*Nairobi 2.*closed May 1, 2024/s);
    expect((await visitor.post(`/accounts/${id}/delete`)).location).toBe("/accounts?deleted=1");
    expect((await (await signedUp()).get(`/accounts/${id}`)).status).toBe(404);
  });

  test("one with transactions asks what becomes of them", async () => {
    const visitor = await signedUp();
    const account = await open(visitor, "Old");
    await enter(visitor, "buy", { ticker: "NORD", quantity: "1", price: "40", account });
    const { html, status } = await visitor.post(`/accounts/${account}/delete`);
    expect([status, html.includes("1 transaction. What becomes of it?")]).toEqual([409, true]);
    const { html: form } = await visitor.get(`/accounts/${account}`);
    const to = /<option value="(\d+)">Portfolio</.exec(form)![1]!;
    const moved = await visitor.post(`/accounts/${account}/delete`, { transactions: "move", to });
    expect(moved.location).toBe("/accounts?deleted=1");
    expect((await visitor.get("/transactions")).html).toContain("NORD");
  });

  test("each has its value, cash and gain, and its own ledger with the cash of each day", async () => {
    const visitor = await signedUp();
    const account = await open(visitor, "Broker", { tracks_cash: "on" });
    await enter(visitor, "deposit", { amount: "1000", account });
    await enter(visitor, "buy", { ticker: "NORD", quantity: "2", price: "40", account, date: "2024-03-05" });
    await enter(visitor, "buy", { ticker: "WRLD", quantity: "1", price: "100" });
    await figures();
    expect((await visitor.get("/accounts")).html).toMatch(/Broker.*\$\d/s);
    const { html } = await visitor.get(`/transactions?account=${account}`);
    expect(html).toContain("Cash that day");
    expect(html).toMatch(/DEPOSIT.*\$1,000\.00<\/td><td class="action">/s);
    expect(html).toContain("$920.00");
    expect(html).not.toContain("WRLD</a>");
    const { html: cash } = await visitor.get("/cash?date=2024-03-05");
    expect(cash).toMatch(/USD.*Broker.*\$920\.00/s);
  });
});

describe("income and realised gains", () => {
  test("what was received by month, ticker and account, and an estimate of the next twelve months", async () => {
    const visitor = await signedUp();
    const account = await open(visitor, "Books", { income: "ledger" });
    await enter(visitor, "buy", { ticker: "NORD", quantity: "10", price: "40", account });
    await enter(visitor, "dividend", { ticker: "NORD", amount: "12", tax: "2", account, date: "2024-05-06" });
    await figures();
    const { html } = await visitor.get("/income");
    expect(html).toMatch(/May 2024.*\$12\.00.*\$2\.00.*\$10\.00/s);
    expect(html).toContain("An estimate, before tax");
    expect((await visitor.get("/income?by=ticker")).html).toContain('<a href="/tickers/NORD">NORD</a>');
    expect((await visitor.get("/income?by=account")).html).toContain('<th scope="row">Books</th>');
    expect((await visitor.get("/income?from=2024-06-01")).html).toContain("No income in these days.");
  });

  test("what a year's sales brought, as a page and as CSV", async () => {
    const visitor = await signedUp();
    await enter(visitor, "buy", { ticker: "NORD", quantity: "10", price: "40" });
    await enter(visitor, "sell", { ticker: "NORD", quantity: "4", price: "50", date: "2024-04-04" });
    await figures();
    const { html } = await visitor.get("/realized?year=2024");
    expect(html).toContain("Sold in 2024");
    expect(html).toMatch(/NORD.*at average cost.*\$160\.00.*\$200\.00.*\+\$40\.00/s);
    expect(html).toContain("/api/tax/realized?year=2024&format=csv");
    expect((await visitor.get("/realized?year=2020")).html).toContain("Nothing was sold in 2020.");
  });
});

describe("the portfolio of one account", () => {
  const numberIn = (text: string): number => Number(text.replaceAll(/[^\d.-]/g, ""));
  const headline = (html: string): { value: number; gain: number } => {
    const [value, gain] = [
      /class="value">(.*?)<\/p>/,
      /class="of-range">.*?class="amount">(.*?)<\/span>/s,
    ].map((pattern) => pattern.exec(html)![1]!.replaceAll(/<[^>]*>/g, ""));
    return { value: numberIn(value!), gain: numberIn(gain!.replace("−", "-")) };
  };

  test("is offered where there are several, has its figures alone, and those of all add up", async () => {
    const visitor = await signedUp();
    await enter(visitor, "buy", { ticker: "WRLD", quantity: "3", price: "100" });
    await figures();
    expect((await visitor.get("/portfolio")).html).not.toContain('name="account"');
    const account = await open(visitor, "Broker", { tracks_cash: "on" });
    await enter(visitor, "deposit", { amount: "1000", account });
    await enter(visitor, "fee", { amount: "5", account });
    await enter(visitor, "buy", { ticker: "NORD", quantity: "2", price: "300", fee: "1", account });
    await figures();
    const { html: form } = await visitor.get(`/transactions?account=${account}`);
    const first = /<option value="(\d+)">Portfolio</.exec(form)![1]!;
    for (const range of ["range=Max", "from=2024-05-01&to=2024-08-01"]) {
      const pages = ["", `&account=${account}`, `&account=${first}`].map((of) =>
        visitor.get(`/portfolio?${range}${of}`),
      );
      const [whole, broker, other] = (await Promise.all(pages)).map(({ html }) => html);
      const sum = (of: "value" | "gain") => headline(broker!)[of] + headline(other!)[of];
      expect(headline(whole!).value).toBeCloseTo(sum("value"), 1);
      expect(headline(whole!).gain).toBeCloseTo(sum("gain"), 1);
      expect(broker).toContain("<h1>Broker</h1>");
      expect(broker).toContain(`href="/portfolio?range=1M&account=${account}"`);
      expect(broker).not.toContain("WRLD</a>");
      expect(broker).toMatch(new RegExp(`class="explain" href="/explain/twr\\?[^"]*account=${account}"`));
      expect(whole).toContain('class="explain"');
      expect(broker).toContain("<strong>Cash is part of the portfolio</strong>");
    }
    const { html } = await visitor.get(`/portfolio/performance?range=Max&account=${account}`);
    const steps = [
      ...html.matchAll(
        /<tr(?: class="sum")?><th scope="row">([^<]+)<\/th><td class="number[^>]*>(.*?)<\/td>/g,
      ),
    ];
    const named = new Map(
      steps.map(([, label, amount]) => [label, numberIn(amount!.replaceAll(/<[^>]*>/g, ""))]),
    );
    expect(named.get("Net deposits")).toBe(1000);
    expect((named.get("Other fees") ?? 0) + (named.get("Taxes") ?? 0)).toBe(-5);
  });

  test("another person's is not shown, and one without a transaction says so", async () => {
    const [anna, bert] = [await signedUp(), await signedUp()];
    await enter(anna, "buy", { ticker: "NORD", quantity: "1", price: "40" });
    const account = await open(bert, "Secret");
    await enter(bert, "buy", { ticker: "NORD", quantity: "2", price: "40" });
    await figures();
    expect((await anna.get(`/portfolio?account=${account}`)).html).toContain("<h1>Portfolio</h1>");
    expect((await bert.get(`/portfolio?account=${account}`)).html).toContain(
      "Nothing is in this account yet.",
    );
  });

  test("the change over a range is the change of what is held, not of what it had cost", async () => {
    const visitor = await signedUp();
    await enter(visitor, "buy", { ticker: "NORD", quantity: "10", price: "40", date: "2023-03-06" });
    await figures();
    const { html } = await visitor.get("/portfolio?from=2023-06-01&to=2023-08-01");
    const { html: json } = await visitor.get("/api/portfolio/timeseries?from=2023-05-31&to=2023-08-01");
    const { rows } = JSON.parse(json) as { rows: { total_gain: string }[] };
    const change = Number(rows.at(-1)!.total_gain) - Number(rows[0]!.total_gain);
    expect(headline(html).gain).toBeCloseTo(change, 1);
  });
});
