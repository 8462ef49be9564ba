/** What is begun in one request and ends in another, in a sealed cookie of ten minutes. */
import { parseCookie } from "cookie";
import type { Request, Response } from "express";
import { z } from "zod";
import { openTicket, sealTicket, ticketMinutes } from "../accounts/index.ts";
import type { WebContext } from "./context.ts";

/** `step`: a sign-in that lacks its second factor. `provider`: a way to a provider and back. `identity`: one to be connected. */
export type TicketName = "step" | "provider" | "identity";

/** Of `step`: whose sign-in it is. */
export const stepSchema = z.object({ id: z.int(), email: z.string() });

/** Of `identity`: to be connected once the account with this email has been signed in to. */
export const waitingSchema = z.object({
  identity: z.object({ issuer: z.string(), subject: z.string() }),
  email: z.string(),
});

const cookieOf = (name: TicketName): string => `stratafolio_${name}`;

export function giveTicket(
  context: WebContext,
  request: Request,
  response: Response,
  name: TicketName,
  value: object,
): void {
  response.cookie(cookieOf(name), sealTicket(context, name, value), {
    httpOnly: true,
    sameSite: "lax", // a provider sends the browser back
    secure: context.secureCookies ?? request.secure,
    maxAge: ticketMinutes * 60_000,
    path: "/",
  });
}

/** null: there is none that is still good. */
export function readTicket<T>(
  context: WebContext,
  request: Request,
  name: TicketName,
  schema: z.ZodType<T>,
): T | null {
  const ticket = parseCookie(request.get("Cookie") ?? "")[cookieOf(name)];
  return openTicket(context, name, schema, ticket);
}

export function takeTicket(response: Response, name: TicketName): void {
  response.clearCookie(cookieOf(name), { path: "/" });
}
