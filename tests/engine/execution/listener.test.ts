/** A session that listens and is gone behind a live socket: behind a relay that swallows what comes. */
import type { Pool } from "pg";
import { expect, onTestFinished, test } from "vitest";
import { createPool } from "../../../src/database/pool.ts";
import { Listener } from "../../../src/engine/index.ts";
import { createTestDatabase } from "../../support/database.ts";
import { type Relay, startRelay } from "../../support/relay.ts";
import { silent } from "./shops.ts";

const database = await createTestDatabase("template1");
const heartbeat = { everyMilliseconds: 50, withinMilliseconds: 300 };

/** A listener behind a relay, what it heard, and what it said. */
async function listen(onPool: (pool: Pool, relay: Relay) => void = () => {}) {
  const relay = await startRelay(database.url);
  onTestFinished(() => relay.close());
  const pool = createPool({ connectionString: relay.url, applicationName: "listener" });
  onPool(pool, relay);
  const heard: string[] = [];
  const errors: string[] = [];
  let connections = 0;
  let onConnect = (): void => {};
  const listener = new Listener({
    pool,
    channels: ["news", "More News"],
    log: { ...silent, error: (fields) => errors.push(String((fields as { error: unknown }).error)) },
    heartbeat,
    onNotification: (channel, payload) => heard.push(`${channel} ${payload}`),
    onConnect: () => {
      connections++;
      onConnect();
    },
  });
  onTestFinished(async () => {
    await listener.stop();
    void pool.end();
  });
  await listener.start();
  const connected = (count: number) =>
    new Promise<void>((resolve) => {
      onConnect = () => connections >= count && resolve();
      onConnect();
    });
  return { relay, listener, heard, errors, connected };
}

const notify = (channel: string, payload: string) =>
  database.pool.query("select pg_notify($1, $2)", [channel, payload]);

test("its own heartbeats are nobody's news, and a live session stays", async () => {
  const { listener, heard, errors } = await listen();
  const sent: string[] = [];
  for (const until = performance.now() + 20 * heartbeat.everyMilliseconds; performance.now() < until; ) {
    await notify("More News", String(sent.length));
    sent.push(`More News ${sent.length}`);
  }
  await expect.poll(() => heard).toEqual(sent);
  expect([listener.listening, errors]).toEqual([true, []]);
});

test("a session gone behind a live socket is noticed, said, and made again", async () => {
  const { relay, listener, heard, errors, connected } = await listen();
  relay.swallow();
  await notify("news", "lost");
  await connected(2);
  expect(errors).toEqual([expect.stringContaining("ListenerSilentError")]);
  await notify("news", "two");
  await expect.poll(() => heard).toEqual(["news two"]);
  expect([listener.listening, listener.error]).toEqual([true, null]);
});

test("a connection that the server ends is made again", async () => {
  const { heard, connected } = await listen();
  await database.pool.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'listener'",
  );
  await connected(2);
  await notify("news", "three");
  await expect.poll(() => heard).toEqual(["news three"]);
});

test("a connection that breaks before LISTEN is answered ends nothing, and is made again", async () => {
  const { errors, heard } = await listen((pool, relay) => {
    pool.once("acquire", () => {
      relay.swallow();
      setImmediate(() => relay.cut());
    });
  });
  await expect.poll(() => errors).toHaveLength(1);
  await expect.poll(() => notify("news", "four").then(() => heard)).toContain("news four");
});
