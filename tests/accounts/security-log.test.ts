/** The security log: append-only for whoever writes, and each row seen by whom it is about and by operators alone. */
import type pg from "pg";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type Actor,
  createAccount,
  listOwnSecurityEvents,
  listPeople,
  readSecurityEvents,
  recordSecurityEvent,
  removePerson,
  setDisabled,
  setRole,
} from "../../src/accounts/index.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

let database: TestDatabase;
let web: pg.Pool;
let operator: Actor;
let investor: Actor;
const password = "correct horse battery";

const actor = (userId: number | null): Actor => ({
  userId,
  via: "web",
  address: "203.0.113.7",
  agent: "Firefox",
});

beforeAll(async () => {
  database = await createTestDatabase();
  web = database.connect({ role: "stratafolio_web" });
  const make = async (email: string) =>
    actor((await createAccount(web, { email, password }, { actor: actor(null) })).id);
  [operator, investor] = [await make("boss@example.org"), await make("ann@example.org")];
});

const idOf = ({ userId }: Actor): number => userId!;

describe("append-only", () => {
  test.each([
    "update public.security_events set detail = 'nothing'",
    "delete from public.security_events",
    "truncate public.security_events",
  ])("neither the owner nor the web: %s", async (statement) => {
    await recordSecurityEvent(web, actor(null), { kind: "sign_in", userId: null, outcome: "refused" });
    await expect(database.pool.query(statement)).rejects.toThrow("the security log is append-only");
    await expect(web.query(statement)).rejects.toThrow("permission denied");
  });

  test("the web writes what happened, not when, and no number of a row", async () => {
    for (const column of ["occurred_at", "event_id"])
      await expect(
        web.query(
          `insert into public.security_events (kind, outcome, via, ${column}) values ('a', 'done', 'web', default)`,
        ),
      ).rejects.toThrow("permission denied");
  });

  test("rows leave after a year, when others come, and not before", async () => {
    const { pool } = database;
    await pool.query(
      `insert into public.security_events (kind, outcome, via, occurred_at)
       select 'sign_in', 'done', 'web', now() - interval '1 year' - make_interval(days => day) from generate_series(1, 12) as day`,
    );
    const old = async () =>
      (await pool.query("select from public.security_events where occurred_at < now() - interval '360 days'"))
        .rowCount;
    await pool.query(
      `insert into public.security_events (kind, outcome, via, occurred_at)
       values ('sign_in', 'done', 'web', now() - interval '1 year' + interval '1 hour')`,
    );
    await recordSecurityEvent(web, actor(null), { kind: "sign_in", userId: null });
    expect(await old()).toBe(1);
    await expect(
      pool.query("delete from public.security_events where occurred_at < now() - interval '360 days'"),
    ).rejects.toThrow("append-only");
  });

  test("what is too long is cut, not refused: a sign-in must not fail by its log", async () => {
    const long = { ...actor(null), agent: "x".repeat(9000), address: "y".repeat(9000) };
    await recordSecurityEvent(web, long, { kind: "sign_in", userId: null, detail: "z".repeat(9000) });
  });
});

describe("seen by", () => {
  test("whom it is about, without from where an operator acted, and by operators", async () => {
    await setDisabled(web, idOf(investor), true, operator);
    await setDisabled(web, idOf(investor), false, operator);
    const [last] = await listOwnSecurityEvents(web, idOf(investor), { limit: 1 });
    expect(last).toMatchObject({ kind: "account_enabled", by: "operator", address: null, agent: null });
    const [seen] = await readSecurityEvents(web, operator, { email: "ann@example.org", limit: 1 });
    expect(seen).toMatchObject({
      kind: "account_enabled",
      email: "ann@example.org",
      actor_email: "boss@example.org",
      address: "203.0.113.7",
    });
  });

  test("nobody else: an investor who asks for all has their own rows, and nobody none", async () => {
    const rows = await readSecurityEvents(web, investor, { limit: null });
    expect(new Set(rows.map(({ user_id }) => user_id))).toEqual(new Set([idOf(investor)]));
    expect((await web.query("select from public.security_events")).rowCount).toBe(0);
    for (const table of ["password_resets", "pending_accounts"])
      await expect(web.query(`select from public.${table}`)).rejects.toThrow("permission denied");
  });

  test("an operator who was disabled or demoted no longer, and neither acts", async () => {
    const { id } = await createAccount(
      web,
      { email: "second@example.org", password },
      { actor: actor(null) },
    );
    await setRole(web, id, "operator", operator);
    const second = actor(id);
    expect(
      (await listPeople(web, second, new Date(), { limit: null })).map(({ api_tokens }) => api_tokens),
    ).toEqual([0, 0, 0]);
    await setDisabled(web, id, true, operator);
    expect(
      (await readSecurityEvents(web, second, { limit: null })).every(({ user_id }) => user_id === id),
    ).toBe(true);
    await expect(removePerson(web, idOf(investor), second)).rejects.toThrow("there is no account");
  });
});

test("the last operator who can sign in stays one, of two who leave at once too", async () => {
  const { id } = await createAccount(web, { email: "third@example.org", password }, { actor: actor(null) });
  await setRole(web, id, "operator", operator);
  const outcomes = await Promise.allSettled([
    setRole(web, id, "investor", operator),
    setDisabled(web, idOf(operator), true, actor(id)),
  ]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  const refused = outcomes.find(({ status }) => status === "rejected") as PromiseRejectedResult;
  // Whoever comes second is the last, or no operator any more.
  expect(["last_operator", "forbidden"]).toContain(refused.reason.code);
});

test("a deleted account leaves a row that is about nobody", async () => {
  const { id } = await createAccount(web, { email: "gone@example.org", password }, { actor: actor(null) });
  await database.pool.query(
    "update public.users set role = 'operator', disabled_at = null where user_id = $1",
    [idOf(operator)],
  );
  await removePerson(web, id, operator);
  const { rows } = await database.pool.query(
    "select kind, user_id, detail from public.security_events order by event_id desc limit 1",
  );
  expect(rows).toEqual([{ kind: "account_deleted", user_id: null, detail: `account ${id}` }]);
  expect(
    (await database.pool.query("select from public.security_events where user_id = $1", [id])).rowCount,
  ).toBe(0);
});
