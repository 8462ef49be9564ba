/** The account that figures are asked of, named by its id or its name. */
import type { PoolClient } from "pg";
import { type Plain, plain } from "../plain.ts";

/** A text is a name first, and an id where none is called so; a number is an id. */
export type NamedAccount = number | string;

/** `account` undefined: all together. */
export interface OfAccount {
  readonly account?: NamedAccount | undefined;
}

export class UnknownAccountError extends Error {
  readonly code = "unknown_account";
  readonly field = "account";
  readonly plain: Plain;

  constructor(account: NamedAccount) {
    super(`expected the id or the name of one of your accounts, got: ${account}`);
    this.plain = plain("You have no such account: choose one of yours.");
  }
}

/** Its id. Throws UnknownAccountError unless it is the person's. */
export async function requireAccount(
  client: PoolClient,
  userId: number,
  account: NamedAccount,
): Promise<number> {
  const { rows } =
    typeof account === "number"
      ? await client.query<{ account_id: number }>(
          "select account_id from public.accounts where user_id = $1 and account_id = $2",
          [userId, account],
        )
      : await client.query<{ account_id: number }>(
          `select account_id
           from public.accounts
           where user_id = $1
             and (lower(name) = lower($2) or account_id::text = $2)
           order by lower(name) <> lower($2)
           limit 1`,
          [userId, account.trim()],
        );
  if (!rows[0]) throw new UnknownAccountError(account);
  return rows[0].account_id;
}

/** The same, or null where all together are asked for. */
export const accountAskedFor = async (
  client: PoolClient,
  userId: number,
  account: NamedAccount | undefined,
): Promise<number | null> => (account === undefined ? null : await requireAccount(client, userId, account));
