/** Invitations, for operators: links by which one account can be made, once. */
import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { invitationInput, listInvitations, revokeInvitation } from "../../accounts/index.ts";
import { actorOf, requireOperator, requireOperatorProof, type WebContext } from "../context.ts";
import { describeError, NotFoundError } from "../errors.ts";
import { inviteInvestor } from "../invitations.ts";
import { t } from "../messages/index.ts";
import { parseInput } from "../route.ts";
import { inWords } from "../words.ts";
import { roleName } from "./account-words.ts";
import type { SendPage } from "./page.ts";

interface State {
  readonly status?: number;
  /** Shown this once. */
  readonly link?: string;
  readonly error?: string;
}

const parameters = z.object({ id: z.uuid() });

export function invitationPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();
  const send = async (request: Request, response: Response, state: State = {}): Promise<void> => {
    const { status = 200, ...shown } = state;
    const typed: unknown = request.body?.email;
    const invitations = await listInvitations(context, requireOperator(request).userId);
    sendPage(request, response, {
      view: "invitations",
      title: t("Invitations"),
      status,
      data: {
        ...shown,
        isClosed: context.deployment.registration === "closed",
        isOpen: context.deployment.registration === "open",
        values: { email: state.error !== undefined && typeof typed === "string" ? typed : "" },
        invitations: invitations.map((invitation) => ({ ...invitation, role: roleName(invitation.role) })),
      },
    });
  };

  router.get("/people/invitations", (request, response) => send(request, response));

  router.post("/people/invitations", async (request, response) => {
    requireOperatorProof(context, request);
    const input = invitationInput.safeParse(request.body);
    if (!input.success)
      return send(request, response, {
        status: 422,
        error: t("Expected an email address, like ada@example.com."),
      });
    try {
      const { link } = await inviteInvestor(context, request, input.data.email);
      await send(request, response, { link });
    } catch (error) {
      const { status, code, message } = describeError(error, request.method, "");
      if (code !== "email_taken" && code !== "registration_closed") throw error;
      // The message is for whoever would sign in; this is an operator.
      const isTaken = code === "email_taken";
      await send(request, response, {
        status,
        error: isTaken ? t("This email has an account already.") : inWords(error, message),
      });
    }
  });

  router.post("/people/invitations/:id/revoke", async (request, response) => {
    requireOperatorProof(context, request);
    const { id } = parseInput(parameters, request.params);
    if (!(await revokeInvitation(context.pool, actorOf(request), id)))
      throw new NotFoundError("invitation", id);
    response.redirect(303, "/people/invitations");
  });
  return router;
}
