/** One price source for many people: shares, pace, and no question twice. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { TooManyLookupsError, UnknownTickerError } from "../../src/market/errors.ts";
import { type Ration, rationed } from "../../src/market/rationed.ts";
import type { PriceSource } from "../../src/market/source.ts";
import { createYahooPriceSource } from "../../src/market/yahoo.ts";
import { withinRequest } from "../../src/request-scope.ts";
import { createReplayServer, type ReplayServer } from "../support/replay-server.ts";

let server: ReplayServer;

beforeEach(async () => {
  server = await createReplayServer();
});

afterEach(() => server.close());

const unlimited = { burst: 1e6, perSecond: 1e6 };

function sourceWith(ration: Partial<Ration>): PriceSource {
  const yahoo = createYahooPriceSource({ baseUrl: server.url, clock: server.clock, firstDelayMs: 2 });
  return rationed(yahoo, "a replay server", { person: unlimited, everybody: unlimited, ...ration });
}

const { signal } = new AbortController();

function as<T>(person: number, work: () => T): T {
  return withinRequest({ signal, personId: () => person, address: "" }, work);
}

const asked = (kind: string): number => server.requests.filter((request) => request.kind === kind).length;

async function refusals(work: readonly Promise<unknown>[]): Promise<unknown[]> {
  const results = await Promise.allSettled(work);
  return results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
}

test("who has had a share is refused, in plain words and with the time to try again; others go on", async () => {
  const prices = sourceWith({ person: { burst: 5, perSecond: 0.01 } });
  const searches = Array.from({ length: 30 }, (_, index) => as(1, () => prices.search(`text ${index}`)));
  const refused = await refusals(searches);
  expect([refused.length, asked("search")]).toEqual([25, 5]);
  const error = refused[0] as TooManyLookupsError;
  expect(error).toBeInstanceOf(TooManyLookupsError);
  expect(error.message).toBe(
    "you have asked a replay server for more than one person may (5 searches and look-ups at once, 0.01 a second after that), which all " +
      "people here share; try again in 100 s",
  );
  await expect(as(1, () => prices.describe("ACME"))).rejects.toThrow(TooManyLookupsError);
  expect((await as(2, () => prices.describe("ACME"))).ticker).toBe("ACME");
  expect((await prices.describe("ACME")).ticker).toBe("ACME"); // the program's own work has no share
});

test("a share comes back with time", async () => {
  const prices = sourceWith({ person: { burst: 1, perSecond: 50 } });
  await as(1, () => prices.search("a"));
  await expect
    .poll(() =>
      as(1, () => prices.search("b")).then(
        () => "found",
        () => "refused",
      ),
    )
    .toBe("found");
});

test("in all it is asked at a pace, and a person with many questions waits behind his own", async () => {
  const everybody = { burst: 4, perSecond: 40 };
  const prices = sourceWith({ everybody });
  const order: number[] = [];
  const start = performance.now();
  const search = (person: number, text: string) =>
    as(person, () => prices.search(text)).then(() => order.push(person));
  const many = Array.from({ length: 24 }, (_, index) => search(1, `many ${index}`));
  const few = [search(2, "few"), search(3, "few others")];
  await Promise.all(few);
  expect(order.filter((person) => person === 1).length).toBeLessThan(12); // not behind all of them
  await Promise.all(many);
  const seconds = (performance.now() - start) / 1000;
  expect(asked("search")).toBe(26);
  expect(asked("search")).toBeLessThanOrEqual(everybody.burst + everybody.perSecond * seconds + 1);
});

test("a look-up by several at once is one, and one who leaves takes it from nobody", async () => {
  const prices = sourceWith({});
  const answer = server.hold("chart");
  const all = [1, 2, 3].map((person) => as(person, () => prices.describe(person === 3 ? " acme " : "ACME")));
  answer();
  expect((await Promise.all(all)).map(({ ticker }) => ticker)).toEqual(["ACME", "ACME", "ACME"]);
  expect(asked("chart")).toBe(1);
  await as(1, () => prices.describe("ACME")); // later it is asked anew
  expect(asked("chart")).toBe(2);
});

test("what the source does not know is not asked again for a while", async () => {
  const prices = sourceWith({ unknownMilliseconds: 300 });
  const look = (ticker: string) => refusals([as(1, () => prices.describe(ticker))]);
  expect((await look("NOSUCH"))[0]).toBeInstanceOf(UnknownTickerError);
  const before = asked("chart");
  for (const ticker of ["NOSUCH", "nosuch", " NoSuch "])
    expect((await look(ticker))[0]).toBeInstanceOf(UnknownTickerError);
  expect(asked("chart")).toBe(before);
  server.addTicker({ ...server.ticker("ACME"), ticker: "NOSUCH" });
  await expect.poll(() => look("NOSUCH")).toEqual([]);
});

test("a source that refuses everybody is no share that was used up", async () => {
  const prices = sourceWith({});
  server.fail("search", "429", 1, { retryAfterSeconds: 60 });
  const [error] = await refusals([as(1, () => prices.search("acme"))]);
  expect(error).toMatchObject({ code: "market_data_unavailable", reason: "rate_limited" });
});
