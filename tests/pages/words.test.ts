import { beforeAll, describe, expect, test } from "vitest";
import { entryGroups, trades } from "../../src/web/pages/entry-types.ts";
import { keptTrade } from "../support/kept-trade.ts";
import { type Program, startProgram } from "../support/program.ts";
import { register, type Visitor } from "../support/visitor.ts";

// Whatever an investor types wrong, and wherever: a plain sentence at its field, and nothing of how the program is made.

let program: Program;
let investor: Visitor;
let ownAsset: string;
let bought: string;
let second: string;

beforeAll(async () => {
  program = await startProgram();
  await program.database.pool.query(
    `insert into bronze.raw_fx_rates (currency, rate_date, usd_per_unit, source)
     select 'EUR', day, 1.1, 'file' from generate_series('2024-01-01'::date, '2024-03-31', '1 day') as day`,
  );
  await register(program, "operator@example.org");
  investor = await register(program, "ada@example.org");
  const opened = await investor.post("/accounts", {
    name: "Second",
    kind: "bank",
    income: "market",
    tracks_cash: "on",
  });
  second = /opened=(\d+)/.exec(opened.location!)![1]!;
  const added = await investor.post("/own-assets", {
    name: "Cottage",
    asset_class: "real_estate",
    currency: "USD",
  });
  ownAsset = decodeURIComponent(/own-assets\/([^?]+)/.exec(added.location!)![1]!);
  const { location } = await investor.post("/transactions", {
    ticker: "NORD",
    type: "BUY",
    quantity: "3",
    price: "100",
    fee: "0",
    date: "2024-03-04",
  });
  bought = /recorded=(\d+)/.exec(location!)![1]!;
});

const bad = {
  nothing: "",
  word: "soon",
  "too large": "99999999999999999999",
  "too many decimals": "1.12345678901234567",
  exponent: "1e400",
  negative: "-5",
  "not a day": "2024-02-30",
  "before 1900": "0024-01-01",
  "a day to come": "2999-01-01",
  "unknown ticker": "ZZZZ",
  "unknown currency": "ABC",
  HTML: "<script>alert(1)</script>",
  long: "x".repeat(5000),
};

type Way = keyof typeof bad;
const ofNumbers: readonly Way[] = [
  "nothing",
  "word",
  "too large",
  "too many decimals",
  "exponent",
  "negative",
  "HTML",
];
const ofDays: readonly Way[] = ["nothing", "word", "not a day", "before 1900", "a day to come", "HTML"];
const ofNames: readonly Way[] = [
  "nothing",
  "word",
  "negative",
  "unknown ticker",
  "unknown currency",
  "HTML",
  "long",
];
const days = /date|closed|acquired/;
const names = /ticker|currency|account|name|kind|class|note|tags|income|csv|type|exercised/;
const waysOf = (field: string): readonly Way[] =>
  days.test(field) ? ofDays : names.test(field) ? ofNames : ofNumbers;

