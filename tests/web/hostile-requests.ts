/** Sends hostile requests to the program as people run it, and says what is wrong with how it answers. */
import { Agent, request as httpRequest } from "node:http";
import { afterAll, expect } from "vitest";
import { watchTurns } from "../support/longest-turn.ts";
import { startProgram } from "../support/program.ts";
import { hostileTexts } from "./hostile-texts.ts";

/** Of a body; what an address and a header can have is as much as Node takes of all of them together. */
export const bodyLength = 100_000;
const addressLength = 4_000;
/** In time of the processor, of one thread and of all, so that a busy machine fails no test; what is slow once is asked again. */
const longestTurnMilliseconds = 50;
const longestMilliseconds = 1000;
/** By the clock, on whatever machine. */
const longestWaitMilliseconds = 20_000;
const tries = 4;

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Of what it is hostile, for the message of a failure. */
  readonly what: string;
}

export const kinds = Object.entries(hostileTexts);

/** A URL has no half characters; where they cannot stand they are replaced. */
export const encoded = (text: string): string => encodeURIComponent(text.toWellFormed());

/** As much of a text as an address can have, whatever of it has to be encoded. */
export function addressText(make: (length: number) => string): string {
  const text = make(addressLength);
  return encoded(text).length <= 3 * addressLength ? text : make(addressLength / 3);
}

/** `/tickers/:ticker` or `/api/tickers/{ticker}`. */
const parameters = /:(\w+)|\{(\w+)\}/g;

const sound: ReadonlyMap<string, string> = new Map([
  ["asset", "raw_prices"],
  ["ticker", "NORD"],
  ["figure", "xirr"],
  ["date", "2024-01-05"],
  ["name", "transactions"],
]);

/** With parameters that there are, or could be. */
export const soundPath = (path: string): string =>
  path.replaceAll(parameters, (_, colon, braces) => sound.get(colon ?? braces) ?? "1");

/** With each of its parameters as that text, the others sound. */
export function hostilePaths(path: string, text: string): string[] {
  const names = [...path.matchAll(parameters)].map(([whole]) => whole);
  return names.map((name) => soundPath(path.replace(name, () => encoded(text).replaceAll(":", "%3A"))));
}

export interface Attack {
  readonly url: string;
  /** Sends them one after the other, and /healthz beside each; fails with all that are not answered as they should be. */
  expectAnswers(calls: readonly Call[]): Promise<void>;
  /** That whoever asked meanwhile whether the process is up did not wait for it. */
  expectHealth(): void;
}

/** An operator's requests, who may ask for everything. */
export async function startAttack(): Promise<Attack> {
  const { url } = await startProgram();
  const token = await register(url);
  const agent = new Agent({ keepAlive: true });
  const turns = watchTurns();
  afterAll(() => {
    turns.stop();
    agent.destroy();
  });
  const health: number[] = [];

  /** The status; of a stream of events its beginning. */
  function send(call: Call): Promise<number> {
    const { method, path, headers = {}, body } = call;
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const length = body !== undefined && { "Content-Length": Buffer.byteLength(body) };
    const own = { Authorization: `Bearer ${token}`, Origin: url, ...length, ...headers };
    const sent = httpRequest(url + path, { method, agent, headers: own }, (response) => {
      const status = response.statusCode!;
      if (response.headers["content-type"]?.startsWith("text/event-stream")) {
        response.destroy();
        return resolve(status);
      }
      response.resume().on("end", () => resolve(status));
    });
    // A connection that was kept may be closed just as it is used again.
    const again = (): void => void send(call).then(resolve, reject);
    sent.on("error", (error) => (sent.reusedSocket ? again() : reject(error)));
    sent.end(body);
    return promise;
  }

  /** By a connection of its own, since the other one is taken. */
  async function askHealth(): Promise<void> {
    const start = performance.now();
    expect(await send({ method: "GET", path: "/healthz", what: "health" })).toBe(200);
    health.push(performance.now() - start);
  }

  /** null: answered as it should be. */
  async function faultOf(call: Call): Promise<string | null> {
    let fault: string | null = null;
    for (let attempt = 0; attempt < tries; attempt++) {
      turns.longest();
      const [start, before] = [performance.now(), process.cpuUsage()];
      const [status] = await Promise.all([send(call), askHealth()]);
      const { user, system } = process.cpuUsage(before);
      const [milliseconds, turn, waited] = [
        (user + system) / 1000,
        turns.longest(),
        performance.now() - start,
      ];
      if (status >= 500) return `status ${status}`;
      if (waited > longestWaitMilliseconds) return `${waited.toFixed(0)} ms by the clock`;
      if (turn <= longestTurnMilliseconds && milliseconds <= longestMilliseconds) return null;
      fault = `${milliseconds.toFixed(0)} ms, of them ${turn.toFixed(0)} ms in which nobody else was answered`;
    }
    return fault;
  }

  return {
    url,
    async expectAnswers(calls) {
      expect(calls.length).toBeGreaterThan(0);
      const faults: string[] = [];
      for (const call of calls) {
        const fault = await faultOf(call);
        if (fault !== null) faults.push(`${call.method} ${call.path.slice(0, 80)}, ${call.what}: ${fault}`);
      }
      expect(faults).toEqual([]);
    },
    expectHealth() {
      const times = health.toSorted((a, b) => a - b);
      // On a machine with other things to do the slowest of thousands says nothing of us.
      expect(times[Math.floor(times.length / 2)]).toBeLessThan(longestTurnMilliseconds);
    },
  };
}

async function register(url: string): Promise<string> {
  const response = await fetch(`${url}/auth/register`, {
    method: "POST",
    headers: { Origin: url, "Content-Type": "application/json" },
    body: JSON.stringify({ email: "operator@example.org", password: "correct horse battery" }),
  });
  return ((await response.json()) as { token: string }).token;
}
