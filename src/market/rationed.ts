/**
 * A price source that many people share through one program. Each has a share of what is asked of it, in all it is asked no
 * faster than it bears, and it is not asked twice for what it has just said.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Bulkhead } from "../bulkhead.ts";
import { currentRequest, requesterKey } from "../request-scope.ts";
import { MarketDataUnavailableError, TooManyLookupsError, UnknownTickerError } from "./errors.ts";
import type { PriceHistory, PriceSource, Profile, TickerDescription, TickerMatch } from "./source.ts";
import { type Rate, TokenBucket } from "./token-bucket.ts";

export interface Ration {
  /** Of one person: the burst is a file with sixty new tickers, each looked up and its history read. */
  readonly person: Rate;
  readonly everybody: Rate;
  /** How long a symbol that the source does not know is taken for unknown without asking. */
  readonly unknownMilliseconds: number;
}

const usual: Ration = {
  person: { burst: 120, perSecond: 2 },
  everybody: { burst: 240, perSecond: 8 },
  unknownMilliseconds: 60_000,
};

/** As many as the client has on their way at once, and of one person's fewer than that. */
const atOnce = 4;
const atOncePerPerson = 3;
const waitMilliseconds = 5000;
const keptUnknown = 1000;
/** More people than ask at once; beyond it those are forgotten who have their whole share again. */
const keptPeople = 10_000;

class RationedPriceSource implements PriceSource {
  readonly #source: PriceSource;
  readonly #name: string;
  readonly #ration: Ration;
  readonly #everybody: TokenBucket;
  readonly #people = new Map<string, TokenBucket>();
  readonly #places: Bulkhead;
  /** What is being asked just now: whoever asks the same waits for the same answer. */
  readonly #asked = new Map<string, Promise<unknown>>();
  /** Ticker -> until when (performance.now()) it is not asked about; the oldest first. */
  readonly #unknown = new Map<string, number>();

  constructor(source: PriceSource, name: string, ration: Ration) {
    this.#source = source;
    this.#name = name;
    this.#ration = ration;
    this.#everybody = new TokenBucket(ration.everybody);
    this.#places = new Bulkhead({
      atOnce,
      atOncePerKey: atOncePerPerson,
      waiting: 1000,
      waitingPerKey: 30,
      waitMilliseconds,
      refuse: () => new MarketDataUnavailableError(name, "busy", { retryAfterSeconds: 5 }),
    });
  }

  search(query: string): Promise<TickerMatch[]> {
    const text = query.trim();
    return this.#once(`search ${text.toLowerCase()}`, () => this.#source.search(text));
  }

  async describe(ticker: string): Promise<TickerDescription> {
    const symbol = ticker.trim().toUpperCase();
    if ((this.#unknown.get(symbol) ?? 0) > performance.now()) throw new UnknownTickerError(symbol);
    try {
      return await this.#once(`describe ${symbol}`, () => this.#source.describe(symbol));
    } catch (error) {
      if (error instanceof UnknownTickerError) this.#keepUnknown(symbol);
      throw error;
    }
  }

  async history(
    ticker: string,
    from: string | null,
    signal?: AbortSignal,
    days?: readonly string[],
  ): Promise<PriceHistory> {
    const ask = () => this.#source.history(ticker, from, signal, days);
    return this.#inTurn(this.#requireShare(), ask, signal);
  }

  async profile(ticker: string, signal?: AbortSignal): Promise<Profile | null> {
    return this.#inTurn(this.#requireShare(), () => this.#source.profile(ticker, signal), signal);
  }

  /** No signal: an answer may be waited for by several, and one who leaves takes it from none of the others. */
  async #once<T>(question: string, ask: () => Promise<T>): Promise<T> {
    const asked = this.#asked.get(question) as Promise<T> | undefined;
    if (asked !== undefined) return asked;
    const answer = this.#inTurn(this.#requireShare(), ask).finally(() => this.#asked.delete(question));
    this.#asked.set(question, answer);
    return answer;
  }

  /** The key of who asks, one of their tokens taken. Throws TooManyLookupsError. What is nobody's request has no share. */
  #requireShare(): string {
    const request = currentRequest();
    if (!request) return "program";
    const key = requesterKey(request);
    const wait = this.#bucketOf(key).take();
    if (wait > 0) throw new TooManyLookupsError(this.#name, this.#ration.person, Math.ceil(wait / 1000));
    return key;
  }

  #bucketOf(key: string): TokenBucket {
    const known = this.#people.get(key);
    if (known) return known;
    if (this.#people.size >= keptPeople)
      for (const [other, { isFull }] of this.#people) if (isFull) this.#people.delete(other);
    const bucket = new TokenBucket(this.#ration.person);
    this.#people.set(key, bucket);
    return bucket;
  }

  /** People take turns for the places, and who has one waits for a token of everybody's. */
  #inTurn<T>(key: string, ask: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const paced = async (): Promise<T> => {
      for (let wait = this.#everybody.take(); wait > 0; wait = this.#everybody.take())
        await sleep(wait, undefined, { signal });
      return ask();
    };
    return this.#places.run(key, paced, signal);
  }

  #keepUnknown(symbol: string): void {
    this.#unknown.delete(symbol);
    if (this.#unknown.size >= keptUnknown) this.#unknown.delete(this.#unknown.keys().next().value!);
    this.#unknown.set(symbol, performance.now() + this.#ration.unknownMilliseconds);
  }
}

/** `name`: the source's, for people. Beside what the source throws, its methods throw TooManyLookupsError. */
export function rationed(source: PriceSource, name: string, ration: Partial<Ration> = {}): PriceSource {
  return new RationedPriceSource(source, name, { ...usual, ...ration });
}
