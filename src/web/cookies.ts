/** The cookies that are set: of the session, of the device somebody signed in from, and of what is begun and not yet done. */
import { parseCookie } from "cookie";
import type { CookieOptions, Request, Response } from "express";
import { type Deployment, isHttps } from "./deployment.ts";

interface Place {
  readonly deployment: Deployment;
}

/**
 * Over https a name that browsers take from this very host alone, over https: no other host of the domain, and nobody on
 * the way, can set it.
 */
function cookieName({ deployment }: Place, name: string): string {
  return isHttps(deployment) ? `__Host-${name}` : name;
}

export function sessionCookieName(place: Place): string {
  return cookieName(place, "stratafolio_session");
}

const deviceCookieName = (place: Place): string => cookieName(place, "stratafolio_device");

function options({ deployment }: Place): CookieOptions {
  return { httpOnly: true, secure: isHttps(deployment), path: "/" };
}

function readCookie(request: Request, name: string): string | undefined {
  return parseCookie(request.get("Cookie") ?? "")[name];
}

export function sessionTokenOf(place: Place, request: Request): string | undefined {
  return readCookie(request, sessionCookieName(place));
}

export function setSessionCookie(place: Place, response: Response, token: string, expires: Date): void {
  response.cookie(sessionCookieName(place), token, { ...options(place), sameSite: "lax", expires });
}

export function forgetSessionCookie(place: Place, response: Response): void {
  response.clearCookie(sessionCookieName(place), { ...options(place), sameSite: "lax" });
}

export function deviceTokenOf(place: Place, request: Request): string | undefined {
  return readCookie(request, deviceCookieName(place));
}

export function setDeviceCookie(place: Place, response: Response, token: string, expires: Date): void {
  response.cookie(deviceCookieName(place), token, { ...options(place), sameSite: "strict", expires });
}

/** Of what is begun in one request and ends in another; `name`: of what. */
const ticketCookieName = (place: Place, name: string): string => cookieName(place, `stratafolio_${name}`);

export function ticketOf(place: Place, request: Request, name: string): string | undefined {
  return readCookie(request, ticketCookieName(place, name));
}

/** A provider sends the browser back from elsewhere: lax. */
export function setTicketCookie(
  place: Place,
  response: Response,
  name: string,
  ticket: string,
  minutes: number,
): void {
  const maxAge = minutes * 60_000;
  response.cookie(ticketCookieName(place, name), ticket, { ...options(place), sameSite: "lax", maxAge });
}

export function forgetTicketCookie(place: Place, response: Response, name: string): void {
  response.clearCookie(ticketCookieName(place, name), { ...options(place), sameSite: "lax" });
}
