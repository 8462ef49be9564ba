/** Invitations: links by which one account can be made, for a week. The first account's is one without an email. */
import type { Pool, PoolClient } from "pg";
import { z } from "zod";
import { personTransaction } from "../database/person.ts";
import { emailSchema } from "./accounts.ts";
import type { AccountContext } from "./context.ts";
import { EmailTakenError } from "./errors.ts";
import { hashOfLinkToken, makeLinkToken } from "./link-tokens.ts";
import type { Role } from "./person.ts";
import { type Actor, actorTransaction, recordSecurityEvent } from "./security-log.ts";

const invitationDays = 7;

export const invitationInput = z.object({ email: emailSchema });

/** What a link carries, as somebody brings it back. */
export const invitationToken = z.string().max(100);

/** As lists show it: the link itself is not kept. */
export interface Invitation {
  readonly invitation_id: string;
  readonly email: string;
  readonly role: Role;
  readonly created_at: Date;
  readonly expires_at: Date;
}

type InvitationContext = Pick<AccountContext, "pool" | "clock">;

const columns = "invitation_id, email, role, created_at, expires_at";

const expiry = (now: Date): Date => new Date(now.getTime() + invitationDays * 86_400_000);

/** Where a link leads. `origin`: of this installation. */
export function invitationLink(origin: string, token: string): string {
  return `${origin}/create-account?invitation=${token}`;
}

/**
 * Invites whoever has the email; `token` is returned this once, and takes the place of an earlier one. The web's role may
 * invite investors alone. Throws EmailTakenError.
 */
export async function invite(
  { pool, clock }: InvitationContext,
  actor: Actor,
  { email, role }: { readonly email: string; readonly role: Role },
): Promise<{ token: string; invitation: Invitation }> {
  const { token, tokenHash } = makeLinkToken();
  const now = clock();
  const invitation = await actorTransaction(pool, actor, async (client) => {
    const taken = await client.query("select from public.users where lower(email) = $1", [email]);
    if (taken.rowCount) throw new EmailTakenError(email);
    await client.query("delete from public.invitations where email = $1 or expires_at <= $2", [email, now]);
    const { rows } = await client.query<Invitation>(
      `insert into public.invitations (email, role, token_hash, created_at, expires_at)
       values ($1, $2, $3, $4, $5)
       returning ${columns}`,
      [email, role, tokenHash, now, expiry(now)],
    );
    await recordSecurityEvent(client, actor, { kind: "invitation_made", userId: null, detail: role });
    return rows[0]!;
  });
  return { token, invitation };
}

/** Those that can still be used, the newest first. */
export async function listInvitations(
  { pool, clock }: InvitationContext,
  operatorId: number,
): Promise<Invitation[]> {
  return personTransaction(pool, operatorId, async (client) => {
    const { rows } = await client.query<Invitation>(
      `select ${columns}
       from public.invitations
       where email is not null and expires_at > $1
       order by created_at desc, invitation_id`,
      [clock()],
    );
    return rows;
  });
}

/** False: there is no such invitation. */
export async function revokeInvitation(pool: Pool, actor: Actor, invitationId: string): Promise<boolean> {
  return actorTransaction(pool, actor, async (client) => {
    const { rowCount } = await client.query("delete from public.invitations where invitation_id::text = $1", [
      invitationId,
    ]);
    if (rowCount !== 1) return false;
    await recordSecurityEvent(client, actor, { kind: "invitation_revoked", userId: null });
    return true;
  });
}

/** A token for the first account; null: there is an account already. */
export async function inviteFirstOperator({ pool, clock }: InvitationContext): Promise<string | null> {
  const { token, tokenHash } = makeLinkToken();
  const now = clock();
  const { rows } = await pool.query<{ is_made: boolean }>(
    "select public.invite_first_operator($1, $2, $3) as is_made",
    [tokenHash, now, expiry(now)],
  );
  return rows[0]!.is_made ? token : null;
}

/** What a link is good for; `email` null: the first account. null: it was used, is too old, or never was one. */
export async function findInvitation(
  client: Pool | PoolClient,
  token: string,
  now: Date,
): Promise<{ email: string | null; role: Role } | null> {
  const { rows } = await client.query<{ email: string | null; role: Role }>(
    "select email, role from public.find_invitation($1, $2)",
    [hashOfLinkToken(token), now],
  );
  return rows[0] ?? null;
}
