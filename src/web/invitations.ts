/** Inviting people, and what invited people bring: what the API and the page share. */
import type { Request } from "express";
import {
  type Invitation,
  invitationLink,
  invitationToken,
  invite,
  RegistrationClosedError,
} from "../accounts/index.ts";
import { actorOf, type WebContext } from "./context.ts";
import { linkBase } from "./notices.ts";

/** What the link carried, from the address or the form. */
export function invitationOf({ query, body }: Request): string | undefined {
  const parsed = invitationToken.safeParse(body?.invitation ?? query.invitation);
  return parsed.data || undefined;
}

/** `link` is told this once. Throws EmailTakenError or RegistrationClosedError. */
export async function inviteInvestor(
  context: WebContext,
  request: Request,
  email: string,
): Promise<{ link: string; invitation: Invitation }> {
  const { registration } = context.deployment;
  if (registration === "closed") throw new RegistrationClosedError(registration);
  const { token, invitation } = await invite(context, actorOf(request), { email, role: "investor" });
  return { link: invitationLink(linkBase(context, request), token), invitation };
}
