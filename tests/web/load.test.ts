/** One person is never the service: what one asks for, and how much of it, leaves everybody else answered. */
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { emptyRegistry } from "./registry.ts";
import { password, startWebServer, type WebServer } from "./server.ts";

const patient = { interval: 5, timeout: 20_000 };

let server: WebServer;
let person: { token: string };
let other: { token: string };

beforeAll(async () => {
  server = await startWebServer(emptyRegistry, (database) => ({
    pool: database.connectWeb({ statementSeconds: 60, waitSeconds: 5, applicationName }),
  }));
  await server.register("operator@example.org");
  person = await server.register("person@example.org");
  other = await server.register("other@example.org");
});

const applicationName = "web under load";

/** Whoever lists API tokens waits until it is over. */
async function makeSlow(): Promise<() => Promise<void>> {
  const client = await server.database.pool.connect();
  await client.query("begin; lock table public.api_tokens in access exclusive mode");
  let isOver = false;
  const end = async (): Promise<void> => {
    if (isOver) return;
    isOver = true;
    await client.query("rollback");
    client.release();
  };
  onTestFinished(end);
  return end;
}

const slow = "/api/account/tokens";

function ask({ token }: { token: string }, signal?: AbortSignal): Promise<Response> {
  return fetch(server.url + slow, {
    headers: { Authorization: `Bearer ${token}` },
    ...(signal && { signal }),
  });
}

/** How many statements of the web's are at work on the server. */
async function atWork(): Promise<number> {
  const { rows } = await server.database.pool.query<{ count: number }>(
    "select count(*) from pg_stat_activity where application_name = $1 and state = 'active' and datname = current_database()",
    [applicationName],
  );
  return rows[0]!.count;
}

test("twelve slow requests of one person leave the others their answers, and end on the server when they are dropped", async () => {
  await makeSlow();
  const dropping = new AbortController();
  const requests = Array.from({ length: 12 }, () => ask(person, dropping.signal));
  const ended = Promise.allSettled(requests);
  await expect.poll(atWork, patient).toBe(4); // a person's share, and no more
  const page = await fetch(`${server.url}/transactions`, {
    headers: { Authorization: `Bearer ${other.token}`, Accept: "text/html" },
  });
  expect(page.status).toBe(200);
  expect((await server.call("GET", "/api/transactions", other)).status).toBe(200);
  expect((await server.call("GET", "/healthz", person)).status).toBe(200);
  expect((await server.call("GET", "/readyz")).status).toBe(200);
  expect(await atWork()).toBe(4);
  dropping.abort();
  await ended;
  await expect.poll(atWork, patient).toBe(0);
  expect((await server.call("GET", "/api/transactions", person)).status).toBe(200);
});

test("what waits too long behind a person's own requests is refused, in plain words and with the time to try again", async () => {
  const end = await makeSlow();
  const running = Array.from({ length: 4 }, () => ask(person));
  await expect.poll(atWork, patient).toBe(4);
  const waiting = Array.from({ length: 40 }, () => ask(person));
  const answers = await Promise.all(waiting); // 32 wait for some seconds, eight are refused at once
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([429]));
  expect(answers[0]!.headers.get("Retry-After")).toBe("5");
  const { error } = (await answers[0]!.json()) as { error: { code: string; message: string } };
  expect(error.code).toBe("too_many_requests");
  expect(error.message).toMatch(
    /^expected few requests of one person at once: 4 of yours are being answered/,
  );
  await end();
  expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
});

test("a statement that takes too long is stopped, and who asked is told", async () => {
  const { database } = server;
  const hasty = await startWebServer(emptyRegistry, () => ({
    pool: database.connectWeb({ statementSeconds: 1 }),
  }));
  await makeSlow();
  const { status, headers, body } = await hasty.call("GET", slow, person);
  expect([status, body.error.code, headers.get("Retry-After")]).toEqual([503, "statement_timeout", "30"]);
  expect(body.error.message).toMatch(/ask for less at once/);
  const page = await fetch(`${hasty.url}/account`, {
    headers: { Authorization: `Bearer ${person.token}`, Accept: "text/html" },
  });
  expect([page.status, page.headers.get("Retry-After")]).toEqual([503, "30"]);
  expect(await page.text()).toMatch(/<h1[^>]*>\s*Not available just now/);
});

