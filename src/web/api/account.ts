/** A person's own account. What is done to the account itself takes a session: no API token makes another, or ends it. */

import { z } from "zod";
import {
  accountSchema,
  costBasisMethods,
  createToken,
  currentPasswordSchema,
  listOwnSecurityEvents,
  listSessions,
  listTokens,
  ownSecurityEventSchema,
  passwordSchema,
  readOwnAccount,
  readPersonalData,
  revokeSession,
  revokeToken,
  setBaseCurrency,
  setCostBasisMethod,
  setLanguage,
  setTaxYearStart,
  tokenInput,
  tokenScopes,
} from "../../accounts/index.ts";
import { languageCodes } from "../../languages.ts";
import { requireBaseCurrency, requireReach } from "../../ledger/index.ts";
import { isCurrency } from "../../market/currency.ts";
import { instant } from "../../values.ts";
import { changePassword, endAccount, signOutEverywhere } from "../auth.ts";
import { actorOf, type WebContext } from "../context.ts";
import { InvalidInputError, NotFoundError } from "../errors.ts";
import { notifyTokenMade } from "../notices.ts";
import { exportSchema, personalRecords } from "../personal-data.ts";
import { type Route, route } from "../route.ts";
import { pageLimit, positiveId } from "../schemas.ts";

const session = z.object({
  session_id: z.uuid(),
  user_agent: z.string().nullable(),
  created_at: instant,
  last_used_at: instant,
  expires_at: instant,
  is_current: z.boolean().describe("The session of this request"),
});

const apiToken = z.object({
  token_id: z.uuid(),
  name: z.string(),
  scope: z
    .enum(tokenScopes)
    .describe("read: changes nothing; write: whatever the person may, but for the account"),
  created_at: instant,
  last_used_at: instant.nullable().describe("To the minute; null: never"),
  expires_at: instant.nullable().describe("null: never"),
});

const idParameter = z.object({ id: z.string() });

const ofPassword = () =>
  currentPasswordSchema
    .optional()
    .describe("Of an account that has one: who signs in by a provider may have none");

/** Both typed again; an email that is no email is not the account's, and is told so. */
export const deletionInput = z.object({
  email: z.string().trim().toLowerCase(),
  password: ofPassword(),
});

export const passwordChangeInput = z.object({
  current_password: ofPassword(),
  new_password: passwordSchema,
});

export const costBasisInput = z.object({ cost_basis_method: z.enum(costBasisMethods) });

export const languageInput = z.object({ language: z.enum(languageCodes).nullable() });

export const baseCurrencyInput = z.object({ base_currency: z.string().regex(/^[A-Z]{3}$/) });

/** A day that every year has. */
export const taxYearInput = z.object({
  tax_year_start: z
    .string()
    .regex(
      /^(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))$/,
      "expected the month and day on which your tax year begins, a day that every year has, such as 04-06",
    ),
});

/** Fetches the rates first that are needed. Throws InvalidInputError, and what requireBaseCurrency throws. */
export async function chooseBaseCurrency(
  context: WebContext,
  userId: number,
  baseCurrency: string,
): Promise<void> {
  if (!isCurrency(baseCurrency))
    throw new InvalidInputError(
      "base_currency",
      "expected the ISO 4217 code of a currency, such as USD, EUR or KES",
    );
  await requireBaseCurrency(context, userId, baseCurrency);
  await setBaseCurrency(context.pool, userId, baseCurrency, (client) =>
    requireReach(client, userId, baseCurrency),
  );
}

const sessionRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/api/account/sessions",
    summary: "Where this person is signed in",
    access: "session",
    status: 200,
    answer: z.object({ sessions: z.array(session) }),
    handle: async ({ context, person }) => {
      const sessions = await listSessions(context.pool, person.userId, context.clock());
      return {
        sessions: sessions.map((one) => ({ ...one, is_current: one.session_id === person.credentialId })),
      };
    },
  }),
  route({
    // Not DELETE of the list: a program whose id is empty would mean one, and end all.
    method: "post",
    path: "/api/account/sign-out-everywhere",
    summary: "Sign out everywhere, here too; with `tokens=true` the API tokens end as well",
    access: "session",
    query: z.object({ tokens: z.enum(["true", "false"]).default("false") }),
    status: 204,
    handle: ({ context, request, person, response, query: { tokens } }) =>
      signOutEverywhere(context, request, person, response, tokens === "true"),
  }),
  route({
    method: "delete",
    path: "/api/account/sessions/:id",
    summary: "Sign out one session",
    access: "session",
    parameters: idParameter,
    status: 204,
    errors: ["not_found"],
    handle: async ({ context, request, person, parameters: { id } }) => {
      if (!(await revokeSession(context.pool, person.userId, id, actorOf(request))))
        throw new NotFoundError("session", id);
    },
  }),
];

const tokenRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/api/account/tokens",
    summary: "This person's API tokens, without the tokens themselves",
    access: "session",
    status: 200,
    answer: z.object({ api_tokens: z.array(apiToken) }),
    handle: async ({ context, person }) => ({ api_tokens: await listTokens(context.pool, person.userId) }),
  }),
  route({
    method: "post",
    path: "/api/account/tokens",
    summary: "Make an API token: `token` is told this once",
    access: "proof",
    body: tokenInput,
    status: 201,
    answer: z.object({ token: z.string(), api_token: apiToken }),
    errors: ["name_taken", "quota_exceeded"],
    handle: async ({ context, request, person, body }) => {
      const { token, apiToken } = await createToken(context, person.userId, body, actorOf(request));
      notifyTokenMade(context, person.email, apiToken.name);
      return { token, api_token: apiToken };
    },
  }),
  route({
    method: "delete",
    path: "/api/account/tokens/:id",
    summary: "Revoke an API token: it stops working at once",
    access: "session",
    parameters: idParameter,
    status: 204,
    errors: ["not_found"],
    handle: async ({ context, request, person, parameters: { id } }) => {
      if (!(await revokeToken(context.pool, person.userId, id, actorOf(request))))
        throw new NotFoundError("token", id);
    },
  }),
];

export const accountRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/api/account",
    summary: "The account and its settings",
    access: "person",
    status: 200,
    answer: z.object({ account: accountSchema }),
    handle: async ({ context, person }) => ({ account: await readOwnAccount(context.pool, person.userId) }),
  }),
  route({
    method: "post",
    path: "/api/account/cost-basis-method",
    summary: "Choose how a sale takes away cost; the figures follow within seconds",
    access: "person",
    body: costBasisInput,
    status: 200,
    answer: z.object({ account: accountSchema }),
    handle: async ({ context, person, body }) => {
      await setCostBasisMethod(context.pool, person.userId, body.cost_basis_method);
      return { account: await readOwnAccount(context.pool, person.userId) };
    },
  }),
  route({
    method: "post",
    path: "/api/account/base-currency",
    summary:
      "Choose the currency in which figures are; its rates are fetched first, the figures follow within seconds",
    access: "person",
    body: baseCurrencyInput,
    status: 200,
    answer: z.object({ account: accountSchema }),
    errors: ["market_data_unavailable", "missing_fx_rate", "too_many_lookups"],
    handle: async ({ context, person, body }) => {
      await chooseBaseCurrency(context, person.userId, body.base_currency);
      return { account: await readOwnAccount(context.pool, person.userId) };
    },
  }),
  route({
    method: "post",
    path: "/api/account/tax-year-start",
    summary:
      "Say on which day your tax year begins: realised gains are listed by it; 01-01 is the calendar year",
    access: "person",
    body: taxYearInput,
    status: 200,
    answer: z.object({ account: accountSchema }),
    handle: async ({ context, person, body }) => {
      await setTaxYearStart(context.pool, person.userId, body.tax_year_start);
      return { account: await readOwnAccount(context.pool, person.userId) };
    },
  }),
  route({
    method: "post",
    path: "/api/account/language",
    summary: "Choose the language of pages and emails; null: as the browser asks",
    access: "person",
    body: languageInput,
    status: 200,
    answer: z.object({ account: accountSchema }),
    handle: async ({ context, person, body }) => {
      await setLanguage(context.pool, person.userId, body.language);
      return { account: await readOwnAccount(context.pool, person.userId) };
    },
  }),
  route({
    method: "post",
    path: "/api/account/password",
    summary: "Change the password: every other session is signed out",
    access: "session",
    body: passwordChangeInput,
    status: 204,
    errors: [
      "wrong_password",
      "weak_password",
      "too_many_attempts",
      "sign_in_busy",
      "reauthentication_required",
    ],
    handle: ({ context, person, request, body }) => changePassword(context, request, person, body),
  }),
  ...sessionRoutes,
  ...tokenRoutes,
  route({
    method: "get",
    path: "/api/account/security-events",
    summary: "What was done with this account, by whom and from where, the newest first",
    access: "session",
    query: z.object({
      limit: pageLimit,
      before: positiveId.optional().describe("Only older ones than this event_id"),
    }),
    status: 200,
    answer: z.object({ security_events: z.array(ownSecurityEventSchema) }),
    handle: async ({ context, person: { userId }, query }) => ({
      security_events: await listOwnSecurityEvents(context.pool, userId, query),
    }),
  }),
  route({
    method: "get",
    path: "/api/account/export",
    summary: "Everything that is kept about this person",
    access: "person",
    status: 200,
    answer: exportSchema,
    handle: async ({ context, person, response }) => {
      const day = context.clock().toISOString().slice(0, 10);
      response.attachment(`stratafolio-${day}.json`);
      return readPersonalData(context, person.userId, personalRecords);
    },
  }),
  route({
    method: "delete",
    path: "/api/account",
    summary: "Delete the account and everything about this person, for good",
    access: "session",
    body: deletionInput,
    status: 204,
    errors: [
      "wrong_password",
      "last_operator",
      "too_many_attempts",
      "sign_in_busy",
      "reauthentication_required",
    ],
    handle: ({ context, person, request, response, body }) =>
      endAccount(context, request, response, person, body),
  }),
];
