import { beforeAll, expect, test } from "vitest";
import { textOf } from "../support/html.ts";
import { type Program, startProgram } from "../support/program.ts";
import { register } from "../support/visitor.ts";

// Numbers in forms, typed as the page writes them, without a script.

let program: Program;
let token: string;

beforeAll(async () => {
  program = await startProgram();
  await register(program, "ada@example.org");
  const signIn = await fetch(`${program.url}/auth/login`, {
    method: "POST",
    headers: { Origin: program.url, "Content-Type": "application/json" },
    body: JSON.stringify({ email: "ada@example.org", password: "correct horse battery" }),
  });
  ({ token } = (await signIn.json()) as { token: string });
});

interface Answer {
  readonly status: number;
  readonly location: string | null;
  readonly html: string;
}

/** In a browser of that language. */
async function send(language: string, path: string, form?: Record<string, string>): Promise<Answer> {
  const response = await fetch(program.url + path, {
    method: form ? "POST" : "GET",
    headers: { Accept: "text/html", "Accept-Language": language, Authorization: `Bearer ${token}` },
    redirect: "manual",
    ...(form && { body: new URLSearchParams(form) }),
  });
  const html = (await textOf(response)).replaceAll("&#x27;", "'").replaceAll("&#x3D;", "=");
  return { status: response.status, location: response.headers.get("Location"), html };
}

const typedIn = (html: string, name: string): string | undefined =>
  new RegExp(`name="${name}"[^>]*?\\bvalue="([^"]*)"`).exec(html)?.[1];
const fieldOf = (html: string, name: string): string =>
  new RegExp(`<div class="field">\\s*<label for="${name}">[\\s\\S]*?</div>`).exec(html)?.[0] ?? "";

async function last(): Promise<Record<string, unknown>> {
  const { rows } = await program.database.pool.query(
    `select transaction_id as id, transaction_type as type, trim_scale(quantity) as quantity, trim_scale(price) as price,
       trim_scale(amount) as amount, trim_scale(fee) as fee
     from bronze.transactions order by created_at desc limit 1`,
  );
  return rows[0];
}

async function closeOf(ticker: string, date: string): Promise<number> {
  const { rows } = await program.database.pool.query(
    "select close from bronze.raw_prices where ticker = $1 and price_date = $2",
    [ticker, date],
  );
  return Number(rows[0].close);
}

const german = {
  locale: "en-DE",
  format: (value: number) => value.toLocaleString("en-DE", { maximumFractionDigits: 9 }),
};

test("in a German browser 1.000 is one thousand, and 1,5 one and a half", async () => {
  const page = await send("en-DE", "/transactions");
  expect(typedIn(page.html, "number_locale")).toBe("en-DE");
  const close = await closeOf("WRLD", "2024-01-09");
  const trade = {
    number_locale: "en-DE",
    type: "BUY",
    ticker: "WRLD",
    date: "2024-01-09",
    quantity: "1.000",
    price: german.format(close),
    fee: "1,5",
  };
  expect((await send("en-DE", "/transactions", trade)).location).toMatch(/recorded=/);
  expect(await last()).toMatchObject({ quantity: "1000", price: String(close), fee: "1.5" });
  // What a program, or a page of before, sends is a plain decimal.
  const plain = { ...trade, quantity: "1.000", price: String(close), fee: "1.5", number_locale: undefined };
  const { number_locale: _, ...sent } = plain;
  expect((await send("en-DE", "/transactions", sent as Record<string, string>)).location).toMatch(
    /recorded=/,
  );
  expect(await last()).toMatchObject({ quantity: "1", fee: "1.5" });
});

test("all that is wrong is told at once, each beside its field, the first with the focus, and nothing typed is lost", async () => {
  const { status, html } = await send("en-DE", "/transactions", {
    number_locale: "en-DE",
    type: "BUY",
    ticker: "",
    date: "2999-01-01",
    quantity: "1.5",
    price: "abc",
    fee: "12,50",
  });
  expect(status).toBe(422);
  expect(html).toContain("“1.5” could be 1,5 or 15: write the one that you mean.");
  expect(html).toContain("“abc” is no number: write it as 1.234,5 is written.");
  expect(html).toMatch(/Enter the ticker of it/);
  expect(html).toMatch(/1 Jan 2999 is still to come/);
  expect([typedIn(html, "quantity"), typedIn(html, "price"), typedIn(html, "fee")]).toEqual([
    "1.5",
    "abc",
    "12,5",
  ]);
  expect(html.match(/autofocus/g)).toHaveLength(1);
  expect(/<input\s+id="ticker"[^>]*autofocus/.test(html)).toBe(true);
  // A thousand that was read is said where the form comes back.
  const again = await send("en-DE", "/transactions", {
    number_locale: "en-DE",
    type: "BUY",
    ticker: "",
    date: "2024-01-09",
    quantity: "12.000",
    price: "1",
    fee: "0",
  });
  expect(typedIn(again.html, "quantity")).toBe("12000");
  expect(fieldOf(again.html, "quantity")).toContain("Read as 12.000,00.");
});

