/** What is begun in one request and ends in another, in a sealed cookie of ten minutes. */
import type { Request, Response } from "express";
import { z } from "zod";
import { openTicket, type Step, sealTicket, ticketMinutes } from "../accounts/index.ts";
import type { WebContext } from "./context.ts";
import { forgetTicketCookie, setTicketCookie, ticketOf } from "./cookies.ts";

/** `step`: a sign-in that lacks its second factor. `provider`: a way to a provider and back. `identity`: one to be connected. */
export type TicketName = "step" | "provider" | "identity";

/** Of `step`: whose sign-in it is, and what its first step rests on; `password` null: on a provider. */
export const stepSchema: z.ZodType<Step> = z.object({
  id: z.int(),
  email: z.string(),
  password: z.string().nullable(),
});

/** Of `identity`: to be connected once the account with this email has been signed in to. */
export const waitingSchema = z.object({
  identity: z.object({ issuer: z.string(), subject: z.string() }),
  email: z.string(),
});

export function giveTicket(context: WebContext, response: Response, name: TicketName, value: object): void {
  setTicketCookie(context, response, name, sealTicket(context, name, value), ticketMinutes);
}

/** null: there is none that is still good. */
export function readTicket<T>(
  context: WebContext,
  request: Request,
  name: TicketName,
  schema: z.ZodType<T>,
): T | null {
  return openTicket(context, name, schema, ticketOf(context, request, name));
}

export function takeTicket(context: WebContext, response: Response, name: TicketName): void {
  forgetTicketCookie(context, response, name);
}
