import { z } from "zod";
import {
  codeSchema,
  credentialsSchema,
  currentPasswordSchema,
  emailSchema,
  invitationToken,
  passwordSchema,
} from "../../accounts/index.ts";
import { openSession, register, signIn, signOut } from "../auth.ts";
import { askForReset, confirm, resetPassword } from "../recovery.ts";
import { type Route, route } from "../route.ts";

const user = z
  .object({ id: z.int(), email: z.string(), role: z.enum(["operator", "investor"]) })
  .meta({ description: "The first account made is an operator; others are investors until promoted" });

const signedIn = z.object({
  user,
  token: z.string().describe("For `Authorization: Bearer`; good for 30 days or until signed out"),
});

const signInSchema = credentialsSchema.extend({
  password: currentPasswordSchema,
  code: codeSchema
    .optional()
    .describe("Of an account with a second factor: six digits of its authenticator app, or a recovery code"),
});

const linkToken = z.string().max(200).describe("The last part of the link's address");

const byEmail = z.object({ message: z.string().describe("What comes next is in an email") });

export const newPasswordInput = z.object({
  token: linkToken,
  password: passwordSchema,
  revoke_tokens: z.boolean().default(false).describe("End this person's API tokens, too"),
});

/** What the way in needs beside the password: links that were sent, or made by an operator. */
const linkRoutes: readonly Route[] = [
  route({
    method: "post",
    path: "/auth/confirm",
    summary: "Make the account that was asked for, by the link in the email, and sign in",
    access: "anybody",
    body: z.object({ token: linkToken }),
    status: 201,
    answer: signedIn,
    errors: ["spent_link", "email_taken"],
    handle: async ({ context, request, response, body }) => {
      const user = await confirm(context, request, body.token);
      return { user, token: await openSession(context, request, response, user, null) };
    },
  }),
  route({
    method: "post",
    path: "/auth/forgot-password",
    summary:
      "Ask for a link to choose a new password; the answer is the same whether there is such an account or not",
    access: "anybody",
    body: z.object({ email: emailSchema }),
    status: 202,
    answer: byEmail,
    errors: ["mail_unavailable", "too_many_attempts"],
    handle: async ({ context, request, body }) => {
      await askForReset(context, request, body.email);
      return { message: "if there is an account with this email, a link is on its way to it" };
    },
  }),
  route({
    method: "post",
    path: "/auth/reset-password",
    summary: "Choose a new password by such a link: every session of the account ends",
    access: "anybody",
    body: newPasswordInput,
    status: 204,
    errors: ["spent_link", "weak_password"],
    handle: ({ context, request, body }) => resetPassword(context, request, body),
  }),
];

const registrationSchema = credentialsSchema.extend({
  invitation: invitationToken.optional().describe("What the link of an invitation carries"),
});

export const authRoutes: readonly Route[] = [
  route({
    method: "post",
    path: "/auth/register",
    summary: "Create an account and sign in",
    access: "anybody",
    body: registrationSchema,
    status: 201,
    answer: signedIn,
    otherAnswers: { 202: byEmail },
    errors: [
      "email_taken",
      "first_account",
      "registration_closed",
      "weak_password",
      "too_many_attempts",
      "sign_in_busy",
      "quota_exceeded",
    ],
    handle: async ({ context, request, response, body }) => {
      const answer = await register(context, request, response, body);
      if (answer) return answer;
      response.status(202).json({ message: "a link that makes the account is on its way by email" });
      return undefined as never;
    },
  }),
  route({
    method: "post",
    path: "/auth/login",
    summary: "Sign in",
    access: "anybody",
    body: signInSchema,
    status: 200,
    answer: signedIn,
    errors: [
      "wrong_credentials",
      "second_factor_required",
      "wrong_code",
      "unreadable_secret",
      "account_disabled",
      "too_many_attempts",
      "sign_in_busy",
    ],
    handle: ({ context, request, response, body }) => signIn(context, request, response, body),
  }),
  route({
    method: "post",
    path: "/auth/logout",
    summary: "Sign out: the token stops working at once",
    access: "session",
    status: 204,
    handle: ({ context, request, person, response }) => signOut(context, request, person, response),
  }),
  ...linkRoutes,
  route({
    method: "get",
    path: "/auth/me",
    summary: "Who is signed in",
    access: "person",
    status: 200,
    answer: z.object({ user }),
    handle: ({ person: { userId, email, role } }) => ({ user: { id: userId, email, role } }),
  }),
];
