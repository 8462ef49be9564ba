import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import { type Command, Option } from "commander";
import { type CommandContext, withPool } from "./context.ts";
import { InvalidCredentialsError, UnknownAccountError } from "./errors.ts";
import type { Outcome } from "./exit.ts";
import type { Register } from "./register.ts";

interface User {
  readonly user_id: number;
  readonly email: string;
  readonly role: string;
  readonly created_at: Date;
}

const columns = {
  id: (user: User) => user.user_id,
  email: (user: User) => user.email,
  role: (user: User) => user.role,
  created: (user: User) => user.created_at.toISOString(),
};

async function create(
  { output }: CommandContext,
  email: string,
  options: { password?: string; role?: string },
): Promise<Outcome> {
  const { createAccount, credentialsSchema } = await import("../accounts/index.ts"); // bcrypt: not for every verb
  const given =
    options.password === "-" ? (await text(process.stdin)).replace(/\r?\n$/, "") : options.password;
  const password = given ?? randomBytes(12).toString("base64url");
  const credentials = credentialsSchema.safeParse({ email, password });
  if (!credentials.success)
    throw new InvalidCredentialsError(
      credentials.error.issues.map(({ path, message }) => `${path}: ${message}`),
    );
  return withPool(async (pool) => {
    const account = await createAccount(pool, credentials.data);
    const { rows } = await pool.query<User>(
      `update public.users
       set role = coalesce($2, role)
       where user_id = $1
       returning user_id, email, role, created_at`,
      [account.id, options.role ?? null],
    );
    output.list(rows, columns);
    if (given === undefined) output.say(`Password, shown this once: ${password}`);
    return "done";
  });
}

function promote({ output }: CommandContext, email: string): Promise<Outcome> {
  return withPool(async (pool) => {
    const { rows } = await pool.query<User>(
      `update public.users
       set role = 'operator'
       where lower(email) = lower($1)
       returning user_id, email, role, created_at`,
      [email.trim()],
    );
    if (rows.length === 0) throw new UnknownAccountError(email);
    output.list(rows, columns);
    return "done";
  });
}

/** For who has lost the phone: the password stays, everything else that proves who they are goes. */
async function resetFactors({ output }: CommandContext, email: string): Promise<Outcome> {
  const accounts = await import("../accounts/index.ts"); // bcrypt: not for every verb
  return withPool(async (pool) => {
    if (!(await accounts.resetFactors(pool, email))) throw new UnknownAccountError(email);
    output.say(
      "Authenticator app, passkeys and recovery codes are removed, and every session is signed out.",
    );
    return "done";
  });
}

function list({ output }: CommandContext): Promise<Outcome> {
  return withPool(async (pool) => {
    const { rows } = await pool.query<User>(
      "select user_id, email, role, created_at from public.users order by user_id",
    );
    output.list(rows, columns);
    return "done";
  });
}

export function userCommands(program: Command, register: Register): void {
  const user = program
    .command("user")
    .alias("users")
    .description("accounts: create, promote to operator, reset second factors, list");
  register(
    user
      .command("create")
      .argument("<email>")
      .description("make an account; the first one is an operator")
      .option("--password <password>", "- reads it from stdin (default: one is made and shown)")
      .addOption(new Option("--role <role>", "default: investor").choices(["operator", "investor"])),
    create,
  );
  register(
    user.command("promote").argument("<email>").description("make an operator of an investor"),
    promote,
  );
  register(
    user
      .command("reset-factors")
      .argument("<email>")
      .description("remove second factors of who has lost them, and sign them out; the password stays"),
    resetFactors,
  );
  register(user.command("list").description("every account"), list);
}
