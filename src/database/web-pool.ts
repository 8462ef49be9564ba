/** The web's connections: whoever waits for one, and whatever runs on it, is bounded, and ends with its request. */
import { connect as connectSocket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { Bulkhead } from "../bulkhead.ts";
import { currentRequest, type RequestScope } from "../request-scope.ts";
import { limitAnswers } from "./answer-limit.ts";
import { DatabaseBusyError, TooManyRequestsError } from "./errors.ts";
import { createPool, type PoolOptions } from "./pool.ts";

/** One of them listens for notifications. */
const connections = 12;
/** Of one person at once: others always find some, whatever one of them asks for. */
export const connectionsPerPerson = 4;
const waitingPerPerson = 32;
const defaultWaitSeconds = 5;
/** How long a cancellation may take before the connection is just cut. */
const cancelMilliseconds = 1000;

export interface WebPoolOptions extends Omit<PoolOptions, "Pool" | "max" | "min" | "pipeline"> {
  readonly statementSeconds: number;
}

/**
 * A pool whose users notice nothing but its errors: TooManyRequestsError where one person asks for too much at once,
 * DatabaseBusyError where no connection became free in time, DatabaseSilentError where the server says nothing any more. A request that is dropped leaves the queue; what it has running
 * on the server is cancelled, and its transaction undone.
 */
export function createWebPool(options: WebPoolOptions): pg.Pool {
  const pool = createPool({
    waitSeconds: defaultWaitSeconds,
    ...options,
    max: connections,
    min: connectionsPerPerson, // a dashboard on new ones is planned anew
    pipeline: true,
    Pool: RequestPool,
  });
  pool.on("connect", (client) => limitAnswers(client, options.statementSeconds));
  return pool;
}

type Release = (destroy?: Error | boolean) => void;
type OnConnect = (error: Error | undefined, client: pg.PoolClient | undefined, release: Release) => void;

class RequestPool extends pg.Pool {
  readonly #waitSeconds: number;
  readonly #shares: Bulkhead;

  constructor(config: pg.PoolConfig) {
    super(config);
    const waitMilliseconds = config.connectionTimeoutMillis!;
    this.#waitSeconds = waitMilliseconds / 1000;
    this.#shares = new Bulkhead({
      atOnce: Number.POSITIVE_INFINITY, // the pool's own
      atOncePerKey: connectionsPerPerson,
      waiting: Number.POSITIVE_INFINITY,
      waitingPerKey: waitingPerPerson,
      waitMilliseconds,
      refuse: () => new TooManyRequestsError(connectionsPerPerson, this.#waitSeconds),
    });
  }

  /** Both ways of `pg.Pool`; its `query` comes this way, too. */
  override connect(): Promise<pg.PoolClient>;
  override connect(callback: OnConnect): void;
  override connect(callback?: OnConnect): Promise<pg.PoolClient> | undefined {
    const request = currentRequest();
    const client = request ? this.#connectFor(request) : this.#connect();
    if (!callback) return client;
    client.then(
      (connected) => callback(undefined, connected, connected.release),
      (error: Error) => callback(error, undefined, () => {}),
    );
    return undefined;
  }

  async #connectFor({ signal, personId }: RequestScope): Promise<pg.PoolClient> {
    const person = personId();
    const leave = person === null ? () => {} : await this.#shares.enter(String(person), signal);
    const connecting = this.#connect();
    try {
      const client = await orAborted(connecting, signal);
      endWith(signal, client, leave);
      return client;
    } catch (error) {
      if (signal.aborted)
        connecting.then(
          (client) => client.release(),
          () => {},
        );
      leave();
      throw error;
    }
  }

  async #connect(): Promise<pg.PoolClient> {
    try {
      return await super.connect();
    } catch (error) {
      // They have no code: one is of who waited, the other of the server that did not answer.
      const isLate = error instanceof Error && /^timeout exceeded|connection timeout$/.test(error.message);
      throw isLate ? new DatabaseBusyError(this.#waitSeconds, { cause: error }) : error;
    }
  }
}

/** Throws the signal's reason as soon as that aborts; what comes of the promise later is the caller's to see to. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** From now until it is released the client works for a request: then `leave` is called, and `signal` ends it before. */
function endWith(signal: AbortSignal, client: pg.PoolClient, leave: () => void): void {
  const release = client.release;
  const cancel = (): void => void cancelAndCut(client);
  client.release = (destroy) => {
    signal.removeEventListener("abort", cancel);
    leave();
    release(signal.aborted || destroy);
  };
  signal.addEventListener("abort", cancel, { once: true });
}

/**
 * Cancels what the client has running, then cuts its connection, so that nothing comes after it in its transaction: a
 * cancellation that arrives between two statements stops neither. Never throws.
 */
async function cancelAndCut(client: pg.PoolClient): Promise<void> {
  const ended = new AbortController();
  const patience = delay(cancelMilliseconds, undefined, { signal: ended.signal }).catch(() => {});
  await Promise.race([requestCancellation(client), patience]);
  ended.abort();
  client.once("error", () => {}); // that it was cut is no news to anybody
  client.connection.stream.destroy();
}

interface CancelKey {
  readonly processID: number;
  readonly secretKey: number;
}

/** The code of a CancelRequest, in the place of a protocol version. */
const cancelRequestCode = 80_877_102;

/**
 * PostgreSQL's CancelRequest, by the key that the connection was given at its start: that takes no right to signal others,
 * which the web's role has not, and no free connection. Returns once the server has taken it.
 */
function requestCancellation(client: pg.PoolClient): Promise<void> {
  // Of the key pg's types say nothing.
  const { host, port, processID, secretKey } = client as unknown as pg.Client & CancelKey;
  const message = Buffer.alloc(16);
  message.writeInt32BE(16, 0);
  message.writeInt32BE(cancelRequestCode, 4);
  message.writeInt32BE(processID, 8);
  message.writeInt32BE(secretKey, 12);
  return new Promise((done) => {
    const socket = host.startsWith("/")
      ? connectSocket(`${host}/.s.PGSQL.${port}`)
      : connectSocket(port, host);
    socket.once("connect", () => socket.write(message));
    socket.resume();
    socket.once("error", () => done());
    socket.once("close", () => done()); // it answers with nothing but that
  });
}
