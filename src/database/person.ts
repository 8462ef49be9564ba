import { DatabaseError, type Pool, type PoolClient, type QueryConfig, type QueryResultRow } from "pg";
import { currentRequest } from "../request-scope.ts";
import { socketOf, timesLonger, withLongerAnswers } from "./answer-limit.ts";
import { transaction } from "./transaction.ts";

/** So many times as long as others may take; where those are not limited (0), neither are these. */
const forLong = `select set_config('statement_timeout', ${timesLonger} * extract(epoch from current_setting('statement_timeout')::interval) || 's', true)`;

export interface PersonTransactionOptions {
  /** Its statements touch all that the person has, and may take longer than the web's others. */
  readonly isLong?: boolean;
  /** snapshot: read only, and all of it as of one moment. */
  readonly mode?: "snapshot";
  /**
   * Its prepared statements are planned once for whatever values, not for each of the first five looks that a connection
   * serves: half of what the figures of a year cost there.
   */
  readonly isPlannedOnce?: boolean;
}

/**
 * Runs `work` in a transaction that acts for one person: row-level security shows and takes only their rows. Read only, where the
 * request is: somebody looks at what is another's.
 */
export function personTransaction<T>(
  pool: Pool,
  userId: number,
  work: (client: PoolClient) => Promise<T>,
  { isLong = false, mode, isPlannedOnce = false }: PersonTransactionOptions = {},
): Promise<T> {
  const plans = isPlannedOnce ? "; set local plan_cache_mode = force_generic_plan" : "";
  const begin = `${beginFor(userId, mode)}${plans}`;
  if (!isLong) return transaction(pool, work, { begin });
  return transaction(pool, (client) => withLongerAnswers(client, () => work(client)), {
    begin: `${begin}; ${forLong}`,
  });
}

function beginFor(userId: number, mode?: "snapshot" | "reading"): string {
  if (!Number.isSafeInteger(userId)) throw new TypeError(`expected a user id, got: ${userId}`);
  const isReadOnly = mode === "reading" || currentRequest()?.isReadOnly === true;
  const characteristics =
    mode === "snapshot" ? " isolation level repeatable read, read only" : isReadOnly ? " read only" : "";
  // A literal, because set_config() does not reach the workers of a distributed database.
  return `begin${characteristics}; set local app.user_id = '${userId}'`;
}

/**
 * The rows of one statement that acts for one person. What is asked most often takes one round trip, not three: on a connection of
 * the web the transaction leaves as a whole.
 */
export async function personRows<R extends QueryResultRow>(
  pool: Pool,
  userId: number,
  statement: QueryConfig,
): Promise<R[]> {
  const begin = beginFor(userId);
  const client = await pool.connect();
  const ignore = (): void => {}; // of a connection that dies its statements tell
  client.on("error", ignore);
  const [begun, read, ended] = await inOneFlight(client, () =>
    Promise.allSettled([client.query(begin), client.query<R>(statement), client.query("commit")]),
  );
  client.off("error", ignore);
  client.release(ended.status === "rejected");
  const refused = [begun, read, ended].find(({ status }) => status === "rejected");
  if (refused?.status === "rejected") throw refused.reason;
  return read.status === "fulfilled" ? read.value.rows : [];
}

/**
 * Runs `work`, which only reads, in a transaction that acts for one person: what it asks for at once leaves with the transaction's
 * beginning (`inOneFlight`). Should that fail, what came after it has seen nobody's rows, and is thrown away.
 */
export function personReading<T>(
  pool: Pool,
  userId: number,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const begin = beginFor(userId, "reading");
  return transaction(
    pool,
    async (client) => {
      const [, result] = await inOneFlight(client, () => together([client.query(begin), work(client)]));
      return result;
    },
    { begin: null },
  );
}

const inFailedTransaction = "25P02";

const codeOf = (reason: unknown): unknown => (reason instanceof DatabaseError ? reason.code : null);

/** As Promise.all, but ends when all have ended: a connection is not given back while one of them may still ask it for something. */
export async function together<T extends readonly unknown[] | []>(
  work: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  const ended = await Promise.allSettled(work);
  const reasons: unknown[] = ended.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  // What was sent after the statement that failed failed with it, and says no more than that.
  const told = reasons.find((reason) => codeOf(reason) !== inFailedTransaction) ?? reasons[0];
  if (reasons.length > 0) throw told;
  return Promise.all(work);
}

/**
 * Runs `work`, whose statements on a connection of the web do not wait for each other: those that it begins at once leave together,
 * and their answers come together. On other connections they take their turns.
 */
export function inOneFlight<T>(client: PoolClient, work: () => Promise<T>): Promise<T> {
  const socket = socketOf(client);
  socket.cork(); // else each statement is a packet, and wakes the server
  try {
    return work();
  } finally {
    socket.uncork();
  }
}

/**
 * The pool for what takes a pool and is to act for one person: each statement given to it runs in a transaction of theirs.
 * Connections taken from it act for nobody.
 */
export function personPool(pool: Pool, userId: number): Pool {
  const query = (...statement: Parameters<PoolClient["query"]>) =>
    personTransaction(pool, userId, (client) => client.query(...statement) as unknown as Promise<unknown>);
  const connect = () => pool.connect();
  return Object.create(pool, { query: { value: query }, connect: { value: connect } }) as Pool;
}
