/** Counters of attempts, as several processes share them. Time is the test's. */
import fc from "fast-check";
import type pg from "pg";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { knownDevice, RegistrationLimit, rememberDevice, SignInLimit } from "../../src/accounts/index.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

let database: TestDatabase;
let pools: readonly pg.Pool[];
let now: Date;

const jwtSecret = "a secret of at least thirty-two characters";
const formerJwtSecret = "a former secret of thirty-two characters";
const clock = () => now;
const later = (seconds: number): void => {
  now = new Date(now.getTime() + seconds * 1000);
};

/** Two processes, each with its own pool. */
const processes = () => pools.map((pool) => new SignInLimit({ pool, clock, jwtSecret }));

beforeAll(async () => {
  database = await createTestDatabase();
  pools = [1, 2].map(() => database.connect({ role: "stratafolio_web" }));
});

beforeEach(async () => {
  now = new Date("2026-03-04T05:06:07Z");
  await database.pool.query("truncate attempts");
});

/** null: it may be made; else the seconds to wait. */
async function fail(limit: SignInLimit, ...of: Parameters<SignInLimit["attempt"]>): Promise<number | null> {
  try {
    await limit.attempt(...of);
    return null;
  } catch (error) {
    return (error as { retryAfterSeconds: number }).retryAfterSeconds;
  }
}

async function failures(times: number, ...of: Parameters<SignInLimit["attempt"]>): Promise<number> {
  const limits = processes();
  const answers = await Promise.all(
    Array.from({ length: times }, (_, index) => fail(limits[index % 2]!, ...of)),
  );
  return answers.filter((answer) => answer === null).length;
}

test("ten failures of an address for an account, in all processes together, and then waits that grow", async () => {
  expect(await failures(30, "192.0.2.1", "ada@example.org")).toBe(10);
  const [limit] = processes();
  const waits: (number | null)[] = [];
  for (let round = 0; round < 5; round++) {
    const wait = (await fail(limit!, "192.0.2.1", "ada@example.org"))!;
    waits.push(wait);
    later(wait);
    expect(await fail(limit!, "192.0.2.1", "ada@example.org")).toBeNull();
  }
  expect(waits).toEqual([120, 240, 480, 900, 900]);
  expect(await fail(limit!, "192.0.2.1", "bob@example.org"), "another account").toBeNull();
  expect(await fail(limit!, "192.0.2.2", "ada@example.org"), "another address").toBeNull();
  later(3600);
  expect(await failures(30, "192.0.2.1", "ada@example.org"), "an hour later").toBe(10);
});

test("strangers from a thousand addresses are slowed down, never locked out; a known device does not notice", async () => {
  const [limit] = processes();
  const attack = (from: number) => fail(limit!, `2001:db8:${from.toString(16)}::1`, "ada@example.org");
  let guesses = 0;
  for (let from = 0; from < 100; from++) if ((await attack(from)) === null) guesses++;
  expect(guesses).toBe(30);
  const waits: (number | null)[] = [];
  for (let from = 100; from < 108; from++) {
    const wait = (await attack(from))!;
    waits.push(wait);
    later(wait);
    expect(await attack(from)).toBeNull();
  }
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  expect(await fail(limit!, "192.0.2.1", "ada@example.org"), "a stranger waits").toBe(60);
  expect(await fail(limit!, "192.0.2.1", "ada@example.org", "her laptop")).toBeNull();
  expect(await failures(20, "192.0.2.1", "ada@example.org", "a stolen laptop"), "on its own account").toBe(
    10,
  );
  expect(await fail(limit!, "192.0.2.1", "ada@example.org", "her laptop")).toBeNull();
});

test("an address may fail a hundred times, whatever it tries; networks of IPv6 are one address", async () => {
  const limits = processes();
  const answers = await Promise.all(
    Array.from({ length: 150 }, (_, index) =>
      fail(limits[index % 2]!, `2001:db8::${index.toString(16)}`, `person${index}@example.org`),
    ),
  );
  expect(answers.filter((answer) => answer === null)).toHaveLength(100);
  expect(await fail(limits[0]!, "2001:db8::1", "ada@example.org", "her laptop"), "a known device").toBeNull();
});

