/** A connection to the database that looks open, and on which nothing comes any more: the request ends, and the next one is answered. */
import { expect, onTestFinished, test } from "vitest";
import { socketOf } from "../../src/database/answer-limit.ts";
import { personTransaction } from "../../src/database/person.ts";
import { startRelay } from "../support/relay.ts";
import { emptyRegistry } from "./registry.ts";
import { startWebServer } from "./server.ts";

test("a request on a connection that never answers gets a 503 in time, and a new connection serves the next", async () => {
  const relays: Awaited<ReturnType<typeof startRelay>>[] = [];
  onTestFinished(() => {
    for (const relay of relays) relay.close();
  });
  const server = await startWebServer(emptyRegistry);
  const relay = await startRelay(server.database.url);
  relays.push(relay);
  const pool = server.database.connectWeb({ connectionString: relay.url, statementSeconds: 1 });
  const relayed = await startWebServer(emptyRegistry, { ...server.context, pool });
  const { token } = await server.register("ada@example.org");
  const me = () => relayed.call("GET", "/auth/me", { token });
  expect((await me()).status).toBe(200);
  relay.swallow();
  const asked = performance.now();
  const lost = await me();
  expect([lost.status, lost.body.error.code, lost.headers.get("Retry-After")]).toEqual([
    503,
    "database_unavailable",
    "5",
  ]);
  expect(performance.now() - asked).toBeLessThan(12_000);
  expect((await me()).status).toBe(200);
  // A connection that is lost in the midst of a transaction is thrown away with it.
  await expect(
    personTransaction(pool, 1, async (client) => {
      relay.swallow();
      await client.query("select 1");
    }),
  ).rejects.toMatchObject({ code: "database_unavailable" });
  expect((await me()).status).toBe(200);
}, 60_000);

test("one that is only idle for longer, or asks what may take longer, is not taken for silent", async () => {
  const { database } = await startWebServer(emptyRegistry);
  const pool = database.connectWeb({ statementSeconds: 1 });
  const client = await pool.connect();
  socketOf(client).emit("timeout");
  expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  client.release();
  const timeout = await personTransaction(pool, 1, async (long) => socketOf(long).timeout, {
    isLong: true,
  });
  expect(timeout).toBe(24_000);
  expect(await personTransaction(pool, 1, async (usual) => socketOf(usual).timeout)).toBe(6000);
});
