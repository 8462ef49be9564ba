import { beforeAll, describe, expect, test } from "vitest";
import { EventHub } from "../../src/web/events.ts";
import { openEvents } from "./event-stream.ts";
import { emptyRegistry } from "./registry.ts";
import { startWebServer, type WebServer } from "./server.ts";

let server: WebServer;
let operator: { token: string; id: number };
let anna: { token: string; id: number };
let bert: { token: string; id: number };

beforeAll(async () => {
  server = await startWebServer(emptyRegistry);
  await server.database.pool.query(
    `create view "default".int_calendar as select date '2024-01-05' as calendar_date;
     grant select on "default".int_calendar to stratafolio_web`,
  );
  operator = await server.register("operator@example.org");
  anna = await server.register("anna@example.org");
  bert = await server.register("bert@example.org");
});

function publish(run_id: number, partition_column: string | null, partitions: string[] | null) {
  const payload = JSON.stringify({ run_id, assets: ["int_values"], partition_column, partitions });
  return server.database.pool.query("select pg_notify('orchestrator_published', $1)", [payload]);
}

describe("portfolio events", () => {
  test("reach the people whose partitions were published, and nobody else", async () => {
    const [annas, berts] = await Promise.all([anna, bert].map(({ token }) => openEvents(server.url, token)));
    await publish(7, "user_id", [String(anna.id)]);
    expect(await annas!.next()).toEqual({ event: "portfolio", data: { as_of: "2024-01-05", run_id: 7 } });
    await publish(8, "user_id", [String(anna.id), String(bert.id)]);
    expect((await berts!.next()).data.run_id).toBe(8);
    expect((await annas!.next()).data.run_id).toBe(8);
    await annas!.close();
    await berts!.close();
  });

  test("reach everybody when all partitions, or figures without any, were published", async () => {
    const [annas, berts] = await Promise.all([anna, bert].map(({ token }) => openEvents(server.url, token)));
    await publish(9, "user_id", null);
    for (const stream of [annas!, berts!]) expect((await stream.next()).data.run_id).toBe(9);
    await publish(10, null, null);
    for (const stream of [annas!, berts!]) expect((await stream.next()).data.run_id).toBe(10);
    await annas!.close();
    await berts!.close();
  });

  test("are not sent for tickers: what follows from them for people is published by person", async () => {
    const annas = await openEvents(server.url, anna.token);
    await publish(11, "ticker", null);
    await publish(12, "user_id", [String(anna.id)]);
    expect((await annas.next()).data.run_id).toBe(12);
    await annas.close();
  });

  test("of one commit are one event", async () => {
    const annas = await openEvents(server.url, anna.token);
    const client = await server.database.pool.connect();
    await client.query("begin");
    for (const run_id of [14, 15])
      await client.query("select pg_notify('orchestrator_published', $1)", [
        JSON.stringify({ run_id, assets: ["int_values"], partition_column: "user_id", partitions: null }),
      ]);
    await client.query("commit");
    client.release();
    expect((await annas.next()).data.run_id).toBe(15);
    await annas.close();
  });

  test("a payload that cannot be read stops nothing", async () => {
    const annas = await openEvents(server.url, anna.token);
    await server.database.pool.query("select pg_notify('orchestrator_published', 'not json')");
    await publish(16, "user_id", null);
    expect((await annas.next()).data.run_id).toBe(16);
    await annas.close();
  });

  test("a browser that reconnects is told to look again", async () => {
    const annas = await openEvents(server.url, anna.token, { "Last-Event-ID": "16" });
    expect(await annas.next()).toEqual({ event: "portfolio", data: { as_of: "2024-01-05", run_id: 0 } });
    await annas.close();
  });
});

test("run events reach operators only", async () => {
  const operators = await openEvents(server.url, operator.token);
  const annas = await openEvents(server.url, anna.token);
  await server.database.pool.query("select pg_notify('orchestrator_runs', '21')");
  await publish(22, "user_id", null);
  expect(await operators.next()).toEqual({ event: "run", data: { run_id: 21 } });
  expect((await annas.next()).event).toBe("portfolio");
  await operators.close();
  await annas.close();
});

test("signing out ends the session's stream and no other", async () => {
  const second = await server.call("POST", "/auth/login", {
    body: { email: "anna@example.org", password: "correct horse battery" },
  });
  const [first, other] = await Promise.all([
    openEvents(server.url, second.body.token),
    openEvents(server.url, anna.token),
  ]);
  await server.call("POST", "/auth/logout", { token: second.body.token });
  await first.ended();
  await publish(23, "user_id", null);
  expect((await other.next()).data.run_id).toBe(23);
  await other.close();
});

test("needs a session, and a person has a bounded number of streams", async () => {
  expect((await server.call("GET", "/api/events")).status).toBe(401);
  const streams = [];
  for (let count = 0; count < 20; count++) streams.push(await openEvents(server.url, bert.token));
  const refused = await server.call("GET", "/api/events", { token: bert.token });
  expect([refused.status, refused.body.error.code]).toEqual([429, "too_many_connections"]);
  await Promise.all(streams.map((stream) => stream.close()));
});

test("the event connection is restored when PostgreSQL drops it, and everybody looks again", async () => {
  const annas = await openEvents(server.url, anna.token);
  await server.database.pool.query(
    `select pg_terminate_backend(pid)
     from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()`,
  );
  expect((await annas.next()).event).toBe("portfolio");
  await publish(31, "user_id", null);
  expect((await annas.next()).data.run_id).toBe(31);
  await annas.close();
});

test("stopping ends every stream", async () => {
  const pool = server.database.connect({ role: "stratafolio_web" });
  const { clock, log } = server.context;
  const hub = new EventHub({ pool, clock, log });
  await hub.start();
  const another = await startWebServer(emptyRegistry, { events: hub });
  const { token } = await another.register("guest@example.org");
  const stream = await openEvents(another.url, token);
  expect(hub.size).toBe(1);
  hub.stop();
  await stream.ended();
});
