/** Where this installation stands, as its settings say: nothing of it is guessed from what a request says of itself. */
import { isIP } from "node:net";
import type { Request, RequestHandler } from "express";
import { isLoopback } from "../addresses.ts";
import { type Config, isLoopbackOnly } from "../config.ts";
import type { Log } from "../log.ts";
import { defineMessage, type Message } from "./messages/index.ts";

export type Deployment = Pick<
  Config,
  "host" | "publicUrl" | "trustedProxies" | "metricsToken" | "registration"
>;

export function isHttps({ publicUrl }: Pick<Deployment, "publicUrl">): boolean {
  return publicUrl?.startsWith("https:") ?? false;
}

/** The name in a Host header, without its port; null: that is no host. */
function hostName(host: string): string | null {
  if (!/^[\w.:[\]-]{1,255}$/.test(host) || !URL.canParse(`http://${host}`)) return null;
  return new URL(`http://${host}`).hostname;
}

const isAddress = (name: string): boolean => isIP(name.replace(/^\[(.*)\]$/, "$1")) !== 0;

/** Programs that look after this one know it by its address. */
const probes = new Set(["/healthz", "/readyz", "/metrics"]);

/**
 * Answers only at its own name. Another site can have its own name lead here (DNS rebinding), and a browser then takes
 * the two for one; the name in the Host header is the only thing that tells. Names of this machine cannot be made to lead
 * here from elsewhere, nor can addresses, which are accepted as long as nobody has said the name. The port is not
 * compared: proxies drop it. 400: no host; 421: another one.
 */
export function requireOwnHost({ host, publicUrl, metricsToken }: Deployment): RequestHandler {
  const ownName = publicUrl === null ? null : new URL(publicUrl).hostname;
  const isOwn = (name: string, path: string): boolean => {
    if (name === ownName) return true;
    if (path === "/metrics" && metricsToken !== null) return true; // no page of another site has the token
    const isProbe = probes.has(path);
    if (isLoopback(name)) return isProbe || ownName === null || isLoopback(host) || isLoopback(ownName);
    return isAddress(name) && (isProbe || (ownName === null && !isLoopback(host)));
  };
  return (request, response, next) => {
    const given = request.headers.host ?? "";
    const name = hostName(given);
    if (name !== null && isOwn(name, request.path)) return next();
    const expected = ownName ?? (isLoopback(host) ? "localhost" : "an IP address");
    const wayOut =
      ownName === null ? " To use a name, set PUBLIC_URL to its URL." : " That is set by PUBLIC_URL.";
    response
      .status(name === null ? 400 : 421)
      .type("text/plain")
      .send(
        `expected ${expected} as the host of the address, got: ${given.slice(0, 100) || "none"}.${wayOut}\n`,
      );
  };
}

/** Is this the Origin of a page of ours, asked at the host of the request? */
export function isOwnOrigin({ publicUrl }: Deployment, request: Request, origin: string): boolean {
  if (origin === publicUrl) return true;
  const host = request.headers.host?.toLowerCase() ?? "";
  // At its public name, what is not its public origin is another site: http, to a browser that knows it by https.
  if (publicUrl !== null && hostName(host) === new URL(publicUrl).hostname) return false;
  return URL.canParse(origin) && new URL(origin).host === host;
}

/** Headers of proxies, beside all that begin with X-Forwarded-. */
const proxyHeaders = new Set(["forwarded", "via", "x-real-ip"]);

/** Has a proxy passed the request on? Without being told otherwise nginx adds no header, but speaks HTTP/1.0. */
export function isForwarded({ headers, httpVersion }: Request): boolean {
  return (
    httpVersion === "1.0" ||
    Object.keys(headers).some((name) => name.startsWith("x-forwarded-") || proxyHeaders.has(name))
  );
}

/** From a program on this machine, and not passed on by a proxy on it, which would make everybody local. */
export function isFromThisMachine(request: Request): boolean {
  return isLoopback(request.socket.remoteAddress ?? "") && !isForwarded(request);
}

/** Those that a proxy has passed a request on to, though no setting speaks of one. */
const foundBehindProxy = new WeakSet<Deployment>();

/** Listening on this machine alone looks safe, until something in front passes the world on. It is said once. */
export function noticeProxy(deployment: Deployment, log: Log): RequestHandler {
  return (request, _response, next) => {
    const isPassedOn = request.headers["x-forwarded-for"] !== undefined;
    if (isPassedOn && deployment.trustedProxies === null && !foundBehindProxy.has(deployment)) {
      foundBehindProxy.add(deployment);
      for (const setting of missingSettings(deployment)) log.warn(setting);
    }
    next();
  };
}

/** Can nobody but this machine reach it, as far as is known? */
export function isLocalOnly(deployment: Deployment): boolean {
  return isLoopbackOnly(deployment) && !foundBehindProxy.has(deployment);
}

/** What an operator is told of settings that only they can know, at the start and on their pages. */
export function missingSettings(deployment: Deployment): readonly Message[] {
  const { publicUrl, trustedProxies } = deployment;
  const isExposed = !isLocalOnly(deployment);
  const missing: Message[] = [];
  if (isExposed && publicUrl === null)
    missing.push(
      defineMessage(
        "PUBLIC_URL is not set: it says at which https address people come here. Until then this installation answers by IP " +
          "address alone, and its cookies are not kept from plain http.",
      ),
    );
  if (isExposed && publicUrl?.startsWith("http:") && !isLoopback(new URL(publicUrl).hostname))
    missing.push(defineMessage("PUBLIC_URL is not https: passwords and sessions can be read on their way."));
  if ((isExposed || isHttps(deployment)) && trustedProxies === null)
    missing.push(
      defineMessage(
        "TRUSTED_PROXIES is not set: behind a proxy everybody has the proxy's address, and one person's wrong passwords slow " +
          "down everybody else's sign-in. Set it to the proxy's address, or to 0 if there is none.",
      ),
    );
  return missing;
}
