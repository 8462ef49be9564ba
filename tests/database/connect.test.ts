import { once } from "node:events";
import { connect, createServer } from "node:net";
import { expect, inject, test } from "vitest";
import { checkDatabase } from "../../src/database/connect.ts";
import {
  DatabaseRefusedError,
  DatabaseTooOldError,
  DatabaseUnreachableError,
} from "../../src/database/errors.ts";

async function failureOf(url: string, waitSeconds = 0, minimumVersion?: number): Promise<Error> {
  const options = minimumVersion === undefined ? { waitSeconds } : { waitSeconds, minimumVersion };
  return checkDatabase(url, options).then(
    () => new Error("it connected"),
    (error: Error) => error,
  );
}

test("a database that answers passes", async () => {
  await checkDatabase(inject("serverUrl"), { waitSeconds: 0 });
});

test("nothing there: the error names where it looked, and never the password", async () => {
  const error = await failureOf("postgres://me:hunter2@127.0.0.1:1/shop");
  expect(error).toBeInstanceOf(DatabaseUnreachableError);
  expect(error.message).toMatch(/me@127\.0\.0\.1:1\/shop .*ECONNREFUSED.*correct DATABASE_URL/);
  expect(error.message).not.toContain("hunter2");
});

test("wrong password, wrong database: refused at once, with the server's reason and no password", async () => {
  const url = new URL(inject("serverUrl"));
  url.password = "hunter2";
  const password = await failureOf(url.href, 60);
  expect(password).toBeInstanceOf(DatabaseRefusedError);
  expect(password.message).toMatch(/password authentication failed/);
  expect(password.message).not.toContain("hunter2");
  const nowhere = new URL(inject("serverUrl"));
  nowhere.pathname = "/nowhere";
  expect((await failureOf(nowhere.href, 60)).message).toMatch(/database "nowhere" does not exist/);
});

test("a server that comes up later is waited for", async () => {
  const target = new URL(inject("serverUrl"));
  const placeholder = createServer().listen(0, "127.0.0.1");
  await once(placeholder, "listening");
  const { port } = placeholder.address() as { port: number };
  placeholder.close();
  await once(placeholder, "close");
  const late = new URL(target);
  late.port = String(port);
  const proxy = createServer((socket) => {
    const server = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [socket, server],
      [server, socket],
    ] as const)
      from.pipe(to).on("error", () => from.destroy());
  });
  const waits: string[] = [];
  await checkDatabase(late.href, {
    waitSeconds: 30,
    onWait: (error) => {
      waits.push((error as NodeJS.ErrnoException).code ?? "");
      proxy.listen(port, "127.0.0.1");
    },
  });
  expect(waits).toEqual(["ECONNREFUSED"]);
  proxy.close();
});

test("too old a server is named with its version", async () => {
  const error = await failureOf(inject("serverUrl"), 0, 99);
  expect(error).toBeInstanceOf(DatabaseTooOldError);
  expect(error.message).toMatch(/expected PostgreSQL 99 or newer at .*, got 18\./);
});
