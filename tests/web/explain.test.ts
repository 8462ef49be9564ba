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
    ...["0", "2.5"].map(
      (multiple) => `/portfolio/risk?range=1Y&benchmark=WRLD&what_if=NORD&multiple=${multiple}`,
    ),
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
    expect(textOf(html)).toMatch(
      /of one macro regime\.\s*See it for.*href="\/explain\/regime_return\?regime=\w+"/,
    );
    expect((await ada.get("/explain/regime_return?regime=boom")).status).toBe(404);
    expect((await ada.get("/explain/volatility?regime=expansion")).status).toBe(404);
  });

  test("explains rolling figures by the 63 returns that they are of, on whatever day", async () => {
    const range = "range=Max&benchmark=";
    const { html, result, steps } = await explained(`/explain/rolling_volatility?${range}`);
    const returns = [...html.matchAll(/data-label="Return"[^>]*>([+-]?[\d.]+)%</g)].map(
      ([, shown]) => Number(shown) / 100,
    );
    expect(returns).toHaveLength(63);
    const mean = returns.reduce((sum, value) => sum + value, 0) / 63;
    const deviation = Math.sqrt(returns.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 62);
    expect(deviation * Math.sqrt(252) * 100).toBeCloseTo(Number(result.replace("%", "")), 1);
    expect(steps[0]).toMatch(/^63 returns: stddev\(r\) = /);
    expect(steps.at(-1)).toContain(`= ${result}`);
    const quotient = /^(-?[\d.]+) ÷ ([\d.]+) × sqrt\(252\) = (-?[\d.]+)$/;
    const sharpe = quotient.exec((await explained(`/explain/rolling_sharpe?${range}`)).steps.at(-1)!)!;
    expect((Number(sharpe[1]) / Number(sharpe[2])) * Math.sqrt(252)).toBeCloseTo(Number(sharpe[3]), 2);
    const fallen = await explained(`/explain/rolling_drawdown?${range}&day=2023-09-17`); // a Sunday
    expect(fallen.html).toContain('<time datetime="2023-09-15">');
    const { rows } = await program.database.pool.query<{ drawdown: number }>(
      "select drawdown from gold_rolling_risk where user_id = 1 and price_date = '2023-09-15'",
    );
    const [, index, peak] = /^([\d.]+) ÷ ([\d.]+) − 1 = /.exec(fallen.steps.at(-1)!)!;
    expect(Number(index) / Number(peak) - 1).toBeCloseTo(rows[0]!.drawdown, 5);
    const few = await explained("/explain/rolling_volatility?from=2023-03-01&to=2023-04-01");
    expect(few.result).toMatch(/^Not computed: needs 63 returns, has \d\d$/);
  });

  test("explains the correlation of two by their covariance, whichever comes first", async () => {
    const pair = await explained("/explain/correlation?ticker=NORD&other=WRLD");
    const [, both, own, theirs, value] = /^(-?[\d.]+) ÷ \(([\d.]+) × ([\d.]+)\) = (-?[\d.]+)$/
      .exec(pair.steps.at(-1)!)!
      .map(Number);
    expect(value).toBe(Number(pair.result));
    expect(both! / (own! * theirs!)).toBeCloseTo(value!, 1);
    expect(textOf(pair.html)).toContain('with <a href="/tickers/WRLD">WRLD</a>');
    expect((await explained("/explain/correlation?ticker=WRLD&other=NORD")).result).toBe(pair.result);
    const itself = "/explain/correlation?ticker=WRLD&other=WRLD";
    expect((await explained(itself)).result).toBe("1.00");
    expect((await explained(`${itself}&from=2023-06-05&to=2023-06-25`)).result).toMatch(
      /^Not computed: needs 20 returns, has 1\d$/,
    );
    const { html } = await ada.get("/explain/correlation?ticker=NORD");
    expect(textOf(html)).toMatch(/of two holdings\.\s*See it for NORD with.*\?other=WRLD&ticker=NORD"/s);
    expect(textOf(html)).not.toContain("other=NORD");
    expect(textOf((await ada.get("/explain/correlation")).html)).toMatch(
      /Choose the first of them:.*\?ticker=NORD"/s,
    );
    expect((await ada.get("/explain/correlation?ticker=NORD&other=CURA")).status).toBe(404);
    expect((await ada.get("/explain/correlation?ticker=CURA&other=NORD")).status).toBe(404);
  });

  test("explains what if by the days as they would have been, and once as much by what was", async () => {
    const asked = (of: string, multiple: string, range = "1Y") =>
      explained(`/explain/what_if?of=${of}&what_if=NORD&multiple=${multiple}&range=${range}&benchmark=WRLD`);
    const number = (money: string | undefined) => Number((money ?? "").replaceAll(/[$,]/g, ""));
    for (const figure of ["twr", "volatility", "sharpe", "max_drawdown", "value_at_risk_95", "beta"]) {
      const was = await explained(`/explain/${figure}?range=1Y&benchmark=WRLD`);
      expect((await asked(figure, "1")).result, figure).toBe(was.result);
      const { steps, result, html } = await asked(figure, "3");
      expect(steps[0], figure).toBe(`as it was: ${was.result}`);
      expect(steps.at(-1), figure).toContain(`= ${result}`);
      const [, whole, held, then] = /: (\S+) \+ \(3 − 1\) × (\S+) = (\S+)$/.exec(steps[1]!)!;
      expect(number(whole) + 2 * number(held)).toBeCloseTo(number(then), 1);
      expect(html).toContain("Days on which it was held");
    }
    expect((await asked("twr", "0")).html).toContain("Time-weighted return, without NORD");
    for (const query of ["", "?of=twr&what_if=NORD&multiple=100", "?of=xirr&what_if=NORD&multiple=1"])
      expect((await ada.get(`/explain/what_if${query}`)).html, query).toContain("/portfolio/risk#what-if");
    expect((await ada.get("/explain/what_if?of=twr&what_if=CURA&multiple=2")).status).toBe(404);
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
