import { beforeAll, expect, test } from "vitest";
import { taxYearOf, taxYearOn } from "../../src/portfolio/tax-year.ts";
import { type Program, startProgram } from "../support/program.ts";
import { register, type Visitor } from "../support/visitor.ts";

let program: Program;

beforeAll(async () => {
  program = await startProgram();
});

test("a tax year is twelve months from its day, named by the year in which it begins", () => {
  expect(taxYearOf(2025, "01-01")).toEqual({
    year: 2025,
    label: "2025",
    from: "2025-01-01",
    to: "2025-12-31",
  });
  expect(taxYearOf(2025, "04-06")).toEqual({
    year: 2025,
    label: "2025/26",
    from: "2025-04-06",
    to: "2026-04-05",
  });
  expect(taxYearOf(2023, "03-01")).toEqual({
    year: 2023,
    label: "2023/24",
    from: "2023-03-01",
    to: "2024-02-29",
  });
  expect(taxYearOf(1999, "07-01").label).toBe("1999/00");
  expect(taxYearOn("2026-04-05", "04-06").label).toBe("2025/26");
  expect(taxYearOn("2026-04-06", "04-06").label).toBe("2026/27");
  expect(taxYearOn("2026-01-01", "01-01").label).toBe("2026");
});

/** Sold on the last day of one British tax year, on the first of the next, and in the summer. */
async function seller(): Promise<Visitor> {
  const visitor = await register(program, `${crypto.randomUUID()}@example.com`);
  const trades = [
    ["BUY", "10", "100", "2022-03-01"],
    ["SELL", "1", "110", "2024-04-05"],
    ["SELL", "2", "110", "2024-04-06"],
    ["SELL", "3", "110", "2023-07-03"],
  ] as const;
  for (const [type, quantity, price, date] of trades.toSorted((a, b) => (a[3] < b[3] ? -1 : 1)))
    expect(
      (await visitor.post("/transactions", { ticker: "WRLD", type, quantity, price, fee: "0", date })).status,
    ).toBe(303);
  await program.engine.refresh("transaction_sensor");
  return visitor;
}

const sold = (html: string): string[] =>
  [...html.matchAll(/data-label="Quantity">([^<]+)</g)].map(([, quantity]) => quantity!);
const api = async (visitor: Visitor, year: number) =>
  JSON.parse((await visitor.get(`/api/tax/realized?year=${year}`)).html);

test("pages, files and the API follow the day that a person says; until then the calendar's", async () => {
  const visitor = await seller();
  const calendar = await visitor.get("/realized?year=2024");
  expect(calendar.html).toContain("Sold in 2024<");
  expect(calendar.html).toContain('<nav class="chips" aria-label="Year">');
  expect(sold(calendar.html)).toEqual(["1", "2"]);
  expect(await api(visitor, 2024)).toMatchObject({ tax_year: "2024", from: "2024-01-01", to: "2024-12-31" });

  const refused = await visitor.post("/account/tax-year", { month: "02", day: "30" });
  expect([refused.status, refused.html]).toEqual([422, expect.stringContaining("a day that every year has")]);
  const { location } = await visitor.post("/account/tax-year", { month: "04", day: "06" });
  expect(location).toBe("/account?done=tax-year#tax-year");
  const account = await visitor.get("/account?done=tax-year");
  expect(account.html).toContain("Your tax year is saved.");
  expect(account.html).toMatch(/<option value="04" selected>April/);

  const british = await visitor.get("/realized?year=2024");
  expect(british.html).toContain("Sold in 2024/25<");
  expect(british.html).toContain('<a href="/realized?year=2023">2023/24</a>');
  expect(british.html.replaceAll(/<[^>]+>/g, "")).toMatch(/2024\/25 is Apr 6, 2024 to\s*Apr 5, 2025/);
  expect(sold(british.html)).toEqual(["2"]);
  expect(sold((await visitor.get("/realized?year=2023")).html)).toEqual(["3", "1"]);
  const { rows, ...year } = await api(visitor, 2023);
  expect([year, rows.length]).toEqual([{ tax_year: "2023/24", from: "2023-04-06", to: "2024-04-05" }, 2]);
  const csv = await visitor.get("/api/tax/realized?year=2023&format=csv");
  expect(csv.html.trim().split("\n")).toHaveLength(3);
});

test("the API sets it, and refuses a day that not every year has", async () => {
  const visitor = await register(program, "api@example.com");
  const set = (tax_year_start: string) => visitor.post("/api/account/tax-year-start", { tax_year_start });
  for (const wrong of ["02-29", "13-01", "4-6", "04-31", ""]) expect((await set(wrong)).status).toBe(422);
  const { status, html } = await set("07-01");
  expect([status, JSON.parse(html).account.tax_year_start]).toEqual([200, "07-01"]);
  expect((await visitor.get("/realized")).html).toMatch(/Nothing was sold in 20\d\d\/\d\d\./);
});
