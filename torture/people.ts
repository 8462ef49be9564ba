/**
 * People at work by HTTP, and what they know to be recorded. Whoever gets no answer asks again, with the same idempotency
 * key, until there is one: what was acknowledged must then be there once, and nothing else.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

const patienceMilliseconds = 120_000;
const requestMilliseconds = 20_000;
const mostTrades = 25;
/** Between two things that one person does. */
const pauseMilliseconds = 100;

interface Trade {
  readonly ticker: string;
  readonly type: "BUY" | "SELL";
  /** No two trades have the same: it tells them apart. */
  readonly quantity: string;
  readonly price: string;
  readonly date: string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly location: string | null;
}

/** Asks once; null: no answer, or that the service is not there for now. */
async function ask(url: string, init: RequestInit): Promise<Answer | null> {
  try {
    const response = await fetch(url, {
      ...init,
      redirect: "manual",
      signal: AbortSignal.timeout(requestMilliseconds),
    });
    const text = await response.text();
    if (response.status >= 500 || response.status === 429) return null;
    return { status: response.status, text, location: response.headers.get("Location") };
  } catch {
    return null;
  }
}

/** Asks until there is an answer. Throws when there is none for too long. */
async function insist(url: string, init: RequestInit): Promise<{ answer: Answer; asked: number }> {
  const deadline = performance.now() + patienceMilliseconds;
  for (let asked = 1; performance.now() < deadline; asked += 1) {
    const answer = await ask(url, init);
    if (answer) return { answer, asked };
    await delay(100);
  }
  throw new Error(`${init.method ?? "GET"} ${url} had no answer for ${patienceMilliseconds / 1000} s`);
}

let serial = 0;
/** A number of shares that no other trade has. */
const markOf = (shares: number): string => `${shares}.${String(++serial).padStart(8, "0")}1`;

export class Investor {
  readonly email: string;
  userId = 0;
  readonly #world: World;
  readonly #random: Random;
  #token = "";
  /** Quantity -> what was acknowledged and not deleted. */
  readonly recorded = new Map<string, Trade & { readonly id: number | null }>();
  readonly problems: string[] = [];
  acknowledged = 0;

  constructor(world: World, random: Random, email: string) {
    this.#world = world;
    this.#random = random;
    this.email = email;
  }

  async signUp(): Promise<void> {
    const body = JSON.stringify({ email: this.email, password: `correct horse ${this.email}` });
    const headers = { Origin: this.#world.url, "Content-Type": "application/json" };
    const { answer } = await insist(`${this.#world.url}/auth/register`, { method: "POST", headers, body });
    // 409: it was recorded before, and the answer was lost.
    const signedIn =
      answer.status === 409
        ? (await insist(`${this.#world.url}/auth/login`, { method: "POST", headers, body })).answer
        : answer;
    const { token, user } = JSON.parse(signedIn.text) as { token: string; user: { id: number } };
    this.#token = token;
    this.userId = user.id;
  }

  /** One thing that a person does. */
  async act(): Promise<void> {
    const chance = this.#random.next();
    if (this.recorded.size > mostTrades || (chance < 0.2 && this.recorded.size > 3)) await this.#delete();
    else if (chance < 0.35) await this.#import();
    else await this.trade(this.#random.pick(["TAA", "TAB", "TAC", "TAD", "TAE"]));
  }

  async trade(ticker: string): Promise<void> {
    const held = [...this.recorded.values()].filter((trade) => trade.ticker === ticker);
    const isSale = held.length > 1 && this.#random.next() < 0.3;
    await this.#record(this.#made(ticker, isSale ? "SELL" : "BUY"));
  }

  #made(ticker: string, type: "BUY" | "SELL"): Trade {
    const { bars } = this.#world.market.ticker(ticker);
    const place = type === "SELL" ? bars.length - 1 : this.#random.between(0, bars.length - 2);
    const { date, close } = bars[place]!;
    return {
      ticker,
      type,
      quantity: markOf(type === "SELL" ? 0 : this.#random.between(1, 9)),
      price: String(close),
      date,
    };
  }

  #headers(type: string): Record<string, string> {
    return { Authorization: `Bearer ${this.#token}`, "Content-Type": type };
  }

  async #record(trade: Trade): Promise<void> {
    const { answer } = await insist(`${this.#world.url}/api/transactions`, {
      method: "POST",
      headers: { ...this.#headers("application/json"), "Idempotency-Key": `trade ${trade.quantity}` },
      body: JSON.stringify(trade),
    });
    if (answer.status === 201) {
      const { transaction } = JSON.parse(answer.text) as { transaction: { transaction_id: number } };
      this.recorded.set(trade.quantity, { ...trade, id: transaction.transaction_id });
      this.acknowledged += 1;
    } else if (answer.status !== 422) this.#wrong(`POST /api/transactions: ${answer.status} ${answer.text}`);
  }

  async #delete(): Promise<void> {
    const trade = this.#random.pick([...this.recorded.values()].filter(({ id }) => id !== null));
    if (!trade) return;
    const { answer, asked } = await insist(`${this.#world.url}/api/transactions/${trade.id}`, {
      method: "DELETE",
      headers: this.#headers("application/json"),
    });
    // 404 to a repeated request: the first was done, and its answer was lost.
    if (answer.status === 204 || (answer.status === 404 && asked > 1)) {
      this.recorded.delete(trade.quantity);
      this.acknowledged += 1;
    } else if (answer.status !== 409) this.#wrong(`DELETE a trade: ${answer.status} ${answer.text}`);
  }

