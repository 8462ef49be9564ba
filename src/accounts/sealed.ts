/**
 * Sealed values: encrypted and vouched for (AES-256-GCM) with a key that follows from the installation's secret (HKDF,
 * RFC 5869). Another purpose is another key, so that no value opens in the place of another. What a former secret sealed opens for
 * as long as that secret is known.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { z } from "zod";
import type { AccountContext } from "./context.ts";

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

function keyFor(secret: string, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, "stratafolio", purpose, 32));
}

type Secrets = Pick<AccountContext, "jwtSecret" | "formerJwtSecrets">;

/** Nonce, ciphertext and tag, one after the other. */
export function seal({ jwtSecret }: Secrets, purpose: string, value: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, keyFor(jwtSecret, purpose), nonce);
  return Buffer.concat([nonce, cipher.update(value, "utf8"), cipher.final(), cipher.getAuthTag()]);
}

/** null: sealed for something else, with a secret that is not known any more, or touched since. */
export function unseal(
  { jwtSecret, formerJwtSecrets = [] }: Secrets,
  purpose: string,
  sealed: Buffer,
): string | null {
  if (sealed.length < nonceBytes + tagBytes) return null;
  for (const secret of [jwtSecret, ...formerJwtSecrets]) {
    const decipher = createDecipheriv(algorithm, keyFor(secret, purpose), sealed.subarray(0, nonceBytes));
    decipher.setAuthTag(sealed.subarray(-tagBytes));
    try {
      const opened = [decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()];
      return Buffer.concat(opened).toString("utf8");
    } catch {
      // Not this one: GCM says no more than that.
    }
  }
  return null;
}

/** How long what was begun may take. */
export const ticketMinutes = 10;

export type TicketContext = Secrets & Pick<AccountContext, "clock">;

/** Something to be brought back within ten minutes, in a cookie or a form: its bearer can neither read nor change it. */
export function sealTicket(context: TicketContext, purpose: string, value: object): string {
  const until = context.clock().getTime() + ticketMinutes * 60_000;
  return seal(context, `ticket: ${purpose}`, JSON.stringify({ until, value })).toString("base64url");
}

/** null: no ticket of this purpose, or one that is over. */
export function openTicket<T>(
  context: TicketContext,
  purpose: string,
  schema: z.ZodType<T>,
  ticket: unknown,
): T | null {
  if (typeof ticket !== "string") return null;
  const opened = unseal(context, `ticket: ${purpose}`, Buffer.from(ticket, "base64url"));
  if (opened === null) return null;
  // What another version of the program sealed may have another shape.
  const { data } = z.object({ until: z.number(), value: schema }).safeParse(JSON.parse(opened));
  return data && data.until > context.clock().getTime() ? data.value : null;
}
