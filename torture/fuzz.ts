/**
 * `npm run torture -- --fuzz N [--seed N]`: so many requests that nobody means, by an investor, an operator and a stranger, to
 * the real processes. No answer may be of a fault of ours or tell of another person's ledger, whoever asks whether
 * the process is up is answered at once, and what the other person has stays as it is.
 */
import { readdirSync, readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { printTable } from "../bench/table.ts";
import {
  describedTargets,
  type FuzzRequest,
  formTargets,
  makeRequest,
  type Target,
} from "./fuzz-requests.ts";
import { becomesCalm } from "./invariants.ts";
import { Random } from "./random.ts";
import { createWorld, tickers, type World } from "./world.ts";

/** Asked at once. */
const concurrency = 4;
const longestAnswerMilliseconds = 30_000;
const calmMilliseconds = 180_000;
const password = "correct horse battery staple";
/** Of the other person: they stand in nothing that is sent. */
const secrets = {
  quantity: "3.14159271",
  price: "77.131719",
  email: "hidden.person@example.org",
  name: "unspoken",
};
/** No room in the process that signs in, or none of the database's connections: the only faults that may be answered. */
const admission = new Set(["database_busy", "sign_in_busy"]);
/** What this installation has not, which it says. */
const notConfigured = new Set(["mail_unavailable"]);

interface Actor {
  readonly name: "investor" | "operator" | "stranger";
  readonly email: string;
  token: string | null;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

class NoAnswerError extends Error {}

function send(
  url: string,
  request: FuzzRequest,
  headers: Readonly<Record<string, string>>,
): Promise<Answer | null> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer | null>();
  const { method, path, body, dropAfter } = request;
  const length: Record<string, string> = body ? { "Content-Length": String(body.length) } : {};
  const all = { ...request.headers, ...length, ...headers };
  const sent = httpRequest(url + path, { method, headers: all, agent: false }, (response) => {
    const isStream = response.headers["content-type"]?.startsWith("text/event-stream");
    const pieces: Buffer[] = [];
    const end = (): void =>
      resolve({
        status: response.statusCode!,
        headers: response.headers,
        text: Buffer.concat(pieces).toString(),
      });
    if (isStream) {
      response.destroy();
      return end();
    }
    response
      .on("data", (piece: Buffer) => pieces.push(piece))
      .on("end", end)
      .on("error", reject);
  });
  sent.setTimeout(longestAnswerMilliseconds, () => sent.destroy(new NoAnswerError("no answer in time")));
  sent.on("error", (error) => (dropAfter === null ? reject(error) : resolve(null)));
  if (dropAfter === null) sent.end(body ?? undefined);
  else {
    if (body) sent.write(body.subarray(0, dropAfter));
    else sent.end();
    setTimeout(() => {
      sent.destroy();
      resolve(null);
    }, dropAfter % 30);
  }
  return promise;
}

/** Of the pages, as their sources have them. */
function pageTargets(): Target[] {
  const folder = join(import.meta.dirname, "../src/web/pages");
  return readdirSync(folder).flatMap((name) =>
    [...readFileSync(join(folder, name), "utf8").matchAll(/router\.(get|post)\("([^"]+)"/g)].map(
      ([, method, path]): Target => ({
        method: method!.toUpperCase(),
        path: path!.replaceAll(/:(\w+)/g, "{$1}"),
        query: Object.fromEntries(
          ["range", "page", "before", "after", "done", "select", "sort"].map((each) => [each, {}]),
        ),
        headers: [],
        body: null,
        form: method === "post" ? { csrf: "", done: "", next: "/portfolio", password } : null,
      }),
    ),
  );
}

class Fuzz {
  readonly #world: World;
  readonly #seed: number;
  readonly #actors: Actor[] = [];
  #targets: Target[] = [];
  #identifiers: string[] = [];
  readonly #statuses = new Map<string, number>();
  readonly problems: string[] = [];
  longest = 0;

  constructor(world: World, seed: number) {
    this.#world = world;
    this.#seed = seed;
  }

  async #post(path: string, body: object, token?: string): Promise<Answer> {
    const headers = {
      "Content-Type": "application/json",
      Origin: this.#world.url,
      ...(token && { Authorization: `Bearer ${token}` }),
    };
    const request = {
      method: "POST",
      path,
      headers,
      body: Buffer.from(JSON.stringify(body)),
      dropAfter: null,
    };
    return (await send(this.#world.url, request, {}))!;
  }

  /** Counts of attempts are forgotten: here everybody comes from one address. */
  async #signIn(email: string): Promise<string | null> {
    await this.#world.pool.query("truncate public.attempts");
    for (const path of ["/auth/login", "/auth/register"]) {
      const { text } = await this.#post(path, { email, password });
      const { token } = JSON.parse(text) as { token?: string };
      if (token !== undefined) return token;
    }
    return null;
  }

  async begin(): Promise<void> {
    const { pool, url } = this.#world;
    for (const name of ["operator", "investor"] as const) {
      const email = `${name}@example.org`;
      this.#actors.push({ name, email, token: await this.#signIn(email) });
    }
    this.#actors.push({ name: "stranger", email: "", token: null });
    const hidden = (await this.#signIn(secrets.email))!;
    const trade = { type: "BUY", quantity: secrets.quantity, price: secrets.price, date: "2024-01-05" };
    for (const ticker of tickers) await this.#post("/api/transactions", { ...trade, ticker }, hidden);
    await this.#post("/api/account/tokens", { name: secrets.name, scope: "read" }, hidden);
    for (const { token } of this.#actors)
      if (token !== null)
        await this.#post("/api/transactions", { ...trade, quantity: "2", price: "5", ticker: "TAA" }, token);
    this.problems.push(...(await becomesCalm(this.#world, calmMilliseconds)));
    // Else nobody could be told of it.
    const get = { method: "GET", path: "/api/transactions", headers: {}, body: null, dropAfter: null };
    const own = await send(url, get, { Authorization: `Bearer ${hidden}` });
    for (const secret of [secrets.quantity, secrets.price])
      if (!own!.text.includes(secret)) this.problems.push(`the other person's ${secret} is not recorded`);
    const { rows } = await pool.query<{ id: string }>(
      `select transaction_id::text as id from bronze.transactions
       union select user_id::text from public.users
       union select token_id::text from public.api_tokens
       union select run_id::text from orchestrator.runs
       union select unnest(array['0', '1', '-1', '999999'])
       order by id`,
    );
    this.#identifiers = rows.map(({ id }) => id);
    const document = await (await fetch(`${url}/api/openapi.json`)).json();
    const pages = pageTargets();
    this.#targets = [...describedTargets((document as { paths: object }).paths as never), ...pages];
    for (const { token } of this.#actors)
      for (const { method, path } of pages)
        if (method === "GET") this.#targets.push(...(await this.#formsOf(path, token)));
  }

  async #formsOf(path: string, token: string | null): Promise<Target[]> {
    const names: Readonly<Record<string, string>> = {
      ticker: "TAA",
      asset: "raw_prices",
      date: "2024-01-05",
    };
    const page = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => names[name] ?? "1");
    const headers = { Accept: "text/html", ...(token && { Authorization: `Bearer ${token}` }) };
    const request = { method: "GET", path: page, headers, body: null, dropAfter: null };
    const answer = await send(this.#world.url, request, {});
    return formTargets(page, answer!.text);
  }

  /** null, or what is wrong with it. */
  #judge(actor: Actor, request: FuzzRequest, { status, headers, text }: Answer): string | null {
    if (status >= 500) {
      const code = /"code":"(\w+)"/.exec(text)?.[1] ?? "";
      const isAdmission = status === 503 && headers["retry-after"] !== undefined;
      const isAllowed =
        (isAdmission && (admission.has(code) || !text.startsWith("{"))) || notConfigured.has(code);
      if (!isAllowed) return `status ${status} ${text.slice(0, 200)}`;
    }
    const known =
      decodeURIComponent(request.path.replaceAll(/%(?![0-9a-f]{2})/gi, "%25")) + (request.body ?? "");
    // The security log is the operators': who somebody is, and what their tokens are called, stands in it.
    const { quantity, price } = secrets;
    const hidden = actor.name === "operator" ? { quantity, price } : secrets;
    const told = Object.values(hidden).find((secret) => text.includes(secret) && !known.includes(secret));
    return told === undefined ? null : `tells ${told}, which is another person's`;
  }

  async ask(index: number): Promise<void> {
    const random = new Random(this.#seed * 1_000_003 + index);
    const actor = random.pick(this.#actors);
    const request = makeRequest(this.#targets, random, { identifiers: this.#identifiers });
    const isFromHere = random.next() < 0.95;
    const headers: Record<string, string> = {
      ...(isFromHere && { Origin: this.#world.url }),
      ...(actor.token && { Authorization: `Bearer ${actor.token}` }),
    };
    const asked = `request ${index}: ${actor.name} ${request.method} ${request.path.slice(0, 150)} ${request.body?.subarray(0, 200) ?? ""}`;
    const began = performance.now();
    try {
      const answer = await send(this.#world.url, request, headers);
      this.longest = Math.max(this.longest, performance.now() - began);
      const status = answer === null ? "dropped" : String(answer.status);
      const key = `${actor.name} ${status}`;
      this.#statuses.set(key, (this.#statuses.get(key) ?? 0) + 1);
      if (answer === null) return;
      const problem = this.#judge(actor, request, answer);
      if (problem !== null) this.problems.push(`${asked}: ${problem}`);
      if (answer.status === 401 && actor.token !== null) actor.token = await this.#again(actor);
    } catch (error) {
      this.problems.push(`${asked}: ${(error as Error).message}`);
    }
  }

  /** What was asked may well have ended the session, the account or the operator. */
  async #again(actor: Actor): Promise<string | null> {
    const token =
      (await this.#signIn(actor.email)) ??
      (await this.#signIn(`again.${Date.now()}.${actor.name}@example.org`));
    if (actor.name === "operator")
      await this.#world.pool.query(
        "update public.users set role = 'operator', disabled_at = null where email = $1",
        [actor.email],
      );
    return token;
  }

  /** What the other person has, to be compared. */
  async hidden(): Promise<string> {
    const { rows } = await this.#world.pool.query<{ ledger: string }>(
      `select string_agg(to_jsonb(transactions)::text, ' ' order by transaction_id) as ledger
       from bronze.transactions
       join public.users using (user_id)
       where email = $1`,
      [secrets.email],
    );
    return rows[0]!.ledger;
  }

  get counts(): [string, number][] {
    return [...this.#statuses].sort(([a], [b]) => a.localeCompare(b));
  }
}

/** How long whoever asks whether the process is up waits, five times a second. */
async function watchHealth(url: string, signal: AbortSignal): Promise<number[]> {
  const times: number[] = [];
  while (!signal.aborted) {
    const began = performance.now();
    const isUp = await fetch(`${url}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
    times.push(isUp ? performance.now() - began : Number.POSITIVE_INFINITY);
    await delay(200);
  }
  return times.sort((a, b) => a - b);
}

/** Returns what must not have happened. `isInterrupted`: no more are sent, and those that were are reported. */
export async function fuzz(count: number, seed: number, isInterrupted: () => boolean): Promise<string[]> {
  const world = await createWorld();
  try {
    const fuzzing = new Fuzz(world, seed);
    await fuzzing.begin();
    const before = await fuzzing.hidden();
    const over = new AbortController();
    const health = watchHealth(world.url, over.signal);
    const began = performance.now();
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < count && !isInterrupted()) await fuzzing.ask(next++);
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    const seconds = (performance.now() - began) / 1000;
    over.abort();
    const times = await health;
    const { problems } = fuzzing;
    // An operator may have switched them off.
    await world.pool.query("update orchestrator.automations set enabled = true");
    await world.pool.query("select pg_notify('orchestrator_changes', '')");
    problems.push(
      ...world.web.deaths,
      ...world.orchestrators.deaths,
      ...(await becomesCalm(world, calmMilliseconds)),
    );
    if ((await fuzzing.hidden()) !== before) problems.push("the other person's ledger is another");
    const at = (share: number): number => times[Math.floor((times.length - 1) * share)]!;
    if (!(at(0.5) < 50) || !(at(1) < 5000))
      problems.push(`/healthz took ${at(0.5)} ms, at the most ${at(1)} ms`);
    printTable(
      `${Math.min(next, count)} requests, seed ${seed}, in ${seconds.toFixed(0)} s`,
      ["", "answers"],
      fuzzing.counts,
    );
    console.log(
      `\nlongest answer ${fuzzing.longest.toFixed(0)} ms; /healthz: half within ${at(0.5).toFixed(1)} ms, 99 of 100 within ${at(0.99).toFixed(0)} ms, the longest ${at(1).toFixed(0)} ms; ${problems.length} violations`,
    );
    for (const problem of problems) console.log(`    ${problem}`);
    return problems;
  } finally {
    await world.close();
  }
}
