/** An operator who has a file of prices and has read nothing: takes it in, sees what became of it, and switches a ticker. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { type Program, startProgram } from "../support/program.ts";

const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

let program: Program;
let browser: Browser;
let page: Page;
const problems: string[] = [];

beforeAll(async () => {
  program = await startProgram();
  browser = await launchBrowser();
  page = await (await browser.newContext({ locale: "en-US" })).newPage();
  page.setDefaultTimeout(10_000);
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.goto(`${program.url}/create-account`);
  await page.getByLabel("Email").fill("wanjiku@example.com");
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: "Your portfolio starts with one trade" }).waitFor();
});
afterAll(() => browser.close());

const faults = async (): Promise<string[]> => {
  await page.evaluate(axe);
  const { violations } = await page.evaluate<AxeResults>("axe.run()");
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
};

const give = async (name: string, text: string | Buffer): Promise<void> => {
  await page.goto(`${program.url}/assets`);
  await page.getByRole("link", { name: "Prices from files" }).click();
  await page.getByLabel("File", { exact: true }).setInputFiles({
    name,
    mimeType: "text/csv",
    buffer: Buffer.from(text as string),
  });
  await page.getByText(`${name} is ready`).waitFor();
};

test("a list of the exchange in UTF-16 is taken in without a word; its report names the row that was not", async () => {
  const rows = ["SCOM,14.5", "EQTY,40.25", "KCB,20", "EABL,-"].map((row) => `4-Mar-24,${row}`);
  await give("list.csv", Buffer.from(`\ufeff${["DATE,CODE,Day Price", ...rows].join("\r\n")}`, "utf16le"));
  expect(await faults()).toEqual([]);
  await page.getByRole("button", { name: "Take it in" }).click();
  await page.getByRole("heading", { name: "list.csv" }).waitFor();
  await page.getByText("4 rows read: 3 new").waitFor();
  await page.getByText("EABL of 2024-03-04 has no price").waitFor();
  expect(await faults()).toEqual([]);
});

test("what is no price file is told so, with the way out, and so is a ticker that cannot be switched", async () => {
  await give("book.csv", Buffer.from([0x50, 0x4b, 3, 4, 20, 0, 6, 0, 8, 0]));
  await page.getByRole("button", { name: "Take it in" }).click();
  await page.getByText("save it as CSV").waitFor();
  await page.goto(`${program.url}/assets/prices`);
  await page.getByLabel("Ticker to switch").fill("SCOM.XNAI");
  await page.getByLabel("From now on").selectOption("Yahoo Finance");
  await page.getByRole("button", { name: "Switch" }).click();
  await page.getByText("Yahoo Finance does not have the exchange of SCOM.XNAI").waitFor();
  expect(problems).toEqual([]);
});

test("a file of 3 MB goes as it is, with what the form says, and leads to its report", async () => {
  const days = Array.from({ length: 1000 }, (_, index) => new Date(Date.UTC(2015, 0, 5) + index * 86_400_000))
    .filter((day) => ![0, 6].includes(day.getUTCDay()))
    .map((day) => day.toISOString().slice(0, 10));
  const codes = Array.from({ length: 50 }, (_, index) => `C${index}`);
  const name = "A company with a name that fills its column ".repeat(2).trim();
  const rows = days.flatMap((day, index) =>
    codes.map((code) => `${day},${code},${name},${10 + (index % 7)}.25`),
  );
  const text = ["Date,Code,Name,Close", ...rows].join("\n");
  expect(text.length).toBeGreaterThan(2_500_000);
  await give("years.csv", text);
  await page.getByLabel("Exchange", { exact: true }).selectOption({ value: "XNAI" });
  await page.getByRole("button", { name: "Take it in" }).click();
  await page.getByRole("heading", { name: "years.csv" }).waitFor({ timeout: 60_000 });
  await page.getByText(`${rows.length.toLocaleString("en-US")} rows read`).waitFor();
  await page.goto(`${program.url}/assets/prices`);
  await page.getByLabel("File", { exact: true }).setInputFiles({
    name: "decade.csv",
    mimeType: "text/csv",
    buffer: Buffer.alloc(7_000_001, "x"),
  });
  await page.getByText("decade.csv is larger than 7 MB: split it").waitFor();
  expect(problems).toEqual([]);
}, 120_000);
