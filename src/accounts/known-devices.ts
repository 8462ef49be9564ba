/**
 * Devices that have signed in before: a signed note that the device keeps, for each of its accounts. It is no credential; it
 * lets its holder guess apart from strangers, whose failures then cannot keep a person out of their own account.
 */
import { createHash, randomUUID } from "node:crypto";
import type { AccountContext } from "./context.ts";
import { signClaims, verifiedClaims } from "./signatures.ts";

/** Longer than any browser keeps a cookie. */
const deviceDays = 400;

/** A family's computer; the one that signed in longest ago is forgotten. */
const accountsPerDevice = 10;

/** No session's token has it, so that neither is taken for the other. */
const audience = "device";

interface Device {
  readonly id: string;
  /** Hashes: whoever reads the note does not read who signed in. */
  readonly accounts: readonly string[];
}

type DeviceContext = Pick<AccountContext, "clock" | "jwtSecret" | "formerJwtSecrets">;

function readDevice(
  { clock, jwtSecret, formerJwtSecrets = [] }: DeviceContext,
  note: string | undefined,
): Device | null {
  const claims = note === undefined ? null : verifiedClaims(note, [jwtSecret, ...formerJwtSecrets], clock());
  if (claims?.aud !== audience || claims.jti === undefined) return null;
  return { id: claims.jti, accounts: claims.accounts };
}

function accountOf(deviceId: string, email: string): string {
  return createHash("sha256").update(`${deviceId} ${email.toLowerCase()}`).digest("base64url").slice(0, 22);
}

/** The id of the device if somebody has signed in to the account from it; null: a stranger's. */
export function knownDevice(context: DeviceContext, note: string | undefined, email: string): string | null {
  const device = readDevice(context, note);
  return device?.accounts.includes(accountOf(device.id, email)) ? device.id : null;
}

/** The note that a device keeps from now on, after a sign-in to the account. */
export function rememberDevice(
  context: DeviceContext,
  note: string | undefined,
  email: string,
): { note: string; expiresAt: Date } {
  const { id, accounts } = readDevice(context, note) ?? { id: randomUUID(), accounts: [] };
  const account = accountOf(id, email);
  const remembered = [account, ...accounts.filter((other) => other !== account)].slice(0, accountsPerDevice);
  const now = context.clock();
  const expiresAt = new Date(now.getTime() + deviceDays * 86_400_000);
  const claims = { aud: audience, jti: id, accounts: remembered };
  return { note: signClaims(claims, context.jwtSecret, now, expiresAt), expiresAt };
}
