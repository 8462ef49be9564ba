import type pg from "pg";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import {
  commandLine,
  createAccount,
  createToken,
  deleteAccount,
  findAccount,
  findPerson,
  findTokenPerson,
  hasAccounts,
  type Person,
  personalDataSchema,
  readPersonalData,
  setPassword,
  startSession,
  tableRecords,
} from "../../src/accounts/index.ts";
import { exportTable } from "../../src/database/table-export.ts";
import { createTestDatabase } from "../support/database.ts";

// Without a request and without a server: what the command line and the demo use as well as the web.

let pool: pg.Pool;
let now = new Date("2026-03-04T05:06:07Z");
const password = "correct horse battery";

beforeAll(async () => {
  pool = (await createTestDatabase()).connect({ role: "stratafolio_web" });
});

const context = () => ({ pool, clock: () => now, jwtSecret: "a secret of at least thirty-two characters" });

async function enter(userId: number): Promise<Person> {
  const { token } = await startSession(context(), userId, null);
  return (await findPerson(context(), token))!;
}

test("the first account is the operator's, and only the last operator must stay while others are there", async () => {
  expect(await hasAccounts(pool)).toBe(false);
  const ada = await createAccount(pool, { email: "ada@example.org", password });
  const bob = await createAccount(pool, { email: "bob@example.org", password });
  expect([ada.role, bob.role, await hasAccounts(pool)]).toEqual(["operator", "investor", true]);
  const operator = await enter(ada.id);
  expect(operator).toMatchObject({ email: "ada@example.org", role: "operator", scope: "account" });
  await expect(deleteAccount(pool, operator, commandLine)).rejects.toMatchObject({ code: "last_operator" });
  expect(await findAccount(pool, { email: "ada@example.org", password }, commandLine)).toMatchObject({
    account: ada,
  });
  await deleteAccount(pool, await enter(bob.id), commandLine);
  expect(await findAccount(pool, { email: "bob@example.org", password }, commandLine)).toBeNull();
  await deleteAccount(pool, operator, commandLine);
  expect(await hasAccounts(pool)).toBe(false);
});

test("a new password ends every session but the one it is set by, and no API token", async () => {
  const { id } = await createAccount(pool, { email: "cy@example.org", password });
  const [here, elsewhere] = [
    await startSession(context(), id, null),
    await startSession(context(), id, null),
  ];
  const { token } = await createToken(context(), id, { name: "script", scope: "read" }, commandLine);
  await setPassword(pool, (await findPerson(context(), here.token))!, "another horse battery", commandLine);
  expect(await findPerson(context(), here.token)).toMatchObject({ userId: id });
  expect(await findPerson(context(), elsewhere.token)).toBeNull();
  expect(await findTokenPerson(context(), token)).toMatchObject({ userId: id, scope: "read" });
  now = new Date("2026-05-04T05:06:07Z");
  expect(await findPerson(context(), here.token), "after 30 days").toBeNull();
});

describe("what is kept about a person", () => {
  const tables = {
    notes: {
      row: z.object({ day: z.string(), is_read: z.boolean(), at: z.iso.datetime() }),
      columns: ["day", "is_read", "at"],
      select: `
        select '2026-01-02'::date as day, true as is_read, timestamptz '2026-01-02 03:04:05Z' as at
        from public.users
        where user_id = $1`,
    },
  };

  test("is the account and what others bring, as one answer or table by table", async () => {
    const { id } = await createAccount(pool, { email: "dee@example.org", password });
    await startSession(context(), id, "Firefox");
    const records = tableRecords(tables);
    const answer = await readPersonalData(context(), id, records);
    const data = personalDataSchema(records).parse(JSON.parse(JSON.stringify(answer)));
    expect(data).toMatchObject({
      account: { id, email: "dee@example.org" },
      sessions: [{ user_agent: "Firefox", ended_at: null }],
      api_tokens: [],
      notes: [{ day: "2026-01-02", is_read: true }],
    });
    let csv = "";
    await exportTable(pool, id, tables.notes, async (text) => {
      csv += text;
    });
    expect(csv).toBe("day,is_read,at\n2026-01-02,true,2026-01-02T03:04:05.000Z\n");
  });
});