  /** All rows or none; the same file again finds its rows recorded. */
  async #import(): Promise<void> {
    const trades = Array.from({ length: this.#random.between(2, 6) }, () =>
      this.#made(this.#random.pick(["TAA", "TAB", "TAC"]), "BUY"),
    );
    const lines = trades.map(({ date, ticker, type, quantity, price }) =>
      [date, ticker, type, quantity, price].join(","),
    );
    const csv = ["date,ticker,type,quantity,price", ...lines].join("\n");
    const { answer, asked } = await insist(`${this.#world.url}/transactions/import`, {
      method: "POST",
      headers: this.#headers("application/x-www-form-urlencoded"),
      body: new URLSearchParams({ csv, step: "import" }).toString(),
    });
    const imported = /imported=(\d+)/.exec(answer.location ?? "")?.[1];
    if (imported === String(trades.length) || (answer.status === 422 && asked > 1)) {
      for (const trade of trades) this.recorded.set(trade.quantity, { ...trade, id: null });
      this.acknowledged += trades.length;
    } else this.#wrong(`import of ${trades.length}: ${answer.status} ${answer.location}`);
  }

  #wrong(problem: string): void {
    this.problems.push(`${this.email}: unexpected answer to ${problem}`);
  }
}

/** Several investors, each doing one thing after another until told to stop. */
export class People {
  readonly investors: readonly Investor[];
  #working = false;
  #work: Promise<unknown> = Promise.resolve();
  #failures: string[] = [];

  constructor(world: World, random: Random, count: number) {
    this.investors = Array.from(
      { length: count },
      (_, index) => new Investor(world, random, `person${index}@example.org`),
    );
  }

  get acknowledged(): number {
    return this.investors.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  }

  begin(): void {
    this.#working = true;
    this.#work = Promise.all(
      this.investors.map(async (investor) => {
        try {
          while (this.#working) {
            await investor.act();
            await delay(pauseMilliseconds);
          }
        } catch (error) {
          this.#failures.push(`${investor.email}: ${(error as Error).message}`);
        }
      }),
    );
  }

  /** Each ends what it is at: with an answer. Returns what went wrong since. */
  async end(): Promise<string[]> {
    this.#working = false;
    await this.#work;
    const problems = [...this.#failures, ...this.investors.flatMap((one) => one.problems.splice(0))];
    this.#failures = [];
    return problems;
  }
}
