/** Behind a pooler that drops what a connection asks for, or shares sessions between transactions, nothing is done. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { checkDatabase } from "../../src/database/connect.ts";
import { SessionsNotKeptError } from "../../src/database/errors.ts";
import { createPool } from "../../src/database/pool.ts";
import { SessionSettingsError, sessionSettings } from "../../src/engine/index.ts";
import { createTestDatabase } from "../support/database.ts";

const database = await createTestDatabase();

interface Pooler {
  /** What a client's first message becomes. */
  startup?(message: Buffer): Buffer;
  /** Sessions are the clients' only until the second of them begins a transaction. */
  sharesSessions?: boolean;
}

/** As much of a pooler as these tests need, on loopback. Returns the connection string by way of it. */
async function startPooler({
  startup = (message) => message,
  sharesSessions = false,
}: Pooler): Promise<string> {
  const target = new URL(database.url);
  const clients: { readonly socket: Socket; session: Socket }[] = [];
  const server = createServer((socket) => {
    const session = connect(Number(target.port), target.hostname);
    const client = { socket, session };
    clients.push(client);
    session.on("data", (data) => clients.find((each) => each.session === session)?.socket.write(data));
    socket.once("data", (first) => {
      session.write(startup(first));
      socket.on("data", (data) => {
        const [one, two] = clients;
        if (sharesSessions && client === two && data.includes("begin"))
          [one!.session, two!.session] = [two!.session, one!.session];
        client.session.write(data);
      });
    });
    for (const each of [socket, session]) each.on("error", () => {});
    socket.on("close", () => client.session.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const pooled = new URL(database.url);
  pooled.port = String((server.address() as AddressInfo).port);
  return pooled.href;
}

/** A startup message without one of its parameters: length, protocol, then names and values, each ended by a zero. */
function without(parameter: string): (message: Buffer) => Buffer {
  return (message) => {
    const texts = message.subarray(8).toString().split("\0");
    const at = texts.indexOf(parameter);
    const body = Buffer.from(texts.toSpliced(at, 2).join("\0"));
    const head = Buffer.from(message.subarray(0, 8));
    head.writeInt32BE(8 + body.length);
    return Buffer.concat([head, body]);
  };
}

test("a connection has its role, its path and its settings, or is not used", async () => {
  const direct = database.connect({ role: "stratafolio_web", runId: 7 });
  const { rows } = await direct.query(
    "select current_user as role, current_setting('orchestrator.run_id') as run",
  );
  expect(rows).toEqual([{ role: "stratafolio_web", run: "7" }]);
  const connectionString = await startPooler({ startup: without("options") });
  const pool = createPool({ connectionString, applicationName: "test", role: "stratafolio_web" });
  const refused = await pool.query("select current_user").then(
    () => null,
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(SessionSettingsError);
  expect((refused as Error).message).toMatch(
    /with search_path .*; role stratafolio_web, got postgres: .*PgBouncer.*connect to PostgreSQL itself$/,
  );
  expect((refused as Error).message).not.toContain(new URL(database.url).password);
  await pool.end();
});

/** Another value than the engine's of each of its settings. */
const others: Readonly<Record<string, string>> = {
  TimeZone: "Asia/Tokyo",
  DateStyle: "SQL, DMY",
  IntervalStyle: "iso_8601",
  extra_float_digits: "0",
  bytea_output: "escape",
  xmlbinary: "hex",
  xmloption: "document",
  lc_monetary: "POSIX",
  lc_numeric: "POSIX",
  lc_time: "POSIX",
  timezone_abbreviations: "India",
  default_text_search_config: "pg_catalog.english",
  transform_null_equals: "on",
  array_nulls: "off",
};

test("every setting that figures depend on is looked at", async () => {
  for (const [name, value] of Object.entries(sessionSettings)) {
    const other = others[name]!;
    const connectionString = await startPooler({
      startup: (message) => {
        const from = `${name}=${value.replaceAll(" ", "\\ ")}`;
        const body = message
          .subarray(8)
          .toString()
          .replace(from, `${name}=${other.replaceAll(" ", "\\ ")}`);
        const head = Buffer.from(message.subarray(0, 8));
        head.writeInt32BE(8 + Buffer.byteLength(body));
        return Buffer.concat([head, Buffer.from(body)]);
      },
    });
    const pool = createPool({ connectionString, applicationName: "test" });
    await expect(pool.query("select 1")).rejects.toThrow(`${name} ${value}, got ${other}`);
    await pool.end();
  }
});

test("sessions that change under a connection are refused before anything begins", async () => {
  await checkDatabase(await startPooler({}), { waitSeconds: 0 });
  const failure = await checkDatabase(await startPooler({ sharesSessions: true }), { waitSeconds: 5 }).then(
    () => null,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(SessionsNotKeptError);
  expect((failure as Error).message).toContain("pool_mode = transaction");
});

test("what is cancelled by number is the server's own process", async () => {
  const client = await database.connect().connect();
  const { rows } = await client.query("select pg_backend_pid() as process_id");
  expect((client as unknown as { processID: number }).processID).toBe(rows[0].process_id);
  client.release();
});