/** What no sentence for an investor has: words of programmers, names of fields, patterns, parts of a program. */
const unwanted = [
  /\bexpected\b/i,
  /\bgot\b/i,
  /\binvalid\b/i,
  /\bmust match\b/i,
  /\bregex|\bpattern\b/i,
  /\b(?:undefined|null|NaN|string|number_locale|ISO 4217)\b/,
  /\b[a-z]+_[a-z_]+\b/,
  /`|\\d|\[A-Z|\^\[|\$\//,
  /\bat \S+ \(|\bError:|\.ts\b/,
  /\bBUYs?\b|\bSELLs?\b/,
  /[^.]\.\.$|\{|\}|\u{E000}|\u{E001}/u,
];

const texts = (html: string): string[] =>
  [
    ...html.matchAll(/<span class="error">(.*?)<\/span>/gs),
    ...html.matchAll(/<div class="notice bad" role="alert">(.*?)<\/div>/gs),
    ...html.matchAll(
      /<section class="narrow card" aria-labelledby="heading"><h1 id="heading">That did not work<\/h1>(.*?)<\/section>/gs,
    ),
  ].map(([, text]) => plainText(text!));

const plainText = (markup: string): string =>
  markup
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll("&#x27;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#x60;", "`")
    // What was typed is repeated in quotation marks.
    .replaceAll(/“[^”]*”/g, "“”")
    .trim();

/** The texts of what is wrong, each checked; and that each field's stands where the field says. */
function requirePlain(html: string, what: string): string[] {
  const said = texts(html);
  for (const text of said)
    for (const pattern of unwanted) expect(text, `${what}: ${text}`).not.toMatch(pattern);
  for (const [, id] of html.matchAll(/id="([\w:-]+)-help"[^>]*>\s*<span class="error">/g)) {
    const isTied = new RegExp(`aria-describedby="[^"]*\\b${id}-help\\b`).test(html);
    expect(isTied, `${what}: the message at ${id} is tied to its field`).toBe(true);
  }
  const strays = [...html.matchAll(/<span class="error">/g)].length;
  const atFields = [...html.matchAll(/id="[\w:-]+-help"[^>]*>\s*<span class="error">/g)].length;
  expect(atFields, `${what}: each message stands at a field`).toBe(strays);
  expect(html).not.toContain("<script>alert(1)");
  return said;
}

interface Form {
  readonly path: string;
  readonly good: Readonly<Record<string, string>>;
}

/** Sends it with one field after the other wrong, in each way; what was said, by field and way. */
async function tryAll({ path, good }: Form): Promise<Map<string, string[]>> {
  const answers = new Map<string, string[]>();
  for (const field of Object.keys(good))
    for (const way of waysOf(field)) {
      // What the market would say of its price is no mistake.
      const { status, html } = await investor.post(path, keptTrade({ ...good, [field]: bad[way] }));
      expect(status, `${path} ${field} ${way}`).toBeLessThan(500);
      const said = requirePlain(html, `${path}, ${field}: ${way}`);
      if (status >= 400) expect(said.length, `${path}, ${field}: ${way} says why`).toBeGreaterThan(0);
      answers.set(`${field}: ${way}`, said);
    }
  return answers;
}

const cash = { account: "", amount: "10", currency: "USD", date: "2024-03-04", note: "", tags: "" };
const shares = { ticker: "NORD", quantity: "2", price: "3", fee: "0", amount: "5", tax: "0" };
const goodEntry = {
  ...cash,
  ...shares,
  numerator: "2",
  denominator: "1",
  to_amount: "9",
  to_currency: "EUR",
  fx_rate: "",
  acquired_on: "",
};

describe("what is typed wrong", () => {
  test("into the form of a trade", async () => {
    const good = { ticker: "NORD", type: "SELL", quantity: "100", price: "1", fee: "0", date: "2024-03-05" };
    const answers = await tryAll({ path: "/transactions", good });
    expect(answers.get("ticker: nothing")).toEqual([
      "Enter the ticker of it, such as AAPL. You can search for it by the name of the company.",
    ]);
    expect(answers.get("quantity: word")).toEqual([
      "“” is no number. Enter the quantity in digits, such as 12.5.",
    ]);
    expect(answers.get("quantity: negative")).toEqual([
      "Enter a number above 0 for the quantity: -5 is not.",
    ]);
    expect(answers.get("quantity: too large")).toEqual([
      "That is too large for the quantity: check whether a digit or a point slipped.",
    ]);
    expect(answers.get("date: a day to come")).toEqual([
      "Jan 1, 2999 is still to come. Correct the date, or enter it when it has happened.",
    ]);
  });

  test("in more than is held, and of a ticker that there is not", async () => {
    const sale = {
      ticker: "NORD",
      type: "SELL",
      quantity: "1000.5",
      price: "1",
      fee: "0",
      date: "2024-03-05",
    };
    const oversold = await investor.post("/transactions", sale);
    expect(requirePlain(oversold.html, "oversold")).toEqual([
      "You held 3 NORD in Portfolio on Mar 5, 2024, so you can’t sell 1,000.5. " +
        "Correct the quantity or the date, or record the missing purchase first.",
    ]);
    const mistyped = await investor.post("/transactions", { ...sale, ticker: "NROD" });
    expect(requirePlain(mistyped.html, "mistyped")[0]).toMatch(
      /^No ticker NROD\. Did you mean NORD \(.+\)\?$/,
    );
  });

  test.each(
    [...trades, ...entryGroups.flatMap(({ entries }) => entries)].map(
      (entry) => [entry.name, entry] as const,
    ),
  )("into the form of %s", async (name, { fields }) => {
    const good = Object.fromEntries(
      [...fields, "account" as const, "note" as const, "tags" as const].map((field) => [
        field,
        (goodEntry as Record<string, string>)[field] ?? "",
      ]),
    );
    await tryAll({ path: `/transactions/new/${name}`, good });
  });

  test("into a trade that is edited", async () => {
    const good = { ticker: "NORD", type: "BUY", quantity: "3", price: "100", fee: "0", date: "2024-03-04" };
    await tryAll({ path: `/transactions/${bought}/edit`, good });
  });

  test.each(["spin-off", "merger", "rename", "rights", "cash-in-lieu"])(
    "into the form of a %s",
    async (kind) => {
      const terms = {
        "spin-off": {
          new_ticker: "WRLD",
          numerator: "1",
          denominator: "2",
          cost_share: "0.2",
          new_price: "1",
          fraction_price: "",
        },
        merger: {
          new_ticker: "WRLD",
          numerator: "1",
          denominator: "2",
          cash_per_share: "",
          new_price: "",
          fraction_price: "",
        },
        rename: { new_ticker: "WRLD" },
        rights: { numerator: "1", denominator: "2", price: "1", is_exercised: "yes" },
        "cash-in-lieu": { price: "1" },
      }[kind]!;
      const good = { ticker: "NORD", date: "2024-03-06", ...terms };
      await tryAll({ path: `/transactions/corporate-actions/new/${kind}`, good });
    },
  );

  test("into accounts", async () => {
    const good = { name: "Third", kind: "bank", currency: "", income: "market", closed_at: "" };
    await tryAll({ path: "/accounts", good: { ...good, name: "Second" } });
    await tryAll({ path: `/accounts/${second}`, good: { ...good, name: "Second" } });
    const closed = await investor.post(`/accounts/${second}`, {
      ...good,
      name: "Second",
      closed_at: "2999-01-01",
    });
    expect(requirePlain(closed.html, "closed one day")).toEqual([
      "Jan 1, 2999 is still to come. Enter the day when the account has been closed.",
    ]);
    const removed = await investor.post(`/accounts/${second}/delete`, { transactions: "move", to: "ZZZZ" });
    requirePlain(removed.html, "the account that they are moved to");
  });

  test("into assets of one's own and their prices", async () => {
    const asset = { name: "Cottage", asset_class: "real_estate", currency: "USD", csv: "" };
    await tryAll({ path: "/own-assets", good: asset });
    await tryAll({ path: `/own-assets/${ownAsset}`, good: asset });
    await tryAll({
      path: `/own-assets/${ownAsset}/prices`,
      good: { date: "2024-01-01", price: "5", csv: "" },
    });
    const pasted = [
      "2024-01-01, much",
      "2999-01-01, 5",
      "2024-13-01, 5",
      "2024-01-02, -5",
      "2024-01-03, 1, 2",
      "2024-01-04",
    ];
    const { html } = await investor.post(`/own-assets/${ownAsset}/prices`, { csv: pasted.join("\n") });
    requirePlain(html, "lines of prices");
  });

  test("into a file that is imported", async () => {
    const header = "date,type,ticker,quantity,price,fee";
    const good = ["2024-03-04", "BUY", "NORD", "3", "100", "0"];
    const files = good.flatMap((_, column) =>
      Object.entries(bad).map(([way, value]) => {
        const cells = good.with(column, value);
        return [`${header.split(",")[column]}: ${way}`, `${header}\n${cells.join(",")}`] as const;
      }),
    );
    const others: readonly (readonly [string, string])[] = [
      ["nothing", ""],
      ["no columns", "hello\nworld"],
      ["a page", "<!doctype html><p>no</p>"],
      ["too few values", `${header}\n2024-03-04,BUY`],
      ["too many values", `${header}\n2024-03-04,BUY,NORD,1,500,100,0`],
      ["oversold", `${header}\n2024-03-04,SELL,NORD,900,100,0`],
      ["two mistyped", `${header}\n2024-03-04,BUY,NROD,1,100,0\n2024-03-05,BUGLE,NORD,1,100,0`],
    ];
    for (const [what, csv] of [...files, ...others])
      for (const step of ["review", "import"]) {
        const { status, html } = await investor.post("/transactions/import", { step, csv, account: "" });
        expect(status, what).toBeLessThan(500);
        requirePlain(html, `import, ${what}`);
        const remarks = [...html.matchAll(/<tr role="row" class="remarks">(.*?)<\/tr>/gs)].map(([, row]) =>
          plainText(row!.replaceAll("</p>", " ")),
        );
        for (const text of remarks)
          for (const pattern of unwanted) expect(text, `import, ${what}: ${text}`).not.toMatch(pattern);
      }
  });

  test("into the watchlist", async () => {
    const answers = await tryAll({ path: "/watchlist", good: { ticker: "WRLD" } });
    expect(answers.get("ticker: nothing")).toEqual([
      "Enter a ticker as it is quoted, such as AAPL, BRK-B or BTC-USD.",
    ]);
  });

  test("into target weights", async () => {
    await investor.post("/watchlist", { ticker: "WRLD" });
    const path = "/portfolio/targets";
    const good = { "target:NORD": "50", "target:WRLD": "25", "target:": "5", invest: "100" };
    await tryAll({ path, good });
    for (const said of [
      { ...good, "target:NORD": "90" },
      { ...good, "target: ": "5" },
      { ...good, "target:ZZZZ": "5" },
      { ...good, "target:<script>alert(1)</script>": "5" },
      { ...good, "target:nord": "5" },
      { ...good, [`target:${"X".repeat(30)}`]: "5" },
      { ...good, [`target:${"X".repeat(5000)}`]: "5" },
    ]) {
      const { status, html } = await investor.post(path, said);
      const what = `targets ${JSON.stringify(said).slice(0, 200)}`;
      expect(status, what).toBeGreaterThanOrEqual(400);
      expect(status, what).toBeLessThan(500);
      expect(requirePlain(html, what).length, what).toBeGreaterThan(0);
    }
    for (const way of ofNumbers)
      requirePlain((await investor.get(`${path}?invest=${encodeURIComponent(bad[way])}`)).html, way);
  });

  test("into sharing", async () => {
    const path = "/account/sharing";
    const link = { name: "For the bank", holdings: "on", shows: "percentages", expires_on: "2024-04-30" };
    await tryAll({ path: `${path}/links`, good: link });
    const { html } = await investor.post(`${path}/links`, { ...link, holdings: "" });
    expect(requirePlain(html, "a link that shows nothing")).toContain("Choose at least one thing to show.");
    await tryAll({ path: `${path}/readers`, good: { email: "bert@example.org", expires_on: "" } });
    const own = await investor.post(`${path}/readers`, { email: "ada@example.org", expires_on: "" });
    expect(requirePlain(own.html, "one's own email")).toEqual([
      "This email is yours. Enter that of somebody else.",
    ]);
  });

  test("in an address", async () => {
    for (const path of [
      "/transactions?account=soon",
      "/income?account=-5",
      "/portfolio?from=2024-02-30",
      "/tickers/..",
      "/accounts/x",
      "/portfolio/risk?what_if=NORD&multiple=much",
    ]) {
      const { status, html } = await investor.get(path);
      expect(status, path).toBeLessThan(500);
      requirePlain(html, path);
    }
  });
});