test("what a page shows is what is read of it: the edit of a row shows its numbers as the reader writes them", async () => {
  const close = await closeOf("WRLD", "2024-01-10");
  const trade = {
    type: "BUY",
    ticker: "WRLD",
    date: "2024-01-10",
    quantity: "1234.5",
    price: String(close),
    fee: "0.75",
  };
  await send("en-US", "/transactions", trade);
  const { id } = await last();
  const shown = await send("en-DE", `/transactions/${id}/edit`);
  expect([typedIn(shown.html, "quantity"), typedIn(shown.html, "fee")]).toEqual(["1234,5", "0,75"]);
  expect((await send("en-US", `/transactions/${id}/edit`)).html).toMatch(/value="1234\.5"/);
  const edited = { number_locale: "en-DE", quantity: "2.000,25", fee: "0,75" };
  expect((await send("en-DE", `/transactions/${id}/edit`, edited)).location).toMatch(/edited=/);
  expect(await last()).toMatchObject({ quantity: "2000.25", fee: "0.75" });
  const refused = await send("en-DE", `/transactions/${id}/edit`, {
    number_locale: "en-DE",
    quantity: "2.5",
    fee: "x",
  });
  expect(refused.status).toBe(422);
  expect(refused.html).toContain("“2.5” could be 2,5 or 25");
  expect(refused.html).toContain("“x” is no number");
  expect(await last()).toMatchObject({ quantity: "2000.25" });
});

test("every other form reads so, too: deposits, splits, corporate actions, prices of one's own", async () => {
  const deposit = {
    number_locale: "fr-FR",
    date: "2024-01-09",
    amount: "1 234,50",
    currency: "USD",
    fee: "",
  };
  expect((await send("fr-FR", "/transactions/new/deposit", deposit)).location).toMatch(/recorded=/);
  expect(await last()).toMatchObject({ amount: "1234.5" });
  const wrong = await send("fr-FR", "/transactions/new/deposit", {
    ...deposit,
    amount: "1.50",
    fee: "1.000",
    date: "",
  });
  expect(wrong.status).toBe(422);
  expect(wrong.html).toMatch(/«\s1\.50\s» peut signifier 1,5 ou 150/);
  expect(wrong.html).toMatch(/«\s1\.000\s» peut signifier 1 ou 1000/);
  expect(wrong.html).toContain("Saisissez la date");

  const spinOff = "/transactions/corporate-actions/new/spin-off";
  const terms = {
    number_locale: "en-DE",
    step: "preview",
    ticker: "WRLD",
    new_ticker: "CURA",
    date: "2024-02-01",
  };
  const refused = await send("en-DE", spinOff, {
    ...terms,
    numerator: "1",
    denominator: "4",
    cost_share: "0.125",
  });
  expect(refused.status).toBe(422);
  expect(refused.html).toContain("“0.125” could be 0,125 or 125");
  const preview = await send("en-DE", spinOff, {
    ...terms,
    numerator: "1",
    denominator: "4",
    cost_share: "0,125",
  });
  expect(preview.status).toBe(200);
  expect(typedIn(preview.html, "cost_share")).toBe("0.125");
  expect(typedIn(preview.html, "number_locale")).toBeUndefined();

  const house = await send("en-DE", "/own-assets", {
    name: "House",
    asset_class: "real_estate",
    currency: "EUR",
  });
  const address = house.location!.split("?")[0]!;
  const price = { number_locale: "en-DE", date: "2024-01-09", price: "350.000,5", csv: "" };
  expect((await send("en-DE", `${address}/prices`, price)).location).toMatch(/stored=1/);
  const { rows } = await program.database.pool.query(
    "select trim_scale(close) as price from bronze.raw_prices where ticker like '~%'",
  );
  expect(rows).toEqual([{ price: "350000.5" }]);
  const bad = await send("en-DE", `${address}/prices`, { ...price, price: "350.00", date: "" });
  expect(bad.status).toBe(422);
  expect(bad.html).toContain("“350.00” could be 350 or 35000");
  expect(typedIn(bad.html, "price")).toBe("350.00");
  expect((fieldOf(bad.html, "date").match(/class="error"/g) ?? []).length).toBe(1);
});

test("a locale that is none is refused, and no number guessed", async () => {
  const { status } = await send("en-DE", "/transactions", {
    number_locale: "no such",
    type: "BUY",
    quantity: "1.000",
  });
  expect(status).toBe(422);
});
