/** What is signed and given out, to be recognised when it comes back: JSON web tokens. */
import { createSecretKey, type KeyObject } from "node:crypto";
import jwt from "jsonwebtoken";

/** Pinned: the token's own header must not choose. */
const algorithm = "HS256";

export function signClaims(claims: jwt.JwtPayload, secret: string, now: Date, expiresAt: Date): string {
  const seconds = (instant: Date): number => Math.floor(instant.getTime() / 1000);
  return jwt.sign({ ...claims, iat: seconds(now), exp: seconds(expiresAt) }, secret, { algorithm });
}

/** Of the installation's few secrets. Given as text, one is tried as a public key first, at each look. */
const keys = new Map<string, KeyObject>();

function keyOf(secret: string): KeyObject {
  if (secret === "") throw new jwt.JsonWebTokenError("expected a secret, got: none"); // whoever likes signs with none
  const key = keys.get(secret) ?? createSecretKey(secret, "utf8");
  keys.set(secret, key);
  return key;
}

/** What a token says that one of the secrets signed; null: forged or expired. */
export function verifiedClaims(token: string, secrets: readonly string[], now: Date): jwt.JwtPayload | null {
  for (const secret of secrets)
    try {
      const claims = jwt.verify(token, keyOf(secret), {
        algorithms: [algorithm],
        clockTimestamp: Math.floor(now.getTime() / 1000),
      });
      return typeof claims === "object" ? claims : null;
    } catch (error) {
      // The expired one is one, too; what says that it is JSON and is none throws as the parser does.
      if (!(error instanceof jwt.JsonWebTokenError || error instanceof SyntaxError)) throw error;
    }
  return null;
}
