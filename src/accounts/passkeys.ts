/**
 * Passkeys (WebAuthn): kept by a device or a password manager, found by it without an email, and used only after it has verified its
 * person. So one is both factors at once: it signs in alone, and it is the second step after a password.
 */
import type { Pool } from "pg";
import { z } from "zod";
import { personTransaction } from "../database/person.ts";
import { nonblank } from "../values.ts";
import type { Account } from "./accounts.ts";
import type { AccountContext } from "./context.ts";
import { PasskeyRefusedError, TooManyPasskeysError } from "./errors.ts";
import { factorTransaction } from "./factors.ts";
import type { Person, Role } from "./person.ts";
import { openTicket, sealTicket } from "./sealed.ts";
import type { Actor } from "./security-log.ts";

const passkeysPerPerson = 20;

/** Whom an authenticator makes passkeys for and answers to: this installation, as browsers see it. */
export interface RelyingParty {
  /** A host name: "folio.example.com", "localhost". */
  readonly id: string;
  /** "https://folio.example.com". */
  readonly origin: string;
}

/** As the account page lists it. */
export interface Passkey {
  readonly passkey_id: string;
  readonly name: string;
  readonly created_at: Date;
  readonly last_used_at: Date | null;
}

export const passkeyName = nonblank(100);

const base64url = z
  .string()
  .regex(/^[\w-]*$/)
  .max(20_000);

/** Of 1,023 bytes at most, as WebAuthn has it. */
const credentialId = base64url.max(1364);

const common = {
  id: credentialId,
  rawId: credentialId,
  type: z.literal("public-key"),
  clientExtensionResults: z.object({}),
};

const registrationSchema = z.object({
  ...common,
  response: z.object({
    clientDataJSON: base64url,
    attestationObject: base64url,
    transports: z.array(z.string().max(30)).max(10).optional(),
  }),
});

const authenticationSchema = z.object({
  ...common,
  response: z.object({
    clientDataJSON: base64url,
    authenticatorData: base64url,
    signature: base64url,
    userHandle: base64url.nullish(),
  }),
});

/** What a browser is to be asked, in WebAuthn's own JSON, and what to bring back with its answer. */
export interface Challenge {
  readonly options: object;
  readonly ticket: string;
}

/** `at`: milliseconds; each passkey takes challenges only in their order, so an answer is good once. */
const challengeSchema = z.object({ challenge: z.string(), userId: z.int().nullable(), at: z.number() });

const signingIn = "passkey sign-in";
const making = "passkey registration";

/** The identity of a person towards authenticators: a number that says nothing of them. */
const handleOf = (userId: number): Uint8Array<ArrayBuffer> => new TextEncoder().encode(String(userId));

/** Ed25519, ES256 and RS256, as WebAuthn recommends. Asked for what else it can do, Node warns of an experiment. */
const algorithms = [-8, -7, -257];

/** Loaded when needed: it brings a reader of certificates along. */
const webAuthn = () => import("@simplewebauthn/server");

export function listPasskeys(pool: Pool, userId: number): Promise<Passkey[]> {
  return personTransaction(pool, userId, async (client) => {
    const { rows } = await client.query<Passkey>(
      `select passkey_id, name, created_at, last_used_at
       from public.passkeys
       where user_id = $1
       order by created_at`,
      [userId],
    );
    return rows;
  });
}

async function knownCredentials(pool: Pool, userId: number) {
  return personTransaction(pool, userId, async (client) => {
    const { rows } = await client.query<{ id: string; transports: string[] }>(
      "select credential_id as id, transports from public.passkeys where user_id = $1",
      [userId],
    );
    return rows;
  });
}

/** Begins to make a passkey for the person. */
export async function challengeToMake(
  context: AccountContext,
  party: RelyingParty,
  { userId, email }: Person,
): Promise<Challenge> {
  const { generateRegistrationOptions } = await webAuthn();
  const options = await generateRegistrationOptions({
    rpName: "Stratafolio",
    rpID: party.id,
    userName: email,
    userID: handleOf(userId),
    excludeCredentials: await knownCredentials(context.pool, userId),
    supportedAlgorithmIDs: algorithms,
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
  });
  const at = context.clock().getTime();
  return { options, ticket: sealTicket(context, making, { challenge: options.challenge, userId, at }) };
}

/** Keeps a passkey; returns recovery codes if this is the first factor. Throws PasskeyRefusedError or TooManyPasskeysError. */
export async function addPasskey(
  context: AccountContext,
  party: RelyingParty,
  person: Person,
  name: string,
  { ticket, credential }: PasskeyAnswer,
  actor: Actor,
): Promise<string[] | null> {
  const challenge = openTicket(context, making, challengeSchema, ticket);
  if (challenge?.userId !== person.userId) throw new PasskeyRefusedError();
  const response = parseCredential(registrationSchema, credential);
  const { verifyRegistrationResponse } = await webAuthn();
  // It throws whatever is wrong with what came.
  const verification = await verifyRegistrationResponse({
    response: response as Parameters<typeof verifyRegistrationResponse>[0]["response"],
    expectedChallenge: challenge.challenge,
    expectedOrigin: party.origin,
    expectedRPID: party.id,
    supportedAlgorithmIDs: algorithms,
  }).catch((error: unknown) => {
    throw new PasskeyRefusedError(error);
  });
  if (!verification.verified) throw new PasskeyRefusedError();
  const made = verification.registrationInfo.credential;
  const { recoveryCodes } = await factorTransaction(context.pool, person, actor, async (client) => {
    const { rows } = await client.query<{ passkeys: number }>(
      "select count(*)::integer as passkeys from public.passkeys where user_id = $1",
      [person.userId],
    );
    if (rows[0]!.passkeys >= passkeysPerPerson) throw new TooManyPasskeysError(passkeysPerPerson);
    const { rowCount } = await client.query(
      `insert into public.passkeys
         (user_id, credential_id, public_key, sign_count, transports, name, created_at, last_challenge_at)
       values ($1, $2, $3, $4, $5, $6, $7, to_timestamp($8::double precision / 1000))
       on conflict (credential_id) do nothing`,
      [
        person.userId,
        made.id,
        made.publicKey,
        made.counter,
        response.response.transports ?? [],
        name,
        context.clock(),
        challenge.at,
      ],
    );
    if (rowCount === 0) throw new PasskeyRefusedError();
    return { kind: "second_factor_added", detail: `passkey ${name}` };
  });
  return recoveryCodes;
}

