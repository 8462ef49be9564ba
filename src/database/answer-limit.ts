/**
 * How long the web waits for a server that says nothing: the statement timeout is the server's, and one that is cut off from us, on a
 * connection that looks open, keeps no time for us.
 */
import type { Socket } from "node:net";
import type { PoolClient } from "pg";
import { DatabaseSilentError } from "./errors.ts";

/** The server stops a statement first, and says so. */
const marginSeconds = 5;
/** What may take longer: see `forLong` in person.ts. */
export const timesLonger = 4;

/** Of connections that are limited. */
const limits = new WeakMap<object, number>();

/** pg's types know it as less than it is. */
export const socketOf = (client: PoolClient): Socket => client.connection.stream as Socket;

/** From now on a statement of the client that hears nothing for longer fails with DatabaseSilentError, and its connection is cut. */
export function limitAnswers(client: PoolClient, statementSeconds: number): void {
  const seconds = statementSeconds + marginSeconds;
  limits.set(client, seconds);
  const stream = socketOf(client);
  stream.setTimeout(seconds * 1000);
  stream.on("timeout", () => {
    // pg's types leave it out. Between two statements there is nothing to wait for.
    if ((client as PoolClient & { readonly readyForQuery: boolean }).readyForQuery) return;
    stream.destroy(new DatabaseSilentError(stream.timeout! / 1000));
  });
}

/** Runs `work`, whose statements the server lets take longer. */
export async function withLongerAnswers<T>(client: PoolClient, work: () => Promise<T>): Promise<T> {
  const seconds = limits.get(client);
  if (seconds === undefined) return work();
  const stream = socketOf(client);
  stream.setTimeout(seconds * timesLonger * 1000);
  try {
    return await work();
  } finally {
    stream.setTimeout(seconds * 1000);
  }
}
