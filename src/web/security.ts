/** Headers that confine what a page can do, and the refusal of requests that another site made a browser send. */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Request, RequestHandler } from "express";
import helmet from "helmet";
import type { WebContext } from "./context.ts";
import { sessionTokenOf } from "./cookies.ts";
import { type Deployment, isHttps, isOwnOrigin } from "./deployment.ts";
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

/** Strict headers on every answer. HSTS only where people come by https: on http://localhost it would outlive the trial. */
export function securityHeaders(deployment: Deployment): RequestHandler {
  return (request, response, next) => {
    if (isHttps(deployment)) response.set("Strict-Transport-Security", `max-age=${oneYearSeconds}`);
    headers(request, response, next);
  };
}

/** The token a form carries in its field `csrf_token`, or a script in the header X-CSRF-Token. */
export function csrfToken(secret: string, credentialId: string): string {
  return createHmac("sha256", secret).update(`csrf ${credentialId}`).digest("base64url");
}

const readMethods = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * A browser adds cookies to a request that another site made it send, and says where it comes from. Refused is what
 * changes something and comes from elsewhere, or brings a cookie and neither says where it comes from nor has a token made
 * for the session. What has no cookie and says nothing is a program's. Throws CrossSiteError (403).
 */
export function refuseCrossSite(context: WebContext): RequestHandler {
  return (request, _response, next) => {
    if (readMethods.has(request.method)) return next();
    const from = comesFrom(context.deployment, request);
    if (from === "here") return next();
    if (from === "elsewhere") throw new CrossSiteError(request.headers.host ?? "", request.get("Origin"));
    if (hasBearer(request) || !sessionTokenOf(context, request) || hasCsrfToken(context, request))
      return next();
    throw new CrossSiteError(request.headers.host ?? "", undefined);
  };
}

/** Where a browser says that the request comes from; null: it says nothing, or no browser sent it. */
function comesFrom(deployment: Deployment, request: Request): "here" | "elsewhere" | null {
  const site = request.get("Sec-Fetch-Site");
  const origin = request.get("Origin");
  if (site !== undefined && site !== "same-origin" && site !== "none") return "elsewhere";
  if (origin !== undefined) return isOwnOrigin(deployment, request, origin) ? "here" : "elsewhere";
  return site === undefined ? null : "here";
}

/**
 * Did the person come here by a page of ours, or by themselves? A link on another site may show them anything, but choose
 * nothing for them. Over plain http browsers send no Sec-Fetch-Site; our own pages then send their address.
 */
export function isOwnNavigation({ deployment }: WebContext, request: Request): boolean {
  const site = request.get("Sec-Fetch-Site");
  if (site !== undefined) return site === "same-origin" || site === "none";
  const referer = request.get("Referer") ?? "";
  return URL.canParse(referer) && isOwnOrigin(deployment, request, new URL(referer).origin);
}

export function hasBearer(request: Request): boolean {
  return /^bearer \S/i.test(request.get("Authorization") ?? "");
}

function hasCsrfToken({ jwtSecret, formerJwtSecrets = [] }: WebContext, request: Request): boolean {
  const { person } = request;
  const given: unknown = request.get("X-CSRF-Token") ?? request.body?.csrf_token;
  if (!person || typeof given !== "string") return false;
  return [jwtSecret, ...formerJwtSecrets].some((secret) =>
    isSameText(given, csrfToken(secret, person.credentialId)),
  );
}

/** Takes as long wherever the two differ. */
export function isSameText(given: string, expected: string): boolean {
  const [left, right] = [given, expected].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(left!, right!);
}
