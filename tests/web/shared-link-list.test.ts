import { beforeAll, describe, expect, test } from "vitest";
import type { Engine } from "../../src/engine/index.ts";
import { loggedPath } from "../../src/web/shared-links.ts";
import { deployedEngine } from "../support/engine.ts";
import { startWebServer, type WebServer } from "./server.ts";

// What a person does with their links: whether a page has figures makes no difference here.

let server: WebServer;
let engine: Engine;
let anna: { token: string; id: number };

const dayAfter = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
const today = (): string => server.context.clock().toISOString().slice(0, 10);
const open = (path: string) => server.call("GET", path, { origin: null, headers: { Accept: "text/html" } });

beforeAll(async () => {
  server = await startWebServer(() => engine.registry);
  engine = await deployedEngine(server.database);
  anna = await server.register("anna@example.org");
});

describe("a person’s links", () => {
  const make = (body: object, token = anna.token) =>
    server.call("POST", "/api/account/shared-links", { token, body });

  test("are made with a name, an end and parts, shown once, counted, listed and exported", async () => {
    const { status, body } = await make({
      name: "Adviser",
      parts: ["risk", "holdings"],
      expires_on: dayAfter(today(), 9),
    });
    expect(status).toBe(201);
    expect(body.url).toMatch(/\/shared\/[\w-]{43}$/);
    expect(body.shared_link).toMatchObject({ parts: ["holdings", "risk"], shows_amounts: false, uses: 0 });
    expect(body.shared_link.expires_at).toBe(`${dayAfter(today(), 10)}T00:00:00.000Z`);
    const { pathname } = new URL(body.url);
    await open(pathname);
    await open(pathname);
    const listed = await server.call("GET", "/api/account/shared-links", { token: anna.token });
    const found = listed.body.shared_links.find(({ name }: { name: string }) => name === "Adviser");
    expect(found).toMatchObject({ uses: 2 });
    expect(found.last_used_at).not.toBeNull();
    const secret = pathname.split("/").at(-1)!;
    const { rows } = await server.database.pool.query(
      "select 1 from public.shared_links as link where link::text like '%' || $1 || '%'",
      [secret],
    );
    expect(rows).toEqual([]);
    const exported = await server.call("GET", "/api/account/export", { token: anna.token });
    expect(exported.body.shared_links.map(({ name }: { name: string }) => name)).toContain("Adviser");
    expect(JSON.stringify(exported.body)).not.toContain(secret);
    const events = await server.call("GET", "/api/account/security-events", { token: anna.token });
    const kinds = events.body.security_events
      .filter(({ detail }: { detail: string | null }) => detail?.includes("Adviser"))
      .map(({ kind, by }: { kind: string; by: string }) => `${kind} ${by}`);
    expect(kinds).toEqual(["shared_link_used stranger", "shared_link_made yourself"]);
  });

  test.each([
    ["an end in the past", { name: "a", parts: ["risk"], expires_on: "2020-01-01" }, "invalid_expires_on"],
    [
      "an end after more than a year",
      { name: "b", parts: ["risk"], expires_on: "2999-01-01" },
      "invalid_expires_on",
    ],
    ["nothing to show", { name: "c", parts: [] }, "invalid_parts"],
    ["a part twice", { name: "d", parts: ["risk", "risk"] }, "invalid_parts"],
    ["a part that is none", { name: "e", parts: ["ledger"] }, "invalid_parts"],
    ["no name", { name: " ", parts: ["risk"] }, "invalid_name"],
  ])("%s is refused", async (_, body, code) => {
    const { status, body: answer } = await make(body);
    expect([status, answer.error.code]).toEqual([422, code]);
  });

  test("are nobody else’s to see or to revoke, and no API token’s", async () => {
    const { body } = await make({ name: "Mine", parts: ["risk"] });
    const bert = await server.register("bert@example.org");
    const listed = await server.call("GET", "/api/account/shared-links", { token: bert.token });
    expect(listed.body.shared_links).toEqual([]);
    const revoked = await server.call("DELETE", `/api/account/shared-links/${body.shared_link.link_id}`, {
      token: bert.token,
    });
    expect(revoked.status).toBe(404);
    const token = await server.call("POST", "/api/account/tokens", {
      token: anna.token,
      body: { name: "program", scope: "write" },
    });
    expect((await make({ name: "By a program", parts: ["risk"] }, token.body.token)).status).toBe(403);
    expect((await make({ name: "Mine", parts: ["risk"] })).status).toBe(409);
  });

  test("take a proof of who one is", async () => {
    await server.database.pool.query("update public.sessions set proved_at = created_at - interval '1 year'");
    const { status, body } = await make({ name: "Later", parts: ["risk"] });
    expect([status, body.error.code]).toEqual([403, "reauthentication_required"]);
  });
});

test.each([
  ["/shared/its-secret", "/shared/…"],
  ["/shared/its-secret/more\nlines", "/shared/…"],
  ["/portfolio", "/portfolio"],
])("the log has of %j no more than %j", (path, logged) => {
  expect(loggedPath(path)).toBe(logged);
});
