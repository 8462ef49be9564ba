import { beforeAll, expect, test } from "vitest";
import { textOf } from "../support/html.ts";
import { type Program, startProgram } from "../support/program.ts";
import { bracketMessages, unspoken } from "../support/unspoken.ts";

// Pages of the engine: their labels and sentences are in a catalogue. What the engine logs is in English, and assets, columns and
// selections have names.

let program: Program;
let token: string;

const ofEngine = [
  ...["NORD", "WRLD", "CURA", "SYNC-USD", "ticker"],
  ...["raw_prices", "bronze", "transaction_sensor", "test"],
  "operator@example.org",
];

beforeAll(async () => {
  bracketMessages();
  program = await startProgram();
  const headers = { Origin: program.url, "Content-Type": "application/json" };
  const body = JSON.stringify({ email: "operator@example.org", password: "correct horse battery" });
  const answer = await fetch(`${program.url}/auth/register`, { method: "POST", headers, body });
  token = ((await answer.json()) as { token: string }).token;
});

const read = async (path: string) => {
  const answer = await fetch(program.url + path, {
    headers: { Accept: "text/html", "Accept-Language": "de", Authorization: `Bearer ${token}` },
  });
  return { status: answer.status, html: await textOf(answer) };
};

test.each([
  ["/runs", 200],
  ["/runs?status=nonsense&trigger=nonsense&from=nonsense", 422],
  ["/runs/2", 200],
  ["/assets/raw_prices/plan", 200],
])("%s", async (path, status) => {
  const page = await read(path);
  expect(page.status).toBe(status);
  expect(unspoken(page.html, ofEngine)).toEqual([]);
});

test("schedules are told in words of the language", async () => {
  const { status, html } = await read("/automation");
  expect(status).toBe(200);
  expect(html).toContain("Um 18:00, Montag bis Freitag, UTC");
});
