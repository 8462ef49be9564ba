/** What proves who a person is, and proving it anew. Passkeys are made and used by the pages, since a browser takes part. */
import { z } from "zod";
import {
  challengeToMake,
  challengeToSignIn,
  draftTotp,
  enableTotp,
  listPasskeys,
  proofMinutes,
  readFactors,
  readTotpDraft,
  removePasskey,
  removeTotp,
  renewRecoveryCodes,
} from "../../accounts/index.ts";
import { instant } from "../../values.ts";
import { actorOf } from "../context.ts";
import { notifyFactorAdded, notifyFactorRemoved } from "../notices.ts";
import { requireRelyingParty } from "../origin.ts";
import { proofSchema, prove } from "../proof.ts";
import { type Route, route } from "../route.ts";
import { readTicket, stepSchema } from "../tickets.ts";

const recoveryCodes = z
  .array(z.string())
  .nullable()
  .describe("Each good once in the place of a code; told this once. null: the ones there are go on");

const challenge = z.object({
  options: z.looseObject({}).describe("For `navigator.credentials`, in WebAuthn's JSON"),
  ticket: z.string().describe("To be sent back with the answer, within ten minutes"),
});

const passkey = z.object({
  passkey_id: z.uuid(),
  name: z.string(),
  created_at: instant,
  last_used_at: instant.nullable(),
});

const factors = z.object({
  has_password: z.boolean(),
  totp_since: instant.nullable().describe("null: no authenticator app"),
  recovery_codes: z.int().describe("How many are left"),
  issuers: z.array(z.string()).describe("OpenID providers by which this person signs in"),
  passkeys: z.array(passkey),
});

export const totpInput = z.object({ ticket: z.string().max(2000), code: z.string().max(20) });

const proofRoutes: readonly Route[] = [
  route({
    method: "post",
    path: "/api/account/proof",
    summary: "Prove who you are, for what asks for it: good for ten minutes, in this session",
    access: "session",
    body: proofSchema,
    status: 200,
    answer: z.object({ proved_until: instant }),
    errors: [
      "wrong_password",
      "second_factor_required",
      "wrong_code",
      "unreadable_secret",
      "too_many_attempts",
    ],
    handle: async ({ context, person, request, body }) => {
      const { provedAt } = await prove(context, request, person, body);
      return { proved_until: new Date(provedAt!.getTime() + proofMinutes * 60_000) };
    },
  }),
  route({
    method: "post",
    path: "/auth/passkey/challenge",
    summary: "What a browser asks a passkey to sign in, or to prove who is signed in",
    access: "anybody",
    status: 200,
    answer: challenge,
    errors: ["no_public_url"],
    handle: ({ context, person, request }) => {
      const step = readTicket(context, request, "step", stepSchema);
      const userId = person?.userId ?? step?.id ?? null;
      return challengeToSignIn(context, requireRelyingParty(context, request), userId);
    },
  }),
  route({
    method: "post",
    path: "/api/account/passkeys/challenge",
    summary: "What a browser asks an authenticator to make a passkey",
    access: "proof",
    status: 200,
    answer: challenge,
    errors: ["no_public_url"],
    handle: ({ context, person, request }) =>
      challengeToMake(context, requireRelyingParty(context, request), person),
  }),
];

const totpRoutes: readonly Route[] = [
  route({
    method: "post",
    path: "/api/account/totp/draft",
    summary: "A secret for an authenticator app; nothing is on before a code of it comes back",
    access: "proof",
    status: 200,
    answer: z.object({ secret: z.string().describe("Base32"), uri: z.string(), ticket: z.string() }),
    handle: ({ context, person }) => draftTotp(context, person),
  }),
  route({
    method: "post",
    path: "/api/account/totp",
    summary: "Turn the authenticator app on with its first code; with the first factor come recovery codes",
    access: "proof",
    body: totpInput,
    status: 201,
    answer: z.object({ recovery_codes: recoveryCodes }),
    errors: ["wrong_code", "totp_enabled"],
    handle: async ({ context, request, person, body: { ticket, code } }) => {
      const draft = await readTotpDraft(context, person, ticket);
      const codes = await enableTotp(context, person, draft, code, actorOf(request));
      notifyFactorAdded(context, person.email, null);
      return { recovery_codes: codes };
    },
  }),
  route({
    method: "delete",
    path: "/api/account/totp",
    summary: "Remove the authenticator app; every other session is signed out",
    access: "proof",
    status: 204,
    handle: async ({ context, request, person }) => {
      if (await removeTotp(context, person, actorOf(request)))
        notifyFactorRemoved(context, person.email, "totp");
    },
  }),
];

export const factorRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/api/account/factors",
    summary: "What proves who this person is",
    access: "session",
    status: 200,
    answer: z.object({ factors }),
    handle: async ({ context, person: { userId } }) => ({
      factors: {
        ...(await readFactors(context.pool, userId)),
        passkeys: await listPasskeys(context.pool, userId),
      },
    }),
  }),
  ...proofRoutes,
  ...totpRoutes,
  route({
    method: "post",
    path: "/api/account/recovery-codes",
    summary: "New recovery codes; the ones before are no longer good",
    access: "proof",
    status: 201,
    answer: z.object({ recovery_codes: recoveryCodes }),
    errors: ["no_second_factor"],
    handle: async ({ context, request, person }) => ({
      recovery_codes: await renewRecoveryCodes(context.pool, person.userId, actorOf(request)),
    }),
  }),
  route({
    method: "delete",
    path: "/api/account/passkeys/:id",
    summary: "Remove a passkey; every other session is signed out",
    access: "proof",
    parameters: z.object({ id: z.string() }),
    status: 204,
    handle: async ({ context, request, person, parameters: { id } }) => {
      if (await removePasskey(context.pool, person, id, actorOf(request)))
        notifyFactorRemoved(context, person.email, "passkey");
    },
  }),
];