test("where no connection becomes free in time the answer is 503, and the process says that it lives", async () => {
  await makeSlow();
  const third = await server.register("third@example.org");
  const dropping = new AbortController();
  const all = [person, other, third].flatMap((one) =>
    Array.from({ length: 4 }, () => ask(one, dropping.signal)),
  );
  const ended = Promise.allSettled(all);
  await expect.poll(atWork, patient).toBe(12);
  const { status, headers, body } = await server.call("GET", "/auth/me", other);
  expect([status, body.error.code, headers.get("Retry-After")]).toEqual([503, "database_busy", "5"]);
  expect((await server.call("GET", "/healthz", other)).body.status).toBe("up");
  expect((await server.call("GET", "/readyz")).body.ready).toBe(false);
  dropping.abort();
  await ended;
  await expect.poll(async () => (await server.call("GET", "/auth/me", other)).status, patient).toBe(200);
  expect((await server.call("GET", "/readyz")).body.ready).toBe(true);
});

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

test("sixteen registrations at once are all served, and pages go on being answered meanwhile", async () => {
  const page = (): Promise<Response> =>
    fetch(`${server.url}/transactions`, {
      headers: { Authorization: `Bearer ${other.token}`, "Accept-Encoding": "gzip", Accept: "text/html" },
    }).then(async (response) => {
      await response.text();
      return response;
    });
  await page();
  const pages: number[] = [];
  let isOver = false;
  const registering = milliseconds(() =>
    Promise.all(Array.from({ length: 16 }, (_, index) => server.register(`new${index}@example.org`))),
  ).finally(() => {
    isOver = true;
  });
  while (!isOver) pages.push(await milliseconds(page));
  // Each page takes the threads that hashing leaves: behind all of it, one alone would have taken nearly as long.
  const slowest = Math.max(...pages.slice(0, -1));
  expect(pages.length).toBeGreaterThan(8);
  expect(slowest / (await registering)).toBeLessThan(0.25);
});

test("beyond what can be hashed soon strangers are told to come again, and who is signed in takes turns with them", async () => {
  const dropping = new AbortController();
  const attempts = Array.from({ length: 50 }, (_, index) =>
    fetch(`${server.url}/auth/register`, {
      method: "POST",
      headers: { Origin: server.url, "Content-Type": "application/json" },
      body: JSON.stringify({ email: `many${index}@example.org`, password }),
      signal: dropping.signal,
    }),
  );
  const refused = await Promise.any(
    attempts.map(async (attempt) => {
      const answer = await attempt;
      return answer.status === 503 ? answer : Promise.reject(new Error("served"));
    }),
  );
  const { error } = (await refused.json()) as { error: { code: string } };
  expect([error.code, refused.headers.get("Retry-After")]).toEqual(["sign_in_busy", "10"]);
  const body = { current_password: "a wrong one", new_password: "another horse battery" };
  const answer = await server.call("POST", "/api/account/password", { ...other, body });
  expect([answer.status, answer.body.error.code]).toEqual([422, "wrong_password"]);
  dropping.abort();
  await Promise.allSettled(attempts);
});

test("a request dropped in the middle of a transaction has done nothing", async () => {
  await makeSlow();
  const dropping = new AbortController();
  const deletion = fetch(`${server.url}/api/account`, {
    method: "DELETE",
    headers: {
      Authorization: `Bearer ${other.token}`,
      Origin: server.url,
      "Content-Type": "application/json",
    },
    body: JSON.stringify({ email: "other@example.org", password }),
    signal: dropping.signal,
  }).catch(() => null);
  await expect.poll(atWork, patient).toBe(1);
  dropping.abort();
  await deletion;
  await expect.poll(atWork, patient).toBe(0);
  expect((await server.call("GET", "/auth/me", other)).status).toBe(200); // its sessions had ended in that transaction
});
