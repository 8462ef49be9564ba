/**
 * A form that asks for a proof of who one is, and came without: a page asks, and then the form goes on with what was typed. That
 * travels in the page, sealed for this session: a new password is not written into it.
 */
import type { ErrorRequestHandler, Request, RequestHandler, Response } from "express";
import { z } from "zod";
import {
  hasSecondFactor,
  isProved,
  openTicket,
  type Person,
  passkeyAnswerSchema,
  readFactors,
  sealTicket,
} from "../../accounts/index.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { InvalidInputError, PendingOverError, ReauthenticationRequiredError } from "../errors.ts";
import { t } from "../messages/index.ts";
import { relyingPartyOf } from "../origin.ts";
import { proofSchema, prove, proveByPasskey } from "../proof.ts";
import { parseInput } from "../route.ts";
import { type Problem, refusal, type SendPage } from "./page.ts";

/** A form that waits for a proof. `isFirstProved`: the password, or the provider, was asked already. */
const pendingSchema = z.object({
  path: z.string(),
  fields: z.record(z.string(), z.string()),
  isFirstProved: z.boolean(),
});

export type Pending = z.output<typeof pendingSchema>;

/** The forms behind this have a name and a password or two; a ticket is to fit a cookie, on the way to a provider. */
const fieldsLimit = 1500;

const purposeOf = ({ credentialId }: Person): string => `pending ${credentialId}`;

export function sealPending(context: WebContext, person: Person, pending: Pending): string {
  return sealTicket(context, purposeOf(person), pending);
}

/** Throws PendingOverError. */
export function openPending(context: WebContext, person: Person, ticket: unknown): Pending {
  const pending = openTicket(context, purposeOf(person), pendingSchema, ticket);
  if (!pending) throw new PendingOverError();
  return pending;
}

/** Where somebody goes who would rather not. */
export function leaveOf({ path }: Pending): string {
  return path.startsWith("/people") ? "/people" : "/account";
}

function pendingOf(request: Request, isFirstProved: boolean): Pending {
  const { csrf_token: _, ...typed } = (request.body ?? {}) as Record<string, unknown>;
  const fields = Object.fromEntries(
    Object.entries(typed).filter((field): field is [string, string] => typeof field[1] === "string"),
  );
  if (JSON.stringify(fields).length > fieldsLimit)
    throw new InvalidInputError("body", `expected at most ${fieldsLimit} characters in this form`);
  return { path: request.originalUrl, fields, isFirstProved };
}

/** Asks the person to prove who they are, by whichever way they have. */
export async function sendProof(
  context: WebContext,
  sendPage: SendPage,
  request: Request,
  response: Response,
  pending: Pending,
  { status, problem }: { status: number; problem: Problem | null } = { status: 403, problem: null },
): Promise<void> {
  const person = requirePerson(request);
  const factors = await readFactors(context.pool, person.userId);
  const { identityProvider } = context;
  const asksPassword = factors.has_password && !pending.isFirstProved;
  const asksCode = (asksPassword || pending.isFirstProved) && hasSecondFactor(factors);
  const hasPasskeys = factors.passkeys > 0 && relyingPartyOf(context, request) !== null;
  const isConnected = identityProvider && factors.issuers.includes(identityProvider.issuer);
  const provider = isConnected && !pending.isFirstProved ? identityProvider.name : null;
  sendPage(request, response, {
    view: "proof",
    title: t("Is it you?"),
    status,
    scripts: ["passkey.js"],
    data: {
      problem,
      action: pending.path,
      leave: leaveOf(pending),
      pending: sealPending(context, person, pending),
      asksForm: asksPassword || asksCode,
      asksPassword,
      asksCode,
      hasPasskeys,
      provider,
      isPossible: asksPassword || asksCode || hasPasskeys || provider !== null,
    },
  });
}

/** Before the forms that act on accounts: one that waited comes back with its proof, and becomes what it was. */
export function resumePending(context: WebContext, sendPage: SendPage): RequestHandler {
  return async (request, response, next) => {
    const ticket: unknown = request.body?.pending;
    if (request.method !== "POST" || ticket === undefined || !request.person) return next();
    const pending = openPending(context, request.person, ticket);
    if (pending.path !== request.originalUrl) throw new PendingOverError();
    try {
      if (!isProved(request.person, context.clock()))
        request.person = await proveBy(context, request, request.person, pending);
    } catch (error) {
      return sendProof(context, sendPage, request, response, pending, refusal(error, t("Not yet.")));
    }
    request.body = pending.fields;
    next();
  };
}

function proveBy(
  context: WebContext,
  request: Request,
  person: Person,
  { isFirstProved }: Pending,
): Promise<Person> {
  const passkey = passkeyAnswerSchema.safeParse(request.body);
  if (passkey.data?.credential) return proveByPasskey(context, request, person, passkey.data);
  return prove(context, request, person, parseInput(proofSchema, request.body), isFirstProved);
}

/** After the pages: what asked for a proof gets its page. */
export function proofPage(context: WebContext, sendPage: SendPage): ErrorRequestHandler {
  return async (error: unknown, request, response, next) => {
    if (!(error instanceof ReauthenticationRequiredError) || !request.accepts("html")) return next(error);
    await sendProof(context, sendPage, request, response, pendingOf(request, error.isFirstProved));
  };
}
