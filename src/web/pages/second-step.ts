/** The second step of a sign-in, and signing in by passkey, which needs no other step. */
import { type Request, type Response, Router } from "express";
import { CredentialsChangedError, codeSchema, passkeyAnswerSchema } from "../../accounts/index.ts";
import { signInByCode, signInByPasskey } from "../auth.ts";
import type { WebContext } from "../context.ts";
import { t } from "../messages/index.ts";
import { relyingPartyOf } from "../origin.ts";
import { readTicket, stepSchema, takeTicket } from "../tickets.ts";
import { nextOf, nextQuery } from "./next-page.ts";
import { type Problem, refusal, type SendPage } from "./page.ts";

/** The page for signing in, again if something is wrong. */
export type SendSignIn = (
  request: Request,
  response: Response,
  status?: number,
  problem?: Problem | null,
) => void;

export function secondStepPages(context: WebContext, sendPage: SendPage, sendSignIn: SendSignIn): Router {
  const router = Router();
  const stepOf = (request: Request) => readTicket(context, request, "step", stepSchema);
  const send = (request: Request, response: Response, status = 200, problem: Problem | null = null): void =>
    sendPage(request, response, {
      view: "second-step",
      title: t("Second step"),
      status,
      scripts: ["passkey.js"],
      data: {
        problem,
        query: nextQuery(nextOf(request)),
        email: stepOf(request)?.email,
        hasPasskeys: relyingPartyOf(context, request) !== null,
      },
    });

  router.get("/sign-in/second-step", (request, response) => {
    if (!stepOf(request)) return response.redirect(303, "/sign-in");
    send(request, response);
  });

  router.post("/sign-in/second-step", async (request, response) => {
    const step = stepOf(request);
    if (!step) return response.redirect(303, "/sign-in");
    try {
      const code = codeSchema.safeParse(request.body?.code).data ?? "";
      await signInByCode(context, request, response, step, code);
      takeTicket(context, response, "step");
      response.redirect(303, nextOf(request) || "/portfolio");
    } catch (error) {
      const { status, problem } = refusal(error, t("Not signed in yet."));
      if (error instanceof CredentialsChangedError) {
        takeTicket(context, response, "step"); // the first step is to be done again
        return sendSignIn(request, response, status, problem);
      }
      send(request, response, status, problem);
    }
  });

  router.post("/sign-in/passkey", async (request, response) => {
    const answer = passkeyAnswerSchema.safeParse(request.body);
    try {
      await signInByPasskey(context, request, response, answer.data ?? { ticket: "", credential: "" });
      takeTicket(context, response, "step");
      response.redirect(303, nextOf(request) || "/portfolio");
    } catch (error) {
      const { status, problem } = refusal(error, t("Not signed in."));
      if (stepOf(request)) send(request, response, status, problem);
      else sendSignIn(request, response, status, problem);
    }
  });
  return router;
}
