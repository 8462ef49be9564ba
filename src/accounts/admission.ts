/** Who may make an account. */
import type { Pool, PoolClient } from "pg";
import type { RegistrationPolicy } from "../config.ts";
import { hasAccounts } from "./accounts.ts";
import {
  FirstAccountError,
  InvalidInvitationError,
  InvitedEmailError,
  RegistrationClosedError,
} from "./errors.ts";
import { findInvitation } from "./invitations.ts";

export interface Newcomer {
  readonly email: string;
  /** What their link carries; null: they have none. */
  readonly invitation: string | null;
  /** They sit at the machine, which nobody else can reach: the first account may be theirs. */
  readonly isLocal: boolean;
}

/**
 * Returns where the newcomer may make an account. The first account, an operator's, is never whoever's comes first from
 * another machine. Throws FirstAccountError, InvalidInvitationError, InvitedEmailError or RegistrationClosedError.
 */
export async function admit(
  client: Pool | PoolClient,
  now: Date,
  registration: RegistrationPolicy,
  { email, invitation: token, isLocal }: Newcomer,
): Promise<void> {
  const invitation = token === null ? null : await findInvitation(client, token, now);
  const invitedEmail = invitation?.email ?? null;
  if (invitedEmail !== null && invitedEmail !== email) throw new InvitedEmailError(invitedEmail);
  if (!(await hasAccounts(client))) {
    if (isLocal || invitation) return;
    throw token === null ? new FirstAccountError() : new InvalidInvitationError();
  }
  if (registration === "closed") throw new RegistrationClosedError(registration);
  if (invitedEmail !== null || registration === "open") return;
  throw token === null ? new RegistrationClosedError(registration) : new InvalidInvitationError();
}
