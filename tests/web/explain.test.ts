import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { MissingDefinitionError, parseDefinitions } from "../../src/web/explain/definitions.ts";
import { figures } from "../../src/web/explain/figures.ts";
import { type Program, startProgram } from "../support/program.ts";
import { type Reader, settle, signUp, textOf } from "./reader.ts";

const metrics = readFileSync(new URL("../../docs/metrics.md", import.meta.url), "utf8");

describe("definitions", () => {
  test("every figure has its section in docs/metrics.md", () => {
    const definitions = parseDefinitions(metrics, Object.keys(figures));
    for (const figure of Object.keys(figures)) expect(definitions.get(figure), figure).not.toHaveLength(0);
  });

  test("a figure without a section is named", () => {
    expect(() =>
      parseDefinitions("### twr\n\nA return.\n\n### xirr\n\n## Risk", ["twr", "xirr", "alpha"]),
    ).toThrow(new MissingDefinitionError(["xirr", "alpha"]));
  });

  test("are paragraphs in spans and formulas as they stand; proofs are left out", () => {
    const text = "### twr\n\nA **good** `one`,\nyes.\n\n    a = b\n      + c\n\nProof: `x`.\n";
    expect(parseDefinitions(text, []).get("twr")).toEqual([
      {
        formula: null,
        spans: [
          { text: "A ", kind: "plain" },
          { text: "good", kind: "strong" },
          { text: " ", kind: "plain" },
          { text: "one", kind: "code" },
          { text: ", yes.", kind: "plain" },
        ],
      },
      { formula: "a = b\n  + c", spans: null },
    ]);
  });
});

