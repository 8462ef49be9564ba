/** What links carry: 256 random bits, of which a fast hash is kept. */
import { createHash, randomBytes } from "node:crypto";

/** `token` goes into the link, and is not kept. */
export function makeLinkToken(): { token: string; tokenHash: Buffer } {
  const token = randomBytes(32).toString("base64url");
  return { token, tokenHash: hashOfLinkToken(token) };
}

export function hashOfLinkToken(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
