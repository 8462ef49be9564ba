/** Sign in, create account, account, sign out. */
import { type Request, type Response, Router } from "express";
import {
  credentialsSchema,
  currentPasswordSchema,
  findInvitation,
  hasAccounts,
} from "../../accounts/index.ts";
import { admitNewcomer, register, signIn, signOut } from "../auth.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { describeError, SecondFactorRequiredError } from "../errors.ts";
import { wordsOfInput } from "../input-words.ts";
import { invitationOf } from "../invitations.ts";
import { t } from "../messages/index.ts";
import { relyingPartyOf } from "../origin.ts";
import { giveTicket, readTicket, waitingSchema } from "../tickets.ts";
import { inWords, spoken } from "../words.ts";
import { invitationQuery, nextOf, nextQuery } from "./next-page.ts";
import type { Problem, SendPage } from "./page.ts";
import { providerPages } from "./provider.ts";
import { type SendSignIn, secondStepPages } from "./second-step.ts";

const signInSchema = credentialsSchema.extend({ password: currentPasswordSchema });

export function sessionPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  const sendSignIn = createSendSignIn(context, sendPage);
  router.use(secondStepPages(context, sendPage, sendSignIn));
  router.use(providerPages(context, sendPage));
  router.get("/sign-in", (request, response) => {
    if (request.person) return response.redirect(303, "/portfolio");
    sendSignIn(request, response);
  });
  router.post("/sign-in", async (request, response) => {
    const credentials = signInSchema.safeParse(request.body);
    try {
      await signIn(context, request, response, credentials.success ? credentials.data : unknownCredentials);
      response.redirect(303, nextOf(request) || "/portfolio");
    } catch (error) {
      if (error instanceof SecondFactorRequiredError && error.step) {
        giveTicket(context, response, "step", error.step);
        return response.redirect(303, `/sign-in/second-step${nextQuery(nextOf(request))}`);
      }
      const { status, message } = refusal(error, request);
      sendSignIn(request, response, status, {
        heading: t("Not signed in."),
        message: inWords(error, message),
      });
    }
  });
  router.use(registrationPages(context, sendPage));
  router.post("/sign-out", async (request, response) => {
    await signOut(context, request, requirePerson(request), response);
    response.redirect(303, "/sign-in");
  });
  return router;
}

function registrationPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  const send = createSendCreateAccount(context, sendPage);
  router.get("/create-account", async (request, response) => {
    if (request.person) return response.redirect(303, "/portfolio");
    const invitation = invitationOf(request);
    const invited =
      invitation === undefined ? null : await findInvitation(context.pool, invitation, context.clock());
    const email = invited?.email ?? "";
    try {
      await admitNewcomer(context, context.pool, request, { email, invitation });
      await send(request, response, { email });
    } catch (error) {
      await send(request, response, { closed: inWords(error, refusal(error, request).message) });
    }
  });
  router.post("/create-account", async (request, response) => {
    const credentials = credentialsSchema.safeParse(request.body);
    if (!credentials.success) {
      const fields = new Set(credentials.error.issues.map(({ path }) => path[0]));
      const errors = {
        email: fields.has("email") ? spoken(wordsOfInput("email")) : undefined,
        password: fields.has("password") ? spoken(wordsOfInput("password")) : undefined,
      };
      return send(request, response, { status: 422, errors });
    }
    try {
      const newcomer = { ...credentials.data, invitation: invitationOf(request) };
      const signedIn = await register(context, request, response, newcomer);
      if (signedIn) response.redirect(303, "/portfolio");
      else sendPage(request, response, { view: "account-asked", title: t("Create account") });
    } catch (error) {
      const { status, code, field, message } = refusal(error, request);
      if (closedCodes.has(code)) return send(request, response, { status, closed: inWords(error, message) });
      const isOfField = field === "email" || field === "password";
      const errors = isOfField ? { [field]: inWords(error, message) } : {};
      const problem = isOfField ? null : { heading: t("Not created."), message: inWords(error, message) };
      await send(request, response, { status, errors, problem });
    }
  });
  return router;
}

/** No form could be sent that would do better. */
const closedCodes = new Set(["first_account", "registration_closed", "invalid_invitation"]);

// What is no email address is nobody's: it takes the same way to the same answer.
const unknownCredentials = { email: "", password: "" };

/** The answer to a mistake of the person's; what is ours is thrown on. */
function refusal(error: unknown, request: Request) {
  const answer = describeError(error, request.method, "");
  if (answer.status >= 500) throw error;
  return answer;
}

function createSendSignIn(context: WebContext, sendPage: SendPage): SendSignIn {
  return (request, response, status = 200, problem = null) => {
    const waiting = readTicket(context, request, "identity", waitingSchema)?.email;
    const values = { email: typeof request.body?.email === "string" ? request.body.email : (waiting ?? "") };
    sendPage(request, response, {
      view: "sign-in",
      title: t("Sign in"),
      status,
      scripts: ["passkey.js"],
      data: {
        problem,
        query: nextQuery(waiting ? "/account?done=connected#provider" : nextOf(request)),
        values,
        waiting,
        isReset: request.query.done === "reset",
        hasPasskeys: relyingPartyOf(context, request) !== null,
        provider: context.identityProvider?.name,
        invitation: invitationOf(request),
        invitationQuery: invitationQuery(invitationOf(request)),
      },
    });
  };
}

interface CreateAccountState {
  readonly status?: number;
  /** As invited, where nothing was typed. */
  readonly email?: string;
  /** Instead of the form: why there is none. */
  readonly closed?: string;
  readonly errors?: { readonly email?: string | undefined; readonly password?: string | undefined };
  readonly problem?: Problem | null;
}

function createSendCreateAccount({ pool, identityProvider }: WebContext, sendPage: SendPage) {
  return async (request: Request, response: Response, state: CreateAccountState): Promise<void> => {
    const { status = 200, email = "", errors = {}, ...shown } = state;
    const typed: unknown = request.body?.email;
    sendPage(request, response, {
      view: "create-account",
      title: t("Create account"),
      status,
      data: {
        ...shown,
        errors,
        isFirst: !(await hasAccounts(pool)),
        values: { email: typeof typed === "string" ? typed : email },
        invitation: invitationOf(request),
        invitationQuery: invitationQuery(invitationOf(request)),
        provider: identityProvider?.name,
      },
    });
  };
}
