/** Headers that confine what a page can do, and the refusal of requests that another site made a browser send. */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Request, RequestHandler } from "express";
import helmet from "helmet";
import { CrossSiteError } from "./errors.ts";

const headers = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", "data:"],
      fontSrc: ["'self'"],
      connectSrc: ["'self'"],
      manifestSrc: ["'self'"],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  frameguard: { action: "deny" },
  // Under helmet's default, no-referrer, browsers send `Origin: null` with a form, even to the same site.
  referrerPolicy: { policy: "same-origin" },
  strictTransportSecurity: false,
});

const oneYearSeconds = 31_536_000;

/** Strict headers on every answer. HSTS only where https is in use: on http://localhost it would outlive the trial. */
export const securityHeaders: RequestHandler = (request, response, next) => {
  if (request.secure) response.set("Strict-Transport-Security", `max-age=${oneYearSeconds}`);
  headers(request, response, next);
};

/** The token a form carries in its field `csrf_token`, or a script in the header X-CSRF-Token. */
export function csrfToken(secret: string, credentialId: string): string {
  return createHmac("sha256", secret).update(`csrf ${credentialId}`).digest("base64url");
}

const readMethods = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * A browser adds cookies to a request that another site made it send, but neither a bearer token nor our Origin.
 * Requests that change something need one of them, or a token made for the session. Throws CrossSiteError (403).
 */
export function refuseCrossSite(secret: string): RequestHandler {
  return (request, _response, next) => {
    if (readMethods.has(request.method) || hasBearer(request)) return next();
    const origin = request.get("Origin");
    if (origin !== undefined && isSameHost(origin, request.host)) return next();
    if (hasCsrfToken(request, secret)) return next();
    throw new CrossSiteError(request.host, origin);
  };
}

export function hasBearer(request: Request): boolean {
  return /^bearer \S/i.test(request.get("Authorization") ?? "");
}

/** Hosts are compared, not schemes: behind a proxy that ends TLS this process sees http, the browser https. */
function isSameHost(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}

function hasCsrfToken(request: Request, secret: string): boolean {
  if (!request.person) return false;
  const given: unknown = request.get("X-CSRF-Token") ?? request.body?.csrf_token;
  if (typeof given !== "string") return false;
  const expected = Buffer.from(csrfToken(secret, request.person.credentialId));
  const actual = Buffer.from(given);
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}
