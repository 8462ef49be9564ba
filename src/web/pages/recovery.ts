/** Forgot the password, choose another by a link, make an account by a link. */
import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { emailSchema, readReset } from "../../accounts/index.ts";
import { newPasswordInput } from "../api/auth.ts";
import { openSession } from "../auth.ts";
import type { WebContext } from "../context.ts";
import { describeError } from "../errors.ts";
import { t } from "../messages/index.ts";
import { sendsMail } from "../notices.ts";
import { askForReset, confirm, resetPassword } from "../recovery.ts";
import { parseInput } from "../route.ts";
import { inWords } from "../words.ts";
import type { SendPage } from "./page.ts";

const forgotForm = z.object({ email: emailSchema });
const resetForm = newPasswordInput.extend({ revoke_tokens: z.stringbool().catch(false).default(false) });

export function recoveryPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  const sendForgot = (request: Request, response: Response, data: object = {}, status = 200) =>
    sendPage(request, response, {
      view: "forgot-password",
      title: t("Forgot password"),
      status,
      data: { ...data, sendsMail: sendsMail(context), values: { email: typed(request, "email") } },
    });

  router.get("/forgot-password", (request, response) => sendForgot(request, response));
  router.post("/forgot-password", async (request, response) => {
    try {
      await askForReset(context, request, parseInput(forgotForm, request.body).email);
      sendForgot(request, response, { isAsked: true });
    } catch (error) {
      const { status, data } = refusal(error, t("No link was sent."));
      sendForgot(request, response, data, status);
    }
  });

  router.get("/reset-password/:token", async (request, response) => {
    const { email } = await readReset(context, request.params.token);
    sendReset(sendPage, request, response, email);
  });
  router.post("/reset-password/:token", async (request, response) => {
    const { token } = request.params;
    const { email } = await readReset(context, token);
    try {
      await resetPassword(context, request, parseInput(resetForm, { ...request.body, token }));
      response.redirect(303, "/sign-in?done=reset");
    } catch (error) {
      const { status, data } = refusal(error, t("Your password is as it was."));
      sendReset(sendPage, request, response, email, data, status);
    }
  });

  // Mail programs open links to look at them: what makes the account is the button.
  router.get("/confirm-account/:token", (request, response) =>
    sendPage(request, response, { view: "confirm-account", title: t("Confirm account") }),
  );
  router.post("/confirm-account/:token", async (request, response) => {
    const user = await confirm(context, request, request.params.token);
    await openSession(context, request, response, user, null);
    response.redirect(303, "/portfolio");
  });
  return router;
}

function sendReset(
  sendPage: SendPage,
  request: Request,
  response: Response,
  email: string,
  data: object = {},
  status = 200,
): void {
  sendPage(request, response, {
    view: "reset-password",
    title: t("Choose a new password"),
    status,
    data: { ...data, email, revokesTokens: typed(request, "revoke_tokens") !== "" },
  });
}

const fields = new Set(["email", "password"]);

/** The form again, with what is wrong with it; what is ours is thrown on, but for what a person can do nothing about. */
function refusal(error: unknown, heading: string) {
  const { status, code, field, message } = describeError(error, "POST", "");
  if (status >= 500 && code !== "mail_unavailable") throw error;
  const said = inWords(error, message);
  const data =
    field && fields.has(field) ? { errors: { [field]: said } } : { problem: { heading, message: said } };
  return { status, data };
}

function typed({ body }: Request, name: string): string {
  return typeof body?.[name] === "string" ? body[name] : "";
}
