import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import pino from "pino";
import { expect, onTestFinished, test, vi } from "vitest";
import { EventHub } from "../../src/web/events.ts";
import { createTestDatabase } from "../support/database.ts";

const beatMilliseconds = 25_000;
const expiresAt = new Date("2026-03-04T12:00:00Z");

test("who reads for another hears until the end, on a page that was open before it, and no longer", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  const { pool } = await createTestDatabase();
  let now = new Date(expiresAt.getTime() - 40_000);
  const hub = new EventHub({ pool, clock: () => now, log: pino({ level: "silent" }) });
  await hub.start();
  onTestFinished(() => hub.stop());
  const pass = (milliseconds: number): void => {
    now = new Date(now.getTime() + milliseconds);
    vi.advanceTimersByTime(milliseconds);
  };

  const app = express();
  const reading = { readerId: 2, grantId: crypto.randomUUID(), expiresAt };
  app.get("/reading", (_, response) =>
    hub.open({ userId: 1, role: "investor", credentialId: "2", reading }, response, undefined),
  );
  app.get("/own", (_, response) =>
    hub.open({ userId: 1, role: "investor", credentialId: "1" }, response, undefined),
  );
  const server = createServer(app).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const open = async (path: string) => {
    const { body } = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
    return async (): Promise<string | undefined> => (await reader.read()).value;
  };
  const [read, own] = [await open("/reading"), await open("/own")];
  for (const next of [read, own]) expect(await next()).toContain("id: 0");

  pass(beatMilliseconds);
  for (const next of [read, own]) expect(await next()).toBe(": still here\n\n");
  pass(beatMilliseconds);
  expect(await read()).toBeUndefined();
  expect(await own()).toBe(": still here\n\n");
  await vi.waitFor(() => expect(hub.size).toBe(1));
});
