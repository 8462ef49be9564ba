/** Sign in, create account, account, sign out. */
import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { credentialsSchema, currentPasswordSchema, hasAccounts } from "../../accounts/index.ts";
import { register, signIn, signOut } from "../auth.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { describeError } from "../errors.ts";
import { parseInput } from "../route.ts";
import { type SendPage, sentence } from "./page.ts";

const signInSchema = credentialsSchema.extend({ password: currentPasswordSchema });

/** Only a path of this site, so that a link cannot send people elsewhere after signing in. */
const nextPath = z
  .string()
  .regex(/^\/(?![/\\])/)
  .catch("/portfolio");

export function sessionPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  router.get("/sign-in", (request, response) => {
    if (request.person) return response.redirect(303, "/portfolio");
    sendSignIn(sendPage, request, response);
  });
  router.post("/sign-in", async (request, response) => {
    const credentials = signInSchema.safeParse(request.body);
    try {
      await signIn(context, request, response, credentials.success ? credentials.data : unknownCredentials);
      response.redirect(303, parseInput(nextPath, request.query.next));
    } catch (error) {
      const { status, message } = refusal(error, request);
      sendSignIn(sendPage, request, response, status, { heading: "Not signed in:", message: `${message}.` });
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
      const signedIn = await register(context, request, response, credentials.data);
      if (signedIn) response.redirect(303, "/portfolio");
      else sendPage(request, response, { view: "account-asked", title: "Create account" });
    } catch (error) {
      const { status, field, message } = refusal(error, request);
      const isOfField = field === "email" || field === "password";
      const errors = isOfField ? { [field]: sentence(message) } : {};
      const problem = isOfField ? null : { heading: "Not created:", message: sentence(message) };
      sendCreateAccount(sendPage, request, response, status, errors, problem);
    }
  });
  router.post("/sign-out", async (request, response) => {
    await signOut(context, request, requirePerson(request), response);
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

function sendSignIn(
  sendPage: SendPage,
  request: Request,
  response: Response,
  status = 200,
  problem: { heading: string; message: string } | null = null,
): void {
  const next = typeof request.query.next === "string" ? request.query.next : "";
  const values = { email: typeof request.body?.email === "string" ? request.body.email : "" };
  const isReset = request.query.done === "reset";
  sendPage(request, response, {
    view: "sign-in",
    title: "Sign in",
    status,
    data: { problem, next, values, isReset },
  });
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
