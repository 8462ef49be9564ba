/** Accounts that wait for their owner to open a link in an email: until then nobody can tell whether there is one. */
import type { PoolClient } from "pg";
import { transaction } from "../database/transaction.ts";
import { type Account, insertAccount, type Newcomers } from "./accounts.ts";
import type { AccountContext } from "./context.ts";
import { SpentLinkError } from "./errors.ts";
import { hashOfLinkToken, makeLinkToken } from "./link-tokens.ts";

type Context = Pick<AccountContext, "pool" | "clock">;

export const confirmationHours = 24;

/** Keeps what was asked for; returns the token that makes it an account, told this once. */
export async function keepPendingAccount(
  { pool, clock }: Context,
  email: string,
  passwordHash: string,
): Promise<string> {
  const now = clock();
  const expiresAt = new Date(now.getTime() + confirmationHours * 3_600_000);
  const { token, tokenHash } = makeLinkToken();
  await pool.query("select public.keep_pending_account($1, $2, $3, $4, $5)", [
    tokenHash,
    email,
    passwordHash,
    now,
    expiresAt,
  ]);
  return token;
}

/** Makes the account, if it is still admitted. Throws SpentLinkError, or EmailTakenError when another link was faster. */
export async function confirmAccount(
  { pool, clock }: Context,
  token: string,
  {
    admit,
    ...newcomers
  }: Omit<Newcomers, "admit"> & {
    readonly admit: (client: PoolClient, email: string) => Promise<void>;
  },
): Promise<Account> {
  const { rows } = await pool.query<{ email: string; password_hash: string }>(
    "select email, password_hash from public.take_pending_account($1, $2)",
    [hashOfLinkToken(token), clock()],
  );
  if (!rows[0]) throw new SpentLinkError();
  const { email, password_hash } = rows[0];
  return transaction(pool, (client) =>
    insertAccount(client, email, password_hash, { ...newcomers, admit: () => admit(client, email) }),
  );
}
