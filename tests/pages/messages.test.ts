import { beforeAll, expect, test } from "vitest";
import { textOf } from "../support/html.ts";
import { type Program, startProgram } from "../support/program.ts";
import { bracketMessages, unspoken } from "../support/unspoken.ts";

// No page says anything that is in no catalogue: with every message in brackets, nothing else has letters but data.

let program: Program;
let token: string;

const data = ["NORD", "WRLD", "AGGB", "CURA", "SYNC", "Nordlicht", "ada@example.org", "Bearer"];

beforeAll(async () => {
  bracketMessages();
  program = await startProgram({ benchmarks: ["WRLD", "AGGB"] });
  const headers = { Origin: program.url, "Content-Type": "application/json" };
  for (const email of ["operator@example.org", "ada@example.org"]) {
    const body = JSON.stringify({ email, password: "correct horse battery" });
    const answer = await fetch(`${program.url}/auth/register`, { method: "POST", headers, body });
    token = ((await answer.json()) as { token: string }).token;
  }
  for (const [ticker, type, quantity, date] of [
    ["NORD", "BUY", "10", "2021-05-05"],
    ["WRLD", "BUY", "4", "2022-05-05"],
    ["NORD", "SELL", "3", "2023-05-05"],
  ]) {
    await fetch(`${program.url}/api/transactions`, {
      method: "POST",
      headers: { ...headers, Authorization: `Bearer ${token}` },
      body: JSON.stringify({ ticker, type, quantity, price: "120", date, is_confirmed: true }),
    });
  }
  const run = { triggerKind: "manual" as const, triggerName: "test", selection: "raw_prices+ raw_fred+" };
  await program.engine.run(run);
  await program.engine.refresh("transaction_sensor");
});

test.each([
  "/portfolio",
  "/portfolio/performance",
  "/portfolio/income",
  "/portfolio/risk",
  "/portfolio/tax",
  "/portfolio/targets",
  "/watchlist",
  "/transactions",
  "/transactions/import",
  "/transactions/imports",
  "/transactions/deleted",
  "/accounts",
  "/cash",
  "/own-assets",
  "/realized",
  "/tickers/NORD",
  "/account",
  "/account/sharing",
  "/explain/twr",
  "/explain/market_value",
  "/sign-in",
  "/create-account",
  "/forgot-password",
])("%s", async (path) => {
  const answer = await fetch(program.url + path, {
    headers: { Accept: "text/html", "Accept-Language": "de", Authorization: `Bearer ${token}` },
  });
  expect(answer.status).toBe(200);
  expect(unspoken(await textOf(answer), data)).toEqual([]);
});
