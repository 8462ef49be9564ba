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
import type { Role } from "./person.ts";

export interface Newcomer {
  readonly email: string;
  /** What their link carries; null: they have none. */
  readonly invitation: string | null;
  /** They sit at the machine, which nobody else can reach: the first account may be theirs. */
  readonly isLocal: boolean;
}

/**
 * The role of the account that the newcomer may make. The first account, an operator's, is never whoever's comes first from
 * another machine. Throws FirstAccountError, InvalidInvitationError, InvitedEmailError or RegistrationClosedError.
 */
export async function admit(
  client: Pool | PoolClient,
  now: Date,
  registration: RegistrationPolicy,
  { email, invitation: token, isLocal }: Newcomer,
): Promise<Role> {
  const invitation = token === null ? null : await findInvitation(client, token, now);
  const invitedEmail = invitation?.email ?? null;
  if (invitedEmail !== null && invitedEmail !== email) throw new InvitedEmailError(invitedEmail);
  if (!(await hasAccounts(client))) {
    if (isLocal || invitation) return "operator";
    throw token === null ? new FirstAccountError() : new InvalidInvitationError();
  }
  if (registration === "closed") throw new RegistrationClosedError(registration);
  if (invitedEmail !== null) return invitation!.role;
  if (registration === "open") return "investor";
  throw token === null ? new RegistrationClosedError(registration) : new InvalidInvitationError();
}
