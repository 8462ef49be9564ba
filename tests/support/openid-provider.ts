/** A real OpenID provider on loopback, at which tests say who sits before the browser. */
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import Provider from "oidc-provider";
import { afterAll } from "vitest";
import type { IdentityProvider } from "../../src/config.ts";

interface Somebody {
  readonly subject: string;
  readonly email: string;
  readonly isVerified: boolean;
}

export interface OpenIdProvider {
  /** What the program is configured with. */
  readonly settings: IdentityProvider;
  /** Who signs in there from now on; null: whoever it is refuses to. */
  person: Somebody | null;
  /** How often somebody was asked to sign in. */
  readonly askings: number;
  /** Does not answer while false. */
  isUp: boolean;
  /** Knows the program by its address; before it, the provider answers nothing. */
  serve(redirectUri: string): void;
}

const clientId = "stratafolio";
const clientSecret = "a secret of this client's own";

/** Stopped after the file. */
export async function startOpenIdProvider(): Promise<OpenIdProvider> {
  let listener: RequestListener = (_request, response) => response.destroy();
  const server = createServer((request, response) => {
    if (state.isUp) listener(request, response);
    else response.destroy();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const known = new Map<string, Somebody>();
  const state = {
    settings: { issuer, clientId, clientSecret, name: "Example ID" },
    person: null as Somebody | null,
    askings: 0,
    isUp: true,
    serve(redirectUri: string) {
      const provider = createProvider(issuer, redirectUri, known);
      provider.use(async (context, next) => {
        if (!context.path.startsWith("/interaction/")) return next();
        const { prompt } = await provider.interactionDetails(context.req, context.res);
        if (prompt.name === "login") state.askings += 1;
        const { person } = state;
        if (person) known.set(person.subject, person);
        const result = person
          ? { login: { accountId: person.subject } }
          : { error: "access_denied", error_description: "the person refused" };
        await provider.interactionFinished(context.req, context.res, result, {
          mergeWithLastSubmission: false,
        });
        context.respond = false;
      });
      const callback = provider.callback();
      listener = (request, response) => void callback(request, response);
    },
  };
  return state;
}

function createProvider(issuer: string, redirectUri: string, known: ReadonlyMap<string, Somebody>): Provider {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return new Provider(issuer, {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri] }],
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256" }] },
    cookies: { keys: ["of a test"] },
    claims: { openid: ["sub"], email: ["email", "email_verified"] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    pkce: { required: () => true },
    findAccount: (_context, subject) => ({
      accountId: subject,
      claims: () => ({
        sub: subject,
        email: known.get(subject)?.email,
        email_verified: known.get(subject)?.isVerified,
      }),
    }),
    // Consent is not what is tried here.
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client!.clientId,
        accountId: oidc.session!.accountId!,
      });
      grant.addOIDCScope("openid email");
      await grant.save();
      return grant;
    },
  });
}
