import Big from "big.js";
import { beforeAll, describe, expect, test } from "vitest";
import { insertNairobiLedger, insertNairobiMarket } from "../support/nairobi.ts";
import { type Program, startProgram } from "../support/program.ts";
import { type Reader, settle, signUp, textOf } from "./reader.ts";

let program: Program;
let wanjiku: Reader;

beforeAll(async () => {
  program = await startProgram();
  const { pool } = program.database;
  await insertNairobiMarket(pool);
  wanjiku = await signUp(program, "wanjiku@example.com");
  await insertNairobiLedger(pool, 1);
  await settle(program);
});

/** Text and markup; what Intl writes between a code and a figure is a space here. */
const read = async (path: string): Promise<string> => {
  const { status, html } = await wanjiku.get(path);
  expect(status, path).toBe(200);
  return textOf(html).replaceAll("\u00a0", " ");
};

const wordsOf = (html: string): string => html.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");

/** The amounts of the rows of a table that `part` of the page has, in shillings. */
function shillings(part: string): Big[] {
  return [...part.matchAll(/([+-]?)KES ([\d,]+\.\d\d)/g)].map(
    ([, sign, digits]) => new Big(`${sign === "-" ? "-" : ""}${digits!.replaceAll(",", "")}`),
  );
}

describe("a person with figures in shillings", () => {
  test("reads the portfolio in them, and prices in each ticker's own", async () => {
    const overview = await read("/portfolio?range=Max");
    expect(overview).toMatch(/class="value"><a [^>]*>KES [\d,]+\.\d\d</);
    expect(overview).toContain(">Amounts in KES</p>");
    expect(overview).toContain('data-unit="money" data-currency="KES"');
    const html = await read("/portfolio/performance?range=Max");
    expect(html).toMatch(/current_price\?[^"]*ticker=SMTT\.L[^>]*>£10\.\d+</);
    expect(html).toMatch(/current_price\?[^"]*ticker=NASP\.JO[^>]*>R 3,\d{3}\.\d+</);
    expect(html).toMatch(/market_value\?[^"]*ticker=SMTT\.L[^>]*>2\d\d,\d{3}\.\d\d</);
    expect(html).toContain("; amounts in KES</p>");
    expect(wordsOf(html)).toContain("Figures in KES. Times in UTC.");
    expect(html).not.toContain("US dollars");
  });

  test("the bridge says what prices and what exchange rates did, and closes to the cent", async () => {
    const html = await read("/portfolio/performance?from=2024-06-01&to=2025-05-31");
    const bridge = /<table class="bridge">(.*?)<\/table>/s.exec(html)![1]!;
    expect([...bridge.matchAll(/<th scope="row">([^<]*)/g)].map(([, label]) => label)).toEqual([
      "Value at the start",
      "Net deposits",
      "Prices",
      "Exchange rates",
      "Fees",
      "Dividends and interest",
      "Paid out to you",
      "Value at the end",
    ]);
    const amounts = shillings(bridge);
    const steps = amounts.slice(0, -1).reduce((sum, amount) => sum.plus(amount), new Big(0));
    expect(steps.toFixed(2)).toBe(amounts.at(-1)!.toFixed(2));
    expect(wordsOf(html)).toMatch(/Prices and dividends \+[\d.]+% .* Exchange rates [+-][\d.]+%/);
  });

  test("allocates by currency", async () => {
    const table = /<caption>By currency<\/caption>.*?<\/table>/s.exec(await read("/portfolio?range=Max"))![0];
    expect([...table.matchAll(/<th scope="row">([^<]*)/g)].map(([, label]) => label)).toEqual([
      "USD",
      "GBP",
      "ZAR",
      "KES",
    ]);
  });

  test("a benchmark is converted day by day", async () => {
    const html = await read("/portfolio?range=Max&benchmark=SPFD");
    expect(wordsOf(html)).toContain("Dividends reinvested, converted from USD day by day.");
    const { rows } = await program.database.pool.query<{ change: number }>(
      `select (last.close / last_rate.usd_per_unit) / (first.close / first_rate.usd_per_unit) - 1 as change
       from bronze.raw_prices first, bronze.raw_prices last, bronze.raw_fx_rates first_rate, bronze.raw_fx_rates last_rate
       where first.ticker = 'SPFD' and first.price_date = '2023-02-03'
         and last.ticker = 'SPFD' and last.price_date = '2025-10-31'
         and first_rate.currency = 'KES' and first_rate.rate_date = '2023-02-03'
         and last_rate.currency = 'KES' and last_rate.rate_date = '2025-10-31'`,
    );
    expect(wordsOf(html)).toContain(`Five Hundred Fund +${(Number(rows[0]!.change) * 100).toFixed(2)}%`);
  });

  test("the page of a ticker is in its currency, and says what exchange rates did to it", async () => {
    const html = await read("/tickers/SMTT.L");
    expect(html).toContain("BUY 150 at £8.05 on Jan 15, 2024");
    expect(html).toContain('data-unit="price" data-currency="GBP"');
    expect(wordsOf(html)).toMatch(/£1,565\.\d\d at 174\.\d+ KES for one GBP\./);
    const parts = /Of \+([\d.]+)%, \+([\d.]+)% is what its prices and dividends did and \+([\d.]+)%/.exec(
      wordsOf(html),
    );
    const [whole, prices, rates] = parts!.slice(1).map((part) => 1 + Number(part) / 100);
    expect(whole! / (prices! * rates!)).toBeCloseTo(1, 3);
    expect(wordsOf(await read("/tickers/SCOM.XNAI"))).not.toContain("for one");
  });

  test("explains a conversion, and the effects ticker by ticker", async () => {
    const value = wordsOf(await read("/explain/market_value?ticker=SPFD"));
    expect(value).toMatch(/8 × \$625\.11 × 129\.87 = KES 649,464\.94/);
    expect(value).toMatch(/\$1\.00 \$2,079\.00 × 127\.159 KES 264,363\.\d\d/);
    for (const figure of ["price_effect", "currency_effect"]) {
      const html = await read(`/explain/${figure}`);
      const total = shillings(/class="result">(.*?)<\/p>/s.exec(html)![1]!)[0]!;
      const column = figure === "price_effect" ? 0 : 1;
      const table = /aria-label="What prices and exchange rates did">.*?<\/section>/s.exec(html)![0];
      const sum = shillings(table.slice(table.indexOf("<tbody")))
        .filter((_, index) => index % 3 === column)
        .reduce((left, right) => left.plus(right), new Big(0));
      expect(sum.minus(total).abs().lt("0.03"), figure).toBe(true);
    }
    expect(wordsOf(await read("/explain/currency_return"))).toMatch(
      /\(1 \+ [\d.]+\) ÷ \(1 \+ [\d.]+\) − 1 = \+/,
    );
    expect(wordsOf(await read("/explain/income"))).toMatch(/\$1\.61 \$12\.88 × 128\.\d+ KES 1,658\.\d\d/);
  });
});

test("a trade whose price or rate is of another unit is told of where it is said to be recorded", async () => {
  const { rows } = await program.database.pool.query<{ transaction_id: number }>(
    `insert into bronze.transactions
       (user_id, ticker, transaction_type, quantity, price, transaction_date, currency, fx_rate, fx_currency)
     values
       (1, 'SMTT.L', 'BUY', 1, 850, '2024-03-04', 'GBP', 0.0063, 'KES'),
       (1, 'SMTT.L', 'BUY', 1, 8.5, '2024-03-04', 'GBP', null, null)
     returning transaction_id`,
  );
  const [wrong, right] = rows.map(({ transaction_id }) => transaction_id);
  const html = await read(`/transactions?recorded=${wrong}`);
  expect(html).toContain("as if it were in cents or pence; 8.5 would fit.");
  expect(html).toMatch(
    /One GBP was worth 15\d\.\d+ KES on Mar 4, 2024, the rate here is 0\.0063: it seems to be/,
  );
  expect(await read(`/transactions?recorded=${right}`)).not.toContain("would fit");
  await program.database.pool.query("delete from bronze.transactions where transaction_id = any ($1)", [
    [wrong, right],
  ]);
});

test("the ledger sorts amounts by what they were worth, not by the figure", async () => {
  const tickers = async (sort: string) => {
    const table = /<tbody.*<\/tbody>/s.exec(await read(`/transactions?sort=${sort}`))![0];
    const seen = [...table.matchAll(/SCOM\.XNAI|SPFD|NASP\.JO|SMTT\.L|COIN-USD/g)].map(([ticker]) => ticker);
    return seen.filter((ticker, index) => ticker !== seen[index - 1]);
  };
  // In dollars 4,804 and 2,079 for SPFD, 2,104.20; 235,120 shillings were 1,904, 1,213.45 pounds 1,500, 24,460 rand 1,400.
  const largest = ["SPFD", "COIN-USD", "SPFD", "SCOM.XNAI", "SMTT.L", "NASP.JO"];
  expect(await tickers("-total")).toEqual(largest);
  expect(await tickers("total")).toEqual(largest.toReversed());
});

describe("rates that do not reach", () => {
  test("are said where figures stand: estimated before the first, left out without any", async () => {
    const { pool } = program.database;
    await pool.query(
      `insert into bronze.raw_assets (ticker, name, asset_class, exchange_timezone, currency)
       values ('MTN.XNSA', 'Nigerian', 'stock', 'Africa/Lagos', 'NGN')`,
    );
    await pool.query(
      `insert into bronze.transactions (user_id, ticker, transaction_type, quantity, price, transaction_date)
       values (1, 'MTN.XNSA', 'BUY', 100, 250, '2024-03-04')`,
    );
    await settle(program);
    const note = "Left out of all figures: no exchange rate of NGN is known yet.";
    expect(wordsOf(await read("/portfolio?range=Max"))).toContain(`MTN.XNSA ${note}`);
    const page = wordsOf(await read("/tickers/MTN.XNSA"));
    expect(page).toContain(note);
    expect(page).toContain("There are no figures of it yet.");
    await pool.query(
      `insert into bronze.raw_fx_rates (currency, rate_date, usd_per_unit, source) values ('NGN', '2024-06-03', 0.0007, 'file')`,
    );
    await settle(program);
    expect(wordsOf(await read("/portfolio?range=Max"))).toContain(
      "MTN.XNSA Traded before the first known exchange rate of NGN, of Jun 3, 2024",
    );
    expect(wordsOf(await read("/tickers/MTN.XNSA"))).toContain("That is an estimate.");
  });
});
