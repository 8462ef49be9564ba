/** Second factors on the account page: the authenticator app, passkeys, recovery codes. */
import { type Request, type Response, Router } from "express";
import { z } from "zod";
import {
  addPasskey,
  draftTotp,
  enableTotp,
  passkeyAnswerSchema,
  passkeyName,
  readTotpDraft,
  removePasskey,
  removeTotp,
  renamePasskey,
  renewRecoveryCodes,
  type TotpDraft,
} from "../../accounts/index.ts";
import { totpInput } from "../api/factors.ts";
import { actorOf, requirePerson, requireProof, type WebContext } from "../context.ts";
import { t } from "../messages/index.ts";
import { notifyFactorAdded, notifyFactorRemoved } from "../notices.ts";
import { requireRelyingParty } from "../origin.ts";
import { parseInput } from "../route.ts";
import { type Problem, refusal, type SendPage } from "./page.ts";
import { qrCode } from "./qr-code.ts";

export type SendAccountProblem = (
  request: Request,
  response: Response,
  refused: { status: number; problem: Problem },
) => Promise<void>;

const passkeyForm = passkeyAnswerSchema.extend({ passkey_name: passkeyName });

export function factorPages(
  context: WebContext,
  sendPage: SendPage,
  sendAccountProblem: SendAccountProblem,
): Router {
  const router = Router();
  const { pool } = context;
  const sendCodes = (request: Request, response: Response, codes: readonly string[], done: string): void =>
    sendPage(request, response, {
      view: "recovery-codes",
      title: t("Recovery codes"),
      data: { codes, done },
    });

  router.use(totpPages(context, sendPage, sendCodes));

  router.post("/account/recovery-codes", async (request, response) => {
    const { userId } = requireProof(context, request);
    try {
      const codes = await renewRecoveryCodes(pool, userId, actorOf(request));
      sendCodes(request, response, codes, t("Your codes are new."));
    } catch (error) {
      await sendAccountProblem(request, response, refusal(error, t("No codes were made.")));
    }
  });

  router.post("/account/passkeys", async (request, response) => {
    const person = requireProof(context, request);
    // A form that waited for a proof has none yet: the browser makes one when the button is pressed again.
    if (!request.body?.credential) {
      const name = passkeyName.safeParse(request.body?.passkey_name).data ?? "";
      const about = new URLSearchParams({ done: "proved", passkey_name: name });
      return response.redirect(303, `/account?${about}#passkeys`);
    }
    try {
      const { passkey_name: name, ...answer } = parseInput(passkeyForm, request.body);
      const party = requireRelyingParty(context, request);
      const codes = await addPasskey(context, party, person, name, answer, actorOf(request));
      notifyFactorAdded(context, person.email, name);
      if (codes) sendCodes(request, response, codes, t("The passkey {name} is yours.", { name }));
      else response.redirect(303, "/account?done=passkey#passkeys");
    } catch (error) {
      await sendAccountProblem(request, response, refusal(error, t("No passkey was added.")));
    }
  });

  router.post("/account/passkeys/:id/rename", async (request, response) => {
    const { userId } = requirePerson(request);
    try {
      const { new_name } = parseInput(z.object({ new_name: passkeyName }), request.body);
      await renamePasskey(pool, userId, request.params.id, new_name);
      response.redirect(303, "/account?done=passkey-name#passkeys");
    } catch (error) {
      await sendAccountProblem(request, response, refusal(error, t("The passkey has the name it had.")));
    }
  });

  router.post("/account/passkeys/:id/remove", async (request, response) => {
    const person = requireProof(context, request);
    if (await removePasskey(pool, person, request.params.id, actorOf(request)))
      notifyFactorRemoved(context, person.email, "passkey");
    response.redirect(303, "/account?done=passkey-removed#passkeys");
  });
  return router;
}

function totpPages(
  context: WebContext,
  sendPage: SendPage,
  sendCodes: (request: Request, response: Response, codes: readonly string[], done: string) => void,
): Router {
  const router = Router();
  const sendDraft = async (
    request: Request,
    response: Response,
    draft: TotpDraft,
    { status, problem }: { status: number; problem: Problem | null } = { status: 200, problem: null },
  ): Promise<void> =>
    sendPage(request, response, {
      view: "totp",
      title: t("Authenticator app"),
      status,
      data: {
        problem,
        ticket: draft.ticket,
        uri: draft.uri,
        groups: draft.secret.match(/.{1,4}/g),
        code: await qrCode(draft.uri),
      },
    });

  router.post("/account/totp", async (request, response) => {
    await sendDraft(request, response, await draftTotp(context, requireProof(context, request)));
  });

  router.post("/account/totp/confirm", async (request, response) => {
    const person = requireProof(context, request);
    const { ticket, code } = parseInput(totpInput, request.body);
    const draft = await readTotpDraft(context, person, ticket);
    try {
      const codes = await enableTotp(context, person, draft, code.replaceAll(" ", ""), actorOf(request));
      notifyFactorAdded(context, person.email, null);
      if (codes) sendCodes(request, response, codes, t("Your authenticator app is set up."));
      else response.redirect(303, "/account?done=totp#second-factors");
    } catch (error) {
      await sendDraft(request, response, draft, refusal(error, t("Not set up yet.")));
    }
  });

  router.post("/account/totp/remove", async (request, response) => {
    const person = requireProof(context, request);
    if (await removeTotp(context, person, actorOf(request)))
      notifyFactorRemoved(context, person.email, "totp");
    response.redirect(303, "/account?done=totp-removed#second-factors");
  });
  return router;
}
