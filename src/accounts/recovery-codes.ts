/** Recovery codes: ten of them, each good once in the place of a second factor. Only their hashes are kept. */
import { createHash, randomBytes } from "node:crypto";
import type { PoolClient } from "pg";

const codesAtOnce = 10;
/** Crockford's base 32: no letter that is taken for a digit, or for another letter. */
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
/** Of 5 bits each: 80 bits are not guessed, not even with the hash at hand. */
const characters = 16;

function createCode(): string {
  return [...randomBytes(characters)].map((byte) => alphabet[byte % alphabet.length]).join("");
}

/** As people type it: in capitals, with what stands between the groups, o for 0, i or l for 1. */
function normalized(typed: string): string {
  return typed
    .toLowerCase()
    .replaceAll(/[^0-9a-z]/g, "")
    .replaceAll("o", "0")
    .replaceAll(/[il]/g, "1");
}

function hashOf(code: string): Buffer {
  return createHash("sha256").update(code).digest();
}

/** New ones in the place of all that were there, for the person of the transaction. They are told this once. */
export async function replaceRecoveryCodes(client: PoolClient, userId: number): Promise<string[]> {
  const codes = Array.from({ length: codesAtOnce }, createCode);
  await client.query("delete from public.recovery_codes where user_id = $1", [userId]);
  await client.query(
    `insert into public.recovery_codes (user_id, code_hash)
     select $1, code_hash
     from unnest($2::bytea[]) as made (code_hash)`,
    [userId, codes.map(hashOf)],
  );
  return codes.map((code) => code.match(/.{4}/g)!.join("-"));
}

/** Uses one up, of the person of the transaction. False: they have no such code, or it was used. */
export async function useRecoveryCode(client: PoolClient, typed: string, now: Date): Promise<boolean> {
  const { rows } = await client.query<{ is_code: boolean }>(
    "select public.use_recovery_code($1, $2) as is_code",
    [hashOf(normalized(typed)), now],
  );
  return rows[0]!.is_code;
}