function parseCredential<T>(schema: z.ZodType<T>, credential: string): T {
  let parsed: unknown;
  try {
    parsed = JSON.parse(credential);
  } catch (error) {
    throw new PasskeyRefusedError(error);
  }
  const result = schema.safeParse(parsed);
  if (!result.success) throw new PasskeyRefusedError(result.error);
  return result.data;
}

/** Asks for a passkey: one of `userId`'s, or null: of anybody's that the browser knows. */
export async function challengeToSignIn(
  context: AccountContext,
  party: RelyingParty,
  userId: number | null,
): Promise<Challenge> {
  const { generateAuthenticationOptions } = await webAuthn();
  const options = await generateAuthenticationOptions({
    rpID: party.id,
    userVerification: "required",
    ...(userId !== null && { allowCredentials: await knownCredentials(context.pool, userId) }),
  });
  const at = context.clock().getTime();
  return { options, ticket: sealTicket(context, signingIn, { challenge: options.challenge, userId, at }) };
}

/** What a browser sends back of a challenge: the ticket, and the credential as WebAuthn's JSON in a string. */
export const passkeyAnswerSchema = z.object({
  ticket: z.string().max(2000),
  credential: z.string().max(50_000),
});

export type PasskeyAnswer = z.output<typeof passkeyAnswerSchema>;

interface FoundPasskey {
  readonly passkey_id: string;
  readonly public_key: Buffer;
  readonly sign_count: number;
  readonly transports: string[];
  readonly user_id: number;
  readonly email: string;
  readonly role: Role;
}

/** The account whose passkey answered the challenge, which is `userId`'s unless that is null. Throws PasskeyRefusedError. */
export async function findPasskeyAccount(
  context: AccountContext,
  party: RelyingParty,
  { ticket, credential }: PasskeyAnswer,
  userId: number | null,
): Promise<Account> {
  const challenge = openTicket(context, signingIn, challengeSchema, ticket);
  const response = parseCredential(authenticationSchema, credential);
  const { rows } = await context.pool.query<FoundPasskey>(
    `select passkey_id, public_key, sign_count, transports, user_id, email, role
     from public.find_passkey($1)`,
    [response.id],
  );
  const found = rows[0];
  if (!challenge || !found) throw new PasskeyRefusedError();
  const { userHandle } = response.response;
  const isOthers = [challenge.userId, userId].some((asked) => asked !== null && asked !== found.user_id);
  const isMisnamed = userHandle && userHandle !== Buffer.from(handleOf(found.user_id)).toString("base64url");
  if (isOthers || isMisnamed) throw new PasskeyRefusedError();
  const { verifyAuthenticationResponse } = await webAuthn();
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response: response as Parameters<typeof verifyAuthenticationResponse>[0]["response"],
    expectedChallenge: challenge.challenge,
    expectedOrigin: party.origin,
    expectedRPID: party.id,
    credential: {
      id: response.id,
      publicKey: new Uint8Array(found.public_key),
      counter: found.sign_count,
      transports: found.transports,
    },
  }).catch((error: unknown) => {
    throw new PasskeyRefusedError(error);
  });
  if (!verified) throw new PasskeyRefusedError();
  const isFirst = await personTransaction(context.pool, found.user_id, async (client) => {
    const { rowCount } = await client.query(
      `update public.passkeys
       set sign_count = $2, last_used_at = $3, last_challenge_at = to_timestamp($4::double precision / 1000)
       where passkey_id = $1
         and last_challenge_at < to_timestamp($4::double precision / 1000)`,
      [found.passkey_id, authenticationInfo.newCounter, context.clock(), challenge.at],
    );
    return rowCount === 1;
  });
  if (!isFirst) throw new PasskeyRefusedError();
  return { id: found.user_id, email: found.email, role: found.role };
}

/** False: the person has no such passkey. */
export function renamePasskey(pool: Pool, userId: number, passkeyId: string, name: string): Promise<boolean> {
  return personTransaction(pool, userId, async (client) => {
    const { rowCount } = await client.query(
      "update public.passkeys set name = $3 where user_id = $1 and passkey_id::text = $2",
      [userId, passkeyId, name],
    );
    return rowCount === 1;
  });
}

/** False: it was not there, and gone is gone. */
export async function removePasskey(
  pool: Pool,
  person: Person,
  passkeyId: string,
  actor: Actor,
): Promise<boolean> {
  const { isChanged } = await factorTransaction(pool, person, actor, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      "delete from public.passkeys where user_id = $1 and passkey_id::text = $2 returning name",
      [person.userId, passkeyId],
    );
    return rows[0] ? { kind: "second_factor_removed", detail: `passkey ${rows[0].name}` } : null;
  });
  return isChanged;
}
