/** Sign in, create account, account, sign out. */
import { type Request, type Response, Router } from "express";
import { credentialsSchema, currentPasswordSchema, hasAccounts } from "../../accounts/index.ts";
import { register, signIn, signOut } from "../auth.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { describeError, SecondFactorRequiredError } from "../errors.ts";
import { relyingPartyOf } from "../origin.ts";
import { giveTicket, readTicket, waitingSchema } from "../tickets.ts";
import { nextOf, nextQuery } from "./next-page.ts";
import type { SendPage } from "./page.ts";
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
      if (error instanceof SecondFactorRequiredError) {
        giveTicket(context, request, response, "step", error.account);
        return response.redirect(303, `/sign-in/second-step${nextQuery(nextOf(request))}`);
      }
      const { status, message } = refusal(error, request);
      sendSignIn(request, response, status, { heading: "Not signed in:", message: `${message}.` });
    }
  });
  router.get("/create-account", async (request, response) => {
    if (request.person) return response.redirect(303, "/portfolio");
    sendPage(request, response, {
      view: "create-account",
      title: "Create account",
      data: { isFirst: !(await hasAccounts(context.pool)), values: {}, errors: {} },
    });
  });
  router.post("/create-account", async (request, response) => {
    const credentials = credentialsSchema.safeParse(request.body);
    if (!credentials.success) {
      const fields = new Set(credentials.error.issues.map(({ path }) => path[0]));
      const errors = {
        email: fields.has("email") ? "Expected an email address, like ada@example.com." : undefined,
        password: fields.has("password") ? "Expected 8 to 200 characters." : undefined,
      };
      return sendCreateAccount(sendPage, request, response, 422, errors);
    }
    try {
      await register(context, request, response, credentials.data);
      response.redirect(303, "/portfolio");
    } catch (error) {
      const { status, field, message } = refusal(error, request);
      const errors = field === "email" ? { email: `${message}.` } : {};
      const problem = field === "email" ? null : { heading: "Not created:", message: `${message}.` };
      sendCreateAccount(sendPage, request, response, status, errors, problem);
    }
  });
  router.post("/sign-out", async (request, response) => {
    await signOut(context, requirePerson(request), response);
    response.redirect(303, "/sign-in");
  });
  return router;
}

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
      title: "Sign in",
      status,
      scripts: ["passkey.js"],
      data: {
        problem,
        query: nextQuery(waiting ? "/account?done=connected#provider" : nextOf(request)),
        values,
        waiting,
        hasPasskeys: relyingPartyOf(context, request) !== null,
        provider: context.identityProvider?.name,
      },
    });
  };
}

function sendCreateAccount(
  sendPage: SendPage,
  request: Request,
  response: Response,
  status: number,
  errors: { readonly email?: string | undefined; readonly password?: string | undefined },
  problem: { heading: string; message: string } | null = null,
): void {
  const values = { email: typeof request.body?.email === "string" ? request.body.email : "" };
  sendPage(request, response, {
    view: "create-account",
    title: "Create account",
    status,
    data: { values, errors, problem },
  });
}
