/** Everything by which a person is signed in, ended at once. */
import type { Pool, PoolClient } from "pg";
import { type Actor, actorTransaction, recordSecurityEvent } from "./security-log.ts";
import { revokeSessions } from "./sessions.ts";
import { revokeTokens } from "./tokens.ts";

/** What is ended: all sessions, and the API tokens too or not. */
export interface AccessToEnd {
  readonly tokens: boolean;
}

/** Signs a person out everywhere, in every process. */
export function endAccess(pool: Pool, userId: number, what: AccessToEnd, actor: Actor): Promise<void> {
  return actorTransaction(pool, actor, (client) => endAccessWithin(client, userId, what, actor));
}

/** The same, as a part of more. */
export async function endAccessWithin(
  client: PoolClient,
  userId: number,
  { tokens }: AccessToEnd,
  actor: Actor,
): Promise<void> {
  await revokeSessions(client, userId, null);
  await recordSecurityEvent(client, actor, { kind: "sessions_ended", userId });
  if (!tokens) return;
  const ended = await revokeTokens(client, userId);
  if (ended > 0) await recordSecurityEvent(client, actor, { kind: "tokens_revoked", userId, detail: "all" });
}
