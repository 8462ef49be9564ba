import { z } from "zod";
import { codeSchema, credentialsSchema, currentPasswordSchema } from "../../accounts/index.ts";
import { register, signIn, signOut } from "../auth.ts";
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

export const authRoutes: readonly Route[] = [
  route({
    method: "post",
    path: "/auth/register",
    summary: "Create an account and sign in",
    access: "anybody",
    body: credentialsSchema,
    status: 201,
    answer: signedIn,
    errors: ["email_taken", "too_many_attempts"],
    handle: ({ context, request, response, body }) => register(context, request, response, body),
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
      "too_many_attempts",
    ],
    handle: ({ context, request, response, body }) => signIn(context, request, response, body),
  }),
  route({
    method: "post",
    path: "/auth/logout",
    summary: "Sign out: the token stops working at once",
    access: "session",
    status: 204,
    handle: ({ context, person, response }) => signOut(context, person, response),
  }),
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
