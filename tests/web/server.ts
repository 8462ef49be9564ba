/** A real web server on loopback, on the test's own database and the web's own role, and a client for it. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type pg from "pg";
import pino from "pino";
import { afterAll } from "vitest";
import { inviteFirstOperator } from "../../src/accounts/index.ts";
import type { Registry } from "../../src/engine/index.ts";
import { createYahooPriceSource } from "../../src/market/yahoo.ts";
import { createApp } from "../../src/web/app.ts";
import type { WebContext } from "../../src/web/context.ts";
import { EventHub } from "../../src/web/events.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { createReplayServer, type ReplayServer } from "../support/replay-server.ts";

export const password = "correct horse battery";

/** As it is without settings. */
export const loopbackDeployment: WebContext["deployment"] = {
  host: "127.0.0.1",
  publicUrl: null,
  trustedProxies: null,
  metricsToken: null,
  registration: "open",
};

export interface CallOptions {
  readonly body?: unknown;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** null: no Origin header. Default: the server's own, as a browser on its pages sends. */
  readonly origin?: string | null;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts what is in it
  readonly body: any;
}

export interface WebServer {
  readonly url: string;
  readonly database: TestDatabase;
  /** Role stratafolio_web. */
  readonly pool: pg.Pool;
  readonly context: WebContext;
  /** What the server takes for Yahoo, and whose clock it goes by. */
  readonly market: ReplayServer;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** Makes an account; the first of a server is an operator. */
  register(email: string): Promise<{ token: string; id: number }>;
}

export async function startWebServer(
  registry: () => Registry,
  changes: Partial<WebContext> | ((database: TestDatabase) => Partial<WebContext>) = {},
): Promise<WebServer> {
  const database = await createTestDatabase();
  const changed = typeof changes === "function" ? changes(database) : changes;
  const pool = database.connectWeb();
  const log = pino({ level: "silent" });
  const market = await createReplayServer();
  const { clock } = market;
  const events = new EventHub({ pool, clock, log });
  const context: WebContext = {
    pool,
    prices: createYahooPriceSource({ baseUrl: market.url, clock, firstDelayMs: 4 }),
    clock,
    log,
    registry,
    jwtSecret: "a secret of at least thirty-two characters",
    events,
    version: "0.0.0-test",
    isDemo: false,
    marketDataName: "a replay server",
    deployment: { ...loopbackDeployment }, // a copy: that a proxy was seen is known of each server apart
    ...changed,
  };
  await events.start();
  const server = createServer(createApp(context)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  afterAll(async () => {
    events.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await market.close();
  });

  const call = async (method: string, path: string, options: CallOptions = {}): Promise<Answer> => {
    const { body, token, headers, origin = url } = options;
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(body !== undefined && { "Content-Type": "application/json" }),
        ...(token && { Authorization: `Bearer ${token}` }),
        ...(origin !== null && { Origin: origin }),
        ...headers,
      },
      redirect: "manual",
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
  return {
    url,
    database,
    pool,
    context,
    market,
    call,
    async register(email) {
      // Where others can come, the first account takes a link.
      const isLocal = context.deployment.publicUrl === null;
      const invitation = isLocal ? null : await inviteFirstOperator(context);
      const { body } = await call("POST", "/auth/register", {
        body: { email, password, ...(invitation !== null && { invitation }) },
      });
      return { token: body.token, id: body.user.id };
    },
  };
}
