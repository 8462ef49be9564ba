/** Where browsers find this installation: what passkeys and providers are tied to. */
import type { Request } from "express";
import type { RelyingParty } from "../accounts/index.ts";
import { isLoopback } from "../addresses.ts";
import type { WebContext } from "./context.ts";
import { NoPublicUrlError } from "./errors.ts";

/**
 * "https://folio.example.com": PUBLIC_URL's. Without that setting the address of the request counts on this machine alone, since a
 * Host header says whatever its sender likes; elsewhere null.
 */
export function originOf({ deployment }: WebContext, request: Request): string | null {
  if (deployment.publicUrl) return new URL(deployment.publicUrl).origin;
  const asked = `http://${request.get("Host") ?? ""}`;
  return URL.canParse(asked) && isLoopback(new URL(asked).hostname) ? new URL(asked).origin : null;
}

/** For passkeys. null: there is no origin, or one with a number for a name, which browsers make no passkeys for. */
export function relyingPartyOf(context: WebContext, request: Request): RelyingParty | null {
  const origin = originOf(context, request);
  if (!origin) return null;
  const id = new URL(origin).hostname;
  return /^\[|^[\d.]+$/.test(id) ? null : { id, origin };
}

/** Throws NoPublicUrlError. */
export function requireRelyingParty(context: WebContext, request: Request): RelyingParty {
  const party = relyingPartyOf(context, request);
  if (!party) throw new NoPublicUrlError("passkeys");
  return party;
}

/** Throws NoPublicUrlError. */
export function requireOrigin(context: WebContext, request: Request): string {
  const origin = originOf(context, request);
  if (!origin) throw new NoPublicUrlError("provider");
  return origin;
}
