/**
 * To an OpenID provider and back: the authorization code with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636), all of them in
 * a sealed cookie of ten minutes. What is done with who comes back is the pages' business.
 */
import type { Request, Response } from "express";
import type { Configuration } from "openid-client";
import { z } from "zod";
import { emailSchema, type Identity, proofMinutes } from "../accounts/index.ts";
import type { IdentityProvider } from "../config.ts";
import type { WebContext } from "./context.ts";
import { JourneyOverError, NotFoundError, ProviderRefusedError, ProviderUnavailableError } from "./errors.ts";
import { requireOrigin } from "./origin.ts";
import { giveTicket, readTicket, takeTicket } from "./tickets.ts";

const timeoutSeconds = 10;
/** Between two machines' clocks. */
const toleranceSeconds = 30;

export const callbackPath = "/sign-in/provider/callback";

const purposeSchema = z.object({
  purpose: z.enum(["sign-in", "proof", "connect"]),
  /** The session that began it; null: nobody's. */
  credentialId: z.string().nullable(),
  /** Where to go on; empty: nowhere in particular. */
  next: z.string(),
  /** The form that waits for a proof, sealed; empty: none. */
  pending: z.string(),
  /** What the link carried by which somebody was invited; empty: nothing. */
  invitation: z.string(),
});

/** What somebody went to the provider for. */
export type Purpose = z.output<typeof purposeSchema>;

const journeySchema = purposeSchema.extend({ state: z.string(), nonce: z.string(), verifier: z.string() });

/** Who came back. */
export interface Arrival {
  readonly purpose: Purpose;
  readonly identity: Identity;
  /** null: the provider names none, or has not verified it. */
  readonly email: string | null;
}

/** Loaded when needed: an installation without a provider has no use for it. */
const openid = () => import("openid-client");

const clients = new WeakMap<IdentityProvider, Promise<Configuration>>();

/** Throws NotFoundError where none is configured. */
export function requireProvider({ identityProvider }: WebContext): IdentityProvider {
  if (!identityProvider) throw new NotFoundError("provider");
  return identityProvider;
}

/** What the provider says of itself is asked once; after a failure, again. */
async function clientOf(context: WebContext): Promise<Configuration> {
  const provider = requireProvider(context);
  const client = clients.get(provider) ?? discover(provider);
  clients.set(provider, client);
  try {
    return await client;
  } catch (error) {
    clients.delete(provider);
    context.log.warn({ err: error, issuer: provider.issuer }, "the OpenID provider cannot be used");
    throw new ProviderUnavailableError(provider.name);
  }
}

async function discover({ issuer, clientId, clientSecret }: IdentityProvider): Promise<Configuration> {
  const library = await openid();
  return library.discovery(
    new URL(issuer),
    clientId,
    { [library.clockTolerance]: toleranceSeconds },
    library.ClientSecretBasic(clientSecret),
    {
      timeout: timeoutSeconds,
      execute: [
        library.enableNonRepudiationChecks, // signatures are checked, whatever the way the token came
        ...(issuer.startsWith("http:") ? [library.allowInsecureRequests] : []), // on this machine alone: see config.ts
      ],
    },
  );
}

/** Where to send the browser. Throws NotFoundError, NoPublicUrlError or ProviderUnavailableError. */
export async function beginJourney(
  context: WebContext,
  request: Request,
  response: Response,
  purpose: Purpose,
): Promise<URL> {
  const redirectUri = requireOrigin(context, request) + callbackPath;
  const client = await clientOf(context);
  const library = await openid();
  const [state, nonce, verifier] = [
    library.randomState(),
    library.randomNonce(),
    library.randomPKCECodeVerifier(),
  ];
  giveTicket(context, response, "provider", { ...purpose, state, nonce, verifier });
  return library.buildAuthorizationUrl(client, {
    redirect_uri: redirectUri,
    scope: "openid email",
    state,
    nonce,
    code_challenge: await library.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    // A proof is of now: whoever has signed in there today may have gone since.
    ...(purpose.purpose === "proof" && { prompt: "login", max_age: String(proofMinutes * 60) }),
  });
}

/** Throws JourneyOverError, ProviderRefusedError or ProviderUnavailableError. */
export async function endJourney(
  context: WebContext,
  request: Request,
  response: Response,
): Promise<Arrival> {
  const provider = requireProvider(context);
  const journey = readTicket(context, request, "provider", journeySchema);
  takeTicket(context, response, "provider");
  const isOthers = journey?.credentialId && journey.credentialId !== request.person?.credentialId;
  if (!journey || isOthers) throw new JourneyOverError();
  const client = await clientOf(context);
  const { authorizationCodeGrant, fetchUserInfo } = await openid();
  const current = new URL(request.originalUrl, requireOrigin(context, request));
  try {
    const tokens = await authorizationCodeGrant(client, current, {
      expectedState: journey.state,
      expectedNonce: journey.nonce,
      pkceCodeVerifier: journey.verifier,
      ...(journey.purpose === "proof" && { maxAge: proofMinutes * 60 }),
    });
    const claims = tokens.claims()!;
    const hasUserInfo = client.serverMetadata().userinfo_endpoint !== undefined;
    const profile =
      claims.email === undefined && hasUserInfo
        ? await fetchUserInfo(client, tokens.access_token, claims.sub)
        : claims;
    const email = profile.email_verified === true ? emailSchema.safeParse(profile.email).data : undefined;
    return {
      purpose: journey,
      identity: { issuer: new URL(claims.iss).href, subject: claims.sub },
      email: email ?? null,
    };
  } catch (error) {
    context.log.warn({ err: error, issuer: provider.issuer }, "a sign-in by the OpenID provider failed");
    // fetch says TypeError of a connection that fails.
    if (error instanceof TypeError || (error as Error).name === "TimeoutError")
      throw new ProviderUnavailableError(provider.name);
    throw new ProviderRefusedError(provider.name);
  }
}
