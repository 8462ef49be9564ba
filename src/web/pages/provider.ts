/** Signing in, proving who one is, and connecting an account, by way of an OpenID provider. */
import { type Request, type Response, Router } from "express";
import {
  type Account,
  connectIdentity,
  createIdentityAccount,
  disconnectIdentity,
  findIdentityAccount,
  hasSecondFactor,
  InvitedEmailError,
  isEmailTaken,
  isIdentityOf,
  markProved,
  readFactors,
  type Step,
} from "../../accounts/index.ts";
import { defaultQuotas } from "../../quotas.ts";
import { admitNewcomer, limitsOf, openSession } from "../auth.ts";
import { actorOf, requirePerson, requireProof, strangerOf, type WebContext } from "../context.ts";
import { ProviderRefusedError, UnverifiedEmailError } from "../errors.ts";
import { invitationOf } from "../invitations.ts";
import { t } from "../messages/index.ts";
import { notifyConnected, notifyDisconnected } from "../notices.ts";
import {
  type Arrival,
  beginJourney,
  callbackPath,
  endJourney,
  type Purpose,
  requireProvider,
} from "../oidc.ts";
import { giveTicket, takeTicket } from "../tickets.ts";
import type { SendAccountProblem } from "./factors.ts";
import { nextOf, nextQuery } from "./next-page.ts";
import { refusal, type SendPage } from "./page.ts";
import { leaveOf, openPending, sealPending, sendProof } from "./proof.ts";

export function providerPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();

  router.post("/sign-in/provider", async (request, response) => {
    const pending: unknown = request.body?.pending;
    if (pending === undefined) {
      const next = nextOf(request);
      const invitation = invitationOf(request) ?? "";
      const purpose: Purpose = { purpose: "sign-in", credentialId: null, next, pending: "", invitation };
      return sendAway(context, sendPage, request, response, purpose);
    }
    const person = requirePerson(request);
    openPending(context, person, pending);
    await sendAway(context, sendPage, request, response, {
      purpose: "proof",
      credentialId: person.credentialId,
      next: "",
      pending: String(pending),
      invitation: "",
    });
  });

  router.get(callbackPath, async (request, response) => {
    const arrival = await endJourney(context, request, response);
    const { purpose } = arrival.purpose;
    if (purpose === "sign-in") await arrive(context, request, response, arrival);
    else if (purpose === "proof") await returnToProof(context, sendPage, request, response, arrival);
    else {
      const { userId, email } = requirePerson(request);
      await connectIdentity(context, userId, arrival.identity, actorOf(request));
      notifyConnected(context, email);
      response.redirect(303, "/account?done=connected#provider");
    }
  });

  router.post("/sign-in/provider/forget", (_request, response) => {
    takeTicket(context, response, "identity");
    response.redirect(303, "/sign-in");
  });
  return router;
}

/** On the account page. */
export function connectionPages(
  context: WebContext,
  sendPage: SendPage,
  sendAccountProblem: SendAccountProblem,
): Router {
  const router = Router();
  router.post("/account/provider", async (request, response) => {
    const { credentialId } = requireProof(context, request);
    const purpose: Purpose = { purpose: "connect", credentialId, next: "", pending: "", invitation: "" };
    await sendAway(context, sendPage, request, response, purpose);
  });

  router.post("/account/provider/disconnect", async (request, response) => {
    const person = requireProof(context, request);
    try {
      await disconnectIdentity(context.pool, person, requireProvider(context).issuer, actorOf(request));
      notifyDisconnected(context, person.email);
      response.redirect(303, "/account?done=disconnected#provider");
    } catch (error) {
      await sendAccountProblem(request, response, refusal(error, t("Still connected.")));
    }
  });
  return router;
}

/** A page that leads on by itself: the policy of our pages lets no form end elsewhere, not even by redirection. */
async function sendAway(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
  purpose: Purpose,
): Promise<void> {
  const { name } = requireProvider(context);
  const { href } = await beginJourney(context, request, response, purpose);
  sendPage(request, response, { view: "to-provider", title: name, refresh: href, data: { name, href } });
}

async function arrive(
  context: WebContext,
  request: Request,
  response: Response,
  { identity, email, purpose: { next, invitation } }: Arrival,
): Promise<void> {
  const known = await findIdentityAccount(context, identity);
  if (known) return enter(context, request, response, known, next);
  if (email === null) throw new UnverifiedEmailError(requireProvider(context).name);
  if (await isEmailTaken(context.pool, email)) {
    // Whose email it is there need not be who has the account here: first they sign in to it.
    giveTicket(context, response, "identity", { identity, email });
    return response.redirect(303, "/sign-in");
  }
  const forgive = await limitsOf(context).registration.attempt(request.ip ?? "");
  const account = await createIdentityAccount(context, identity, email, {
    actor: strangerOf(request),
    admit: (client) => admitNewcomer(context, client, request, { email, invitation: invitation || null }),
    quotas: context.quotas ?? defaultQuotas,
    invitation: invitation === "" ? undefined : { token: invitation, now: context.clock() },
  }).catch((error: unknown) => {
    throw otherEmail(error, requireProvider(context).name, email);
  });
  await forgive();
  await enter(context, request, response, account, next);
}

/** Whoever was invited by another email than they have at the provider: what they can do. */
function otherEmail(error: unknown, provider: string, email: string): unknown {
  if (!(error instanceof InvitedEmailError)) return error;
  return new InvitedEmailError(error.invited, { provider, known: email });
}

/** The provider is the first step, as a password is. */
async function enter(
  context: WebContext,
  request: Request,
  response: Response,
  account: Account,
  next: string,
): Promise<void> {
  if (hasSecondFactor(await readFactors(context.pool, account.id))) {
    const step: Step = { id: account.id, email: account.email, password: null };
    giveTicket(context, response, "step", step);
    return response.redirect(303, `/sign-in/second-step${nextQuery(next)}`);
  }
  await openSession(context, request, response, account, { password: null, isSecondProved: false });
  response.redirect(303, next || "/portfolio");
}

/** The form that waited goes on by a button, since what it does is sent by a form; or a code is asked for first. */
async function returnToProof(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
  { identity, purpose }: Arrival,
): Promise<void> {
  const person = requirePerson(request);
  const pending = openPending(context, person, purpose.pending);
  if (!(await isIdentityOf(context.pool, person.userId, identity)))
    throw new ProviderRefusedError(requireProvider(context).name);
  if (hasSecondFactor(await readFactors(context.pool, person.userId)))
    return sendProof(
      context,
      sendPage,
      request,
      response,
      { ...pending, isFirstProved: true },
      { status: 200, problem: null },
    );
  await markProved(context, person);
  sendPage(request, response, {
    view: "proved",
    title: t("It is you"),
    data: { action: pending.path, leave: leaveOf(pending), pending: sealPending(context, person, pending) },
  });
}