describe("an explanation", () => {
  let program: Program;
  let ada: Reader;

  beforeAll(async () => {
    program = await startProgram();
    ada = await signUp(program, "ada@example.com");
    await ada.trade("NORD", "BUY", "10", "200", "2022-05-05");
    await ada.trade("NORD", "SELL", "4", "210", "2023-05-05");
    await ada.trade("WRLD", "BUY", "3", "150", "2023-06-05");
    await program.engine.run({ triggerKind: "manual", triggerName: "test", selection: "raw_fred+" });
    await settle(program, "NORD", "WRLD");
  });

  /** What a page says a figure is, the steps to it, and all its text. */
  async function explained(path: string) {
    const { status, html } = await ada.get(path);
    expect(status, path).toBe(200);
    const text = (part: string | undefined): string => textOf((part ?? "").replaceAll(/<[^>]+>/g, "")).trim();
    return {
      html,
      result: text(/<p class="result">(.*?)<\/p>/s.exec(html)?.[1]),
      steps: [...(/<ol class="working">.*?<\/ol>/s.exec(html)?.[0] ?? "").matchAll(/<li>(.*?)<\/li>/gs)].map(
        ([, step]) => text(step),
      ),
    };
  }

  test.each(Object.keys(figures))("of %s stands on its own page, with its definition", async (figure) => {
    const { html } = await explained(`/explain/${figure}`);
    const [, sentence] = new RegExp(`### ${figure}\n\n([^.:(]+)`).exec(metrics)!;
    expect(textOf(html).replaceAll("\n", " ")).toContain(sentence!.replaceAll("\n", " "));
  });

  test.each([
    ...["/portfolio", "/portfolio?range=1Y", "/portfolio/performance", "/portfolio/performance?range=1Y"],
    ...["/portfolio/risk?range=Max", "/portfolio/risk?range=1Y", "/tickers/NORD"],
  ])("says of every figure of %s just what stands there", async (page) => {
    const { html } = await ada.get(page);
    const links = [...html.matchAll(/<a class="explain" href="([^"]+)">(.*?)<\/a>/gs)];
    expect(links.length).toBeGreaterThan(page.includes("risk") ? 3 : 10);
    for (const [, href, inner] of links) {
      const shown = textOf(inner!.replaceAll(/<[^>]+>/g, "")).trim();
      const { result } = await explained(textOf(href!));
      const reason = /^— (.*)$/s.exec(shown)?.[1];
      // A step of the bridge is the difference of two sums in cents, so that what is shown adds up.
      if (/^[+-]?\$/.test(shown)) expect(Math.abs(cents(result) - cents(shown)), href).toBeLessThanOrEqual(1);
      else expect(result, href).toBe(reason ? `Not computed: ${reason}` : shown);
    }
  });

  test("puts the person's own numbers into the formula", async () => {
    const { rows } = await program.database.pool.query(
      "select * from gold_ticker_kpis where user_id = 1 and ticker = 'NORD'",
    );
    const money = (amount: string) =>
      new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" }).format(Number(amount));
    const { steps } = await explained("/explain/unrealized_pnl?ticker=NORD");
    const [{ current_value, cost_basis }] = rows;
    expect(steps[0]).toMatch(new RegExp(`^\\${money(current_value)} − \\${money(cost_basis)} = [+-]`));
    expect((await explained("/explain/quantity?ticker=NORD")).steps).toEqual(["20 − 8 = 12"]);
    expect((await explained("/explain/net_contributions")).steps).toEqual([
      "$2,450.00 − $840.00 = +$1,610.00",
    ]);
  });

  test("explains each figure of each regime by the times that it was in force", async () => {
    const { html } = await ada.get("/portfolio/performance?range=Max"); // the range of the last look is remembered
    const links = [...html.matchAll(/href="(\/explain\/regime_[^"]+)"/g)].map(([, href]) => textOf(href!));
    const named = new Set(links.map((href) => new URL(href, program.url).pathname.split("/").at(-1)));
    expect(named).toEqual(new Set(Object.keys(figures).filter((figure) => figure.startsWith("regime_"))));
    const number = (text: string) => Number(text.replaceAll(/[%,+]/g, ""));
    for (const href of links.filter((path) => path.includes("regime_return"))) {
      const { steps, result, html: page } = await explained(href);
      const factors = [...steps.at(-1)!.matchAll(/\(1 \+ (-?[\d.]+)\)/g)].map(([, part]) => Number(part));
      const product = factors.reduce((all, part) => all * (1 + part), 1);
      expect((product - 1) * 100, href).toBeCloseTo(number(result), 1);
      expect(textOf(page).match(/href="\/portfolio\?from=/g), href).toHaveLength(factors.length);
    }
    const days = links.filter((path) => path.includes("regime_days"));
    expect(days.length).toBeGreaterThan(1);
    for (const href of days) {
      const [sum, total] = (await explained(href)).steps.at(-1)!.split(" = ");
      expect(
        sum!
          .split(" + ")
          .map(number)
          .reduce((all, part) => all + part),
      ).toBe(number(total!));
    }
  });

  test("a figure by regime asks which, and is not found for a regime without a day", async () => {
    const { html } = await ada.get("/explain/regime_return");
    expect(html).toMatch(/of one macro regime\.\s*See it for.*href="\/explain\/regime_return\?regime=\w+"/);
    expect((await ada.get("/explain/regime_return?regime=boom")).status).toBe(404);
    expect((await ada.get("/explain/volatility?regime=expansion")).status).toBe(404);
  });

  test("takes the income that was paid out off again", async () => {
    const { steps, result } = await explained("/explain/income_paid_out");
    const { result: income } = await explained("/explain/income");
    expect(cents(income)).toBeGreaterThan(0);
    expect(cents(result)).toBe(-cents(income));
    expect(steps[0]).toContain(`= ${result}`);
  });

  test("lists XIRR's movements, which at that rate add up to nothing", async () => {
    const { html, steps } = await explained("/explain/xirr");
    const rate = Number(/1 \+ (-?[\d.]+)/.exec(steps.at(-1)!)![1]);
    const rows = [
      ...html.matchAll(/<td [^>]*class="number">([\d,]+)<\/td><td [^>]*class="number">([+-][^<]+)<\/td>/g),
    ];
    const number = (text: string) => Number(text.replaceAll(/[$,+]/g, ""));
    const worth = rows.map(([, days, amount]) => number(amount!) / (1 + rate) ** (number(days!) / 365));
    expect(worth.length).toBeGreaterThanOrEqual(4);
    expect(Math.abs(worth.reduce((left, right) => left + right, 0))).toBeLessThan(0.05);
  });

  test("gives the return of a day by its own flow and values", async () => {
    const { steps } = await explained("/explain/best_day");
    const [, value, out, before, paidIn, result] = /\((\S+) \+ (\S+)\) ÷ \((\S+) \+ (\S+)\) − 1 = (\S+)%/
      .exec(steps.at(-1)!)!
      .map((part) => Number(part.replaceAll(/[$,+]/g, "")));
    expect(((value! + out!) / (before! + paidIn!) - 1) * 100).toBeCloseTo(result!, 1);
  });

  test("gives the reason where there is no figure", async () => {
    const bob = await signUp(program, "bob@example.com");
    expect((await bob.get("/explain/sharpe")).html).toContain("There is nothing to compute it from yet");
    await bob.trade("WRLD", "BUY", "1", "150", daysAgo(5));
    await settle(program, "WRLD");
    const { html } = await bob.get("/explain/sharpe");
    expect(html).toMatch(/Not computed: needs 20 returns, has \d/);
  });

  test("names model, column and sources; an operator is led to the asset and the run", async () => {
    const operator = await explained("/explain/volatility");
    expect(operator.html).toContain('<a href="/assets/gold__performance">');
    expect(operator.html).toMatch(/<a href="\/runs\/\d+">run \d+<\/a>/);
    expect(operator.html).toMatch(/transactions<\/span>.*→.*stg_transactions<\/span>.*→.*gold__performance/s);
    const carl = await signUp(program, "carl@example.com");
    const { html } = await carl.get("/explain/volatility");
    expect(html).toContain("<code>gold__performance</code>");
    expect(html).not.toContain('href="/assets/');
  });

  test("links the transactions and tickers behind a figure", async () => {
    const { html } = await explained("/explain/realized_pnl");
    const [, path, row] = /<a href="(\/transactions\?[^"#]+)#(transaction-\d+)">/.exec(textOf(html))!;
    expect((await ada.get(path!)).html).toContain(`id="${row}"`);
    expect(html).toContain('<a href="/tickers/NORD">NORD</a>');
    expect(html).toContain("Cost of what was sold");
  });

  test("is not found for what is no figure, no figure of a ticker, or a ticker that others hold", async () => {
    const dora = await signUp(program, "dora@example.com");
    for (const path of ["/explain/treynor", "/explain/volatility?ticker=NORD", "/explain/xirr?ticker=NORD"])
      expect((await dora.get(path)).status, path).toBe(404);
  });

  test("is for who is signed in", async () => {
    const response = await fetch(`${program.url}/explain/twr`, {
      headers: { Accept: "text/html" },
      redirect: "manual",
    });
    expect(response.headers.get("Location")).toBe("/sign-in?next=%2Fexplain%2Ftwr");
  });
});

const cents = (money: string): number => Math.round(Number(money.replaceAll(/[$,]/g, "")) * 100);

function daysAgo(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
}