test("what was right is taken back, and so is what was counted for an attempt that has to wait", async () => {
  const [limit] = processes();
  for (const device of [null, "a laptop"]) {
    for (let round = 0; round < 120; round++)
      await (await limit!.attempt("192.0.2.1", "ada@example.org", device))();
    expect(await failures(20, "192.0.2.1", "ada@example.org", device)).toBe(10);
  }
  for (let from = 0; from < 30; from++) await fail(limit!, `198.51.100.${from}`, "bob@example.org");
  expect(await failures(20, "192.0.2.2", "bob@example.org"), "has to wait").toBe(0);
  later(1);
  expect(await fail(limit!, "192.0.2.2", "bob@example.org"), "and then need not wait longer").toBeNull();
});

test("the table keeps neither names nor addresses, and no more rows than what goes on", async () => {
  const [limit] = processes();
  for (let index = 0; index < 60; index++)
    await fail(limit!, `198.51.100.${index}`, `person${index}@example.org`);
  const { rows } = await database.pool.query("select * from attempts");
  expect(rows.length).toBe(180);
  expect(JSON.stringify(rows)).not.toMatch(/person|198\.51/);
  later(25 * 3600);
  for (let index = 0; index < 20; index++) await fail(limit!, "198.51.100.1", "ada@example.org");
  expect((await database.pool.query("select from attempts")).rowCount).toBe(3);
});

test("the web's role can neither read nor empty it", async () => {
  for (const statement of [
    "select from attempts",
    "delete from attempts",
    "update attempts set attempts = 0",
  ])
    await expect(pools[0]!.query(statement)).rejects.toThrow("permission denied");
});

test("new accounts are counted by address", async () => {
  const limit = new RegistrationLimit({ pool: pools[0]!, clock, jwtSecret });
  for (let made = 0; made < 1000; made++) {
    const forgive = await limit.attempt("192.0.2.1");
    await forgive();
  }
  await expect(limit.attempt("192.0.2.1")).rejects.toMatchObject({
    code: "too_many_attempts",
    message: expect.stringContaining("new accounts"),
    retryAfterSeconds: 120,
  });
  await limit.attempt("192.0.2.2");
});

test("an address is told of few emails that they have an account", async () => {
  const limit = new RegistrationLimit({ pool: pools[0]!, clock, jwtSecret });
  for (let told = 0; told < 100; told++) await limit.attempt("192.0.2.1");
  await expect(limit.attempt("192.0.2.1")).rejects.toMatchObject({ code: "too_many_attempts" });
});

const context = { clock, jwtSecret };
const former = { clock, jwtSecret: formerJwtSecret };

test("a device is known by the accounts that signed in from it, ten at most", () => {
  fc.assert(
    fc.property(fc.array(fc.emailAddress(), { minLength: 1, maxLength: 14 }), (emails) => {
      let note: string | undefined;
      for (const email of emails) ({ note } = rememberDevice(context, note, email));
      const recent = new Set(emails.map((email) => email.toLowerCase()).reverse());
      for (const email of [...recent].slice(0, 10)) expect(knownDevice(context, note, email)).not.toBeNull();
      for (const email of [...recent].slice(10)) expect(knownDevice(context, note, email)).toBeNull();
      expect(knownDevice(context, note, "somebody@else.example")).toBeNull();
      for (const email of emails)
        expect(note).not.toContain(Buffer.from(email).toString("base64url").slice(2, -2));
    }),
    { numRuns: 30 },
  );
});

test("a device's note is signed, by a former key too, and is worth nothing after 400 days", () => {
  const { note } = rememberDevice(former, undefined, "ada@example.org");
  expect(knownDevice(context, note, "ada@example.org")).toBeNull();
  expect(
    knownDevice({ ...context, formerJwtSecrets: [formerJwtSecret] }, note, "ada@example.org"),
  ).not.toBeNull();
  expect(knownDevice(former, `${note.slice(0, -4)}AAAA`, "ada@example.org")).toBeNull();
  later(401 * 86_400);
  expect(knownDevice(former, note, "ada@example.org")).toBeNull();
});
