import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import type { Pool } from "pg";
import type { KnownPerson, LoggedEvent, Role } from "../accounts/index.ts";
import { urlOf } from "../program.ts";
import { type CommandContext, withPool } from "./context.ts";
import { InvalidCredentialsError, InvalidEmailError, UnknownAccountError } from "./errors.ts";
import type { Outcome } from "./exit.ts";
import type { TableColumns } from "./output.ts";

/** bcrypt and its kin: not for every verb. */
const loadAccounts = () => import("../accounts/index.ts");

type Accounts = Awaited<ReturnType<typeof loadAccounts>>;

const columns: TableColumns<KnownPerson> = {
  id: (person) => person.user_id,
  email: (person) => person.email,
  role: (person) => person.role,
  state: (person) => (person.disabled_at === null ? "active" : "disabled"),
  sessions: (person) => person.sessions,
  tokens: (person) => person.api_tokens,
  created: (person) => person.created_at.toISOString(),
};

export async function create(
  { output }: CommandContext,
  email: string,
  options: { password?: string; role?: KnownPerson["role"] },
): Promise<Outcome> {
  const accounts = await loadAccounts();
  const given =
    options.password === "-" ? (await text(process.stdin)).replace(/\r?\n$/, "") : options.password;
  const password = given ?? randomBytes(12).toString("base64url");
  const credentials = accounts.credentialsSchema.safeParse({ email, password });
  if (!credentials.success)
    throw new InvalidCredentialsError(
      credentials.error.issues.map(({ path, message }) => `${path}: ${message}`),
    );
  return withPool(async (pool, _database, { config: { breachedPasswordsUrl }, log, clock }) => {
    const owner = { email: credentials.data.email, field: "password" };
    await accounts.requireGoodPassword({ breachedPasswordsUrl, log }, password, owner);
    const { id } = await accounts.createAccount(pool, credentials.data);
    if (options.role) await accounts.setRole(pool, id, options.role, accounts.commandLine);
    output.list([await accounts.readKnownPerson(pool, accounts.commandLine, clock(), id)], columns);
    if (given === undefined) output.say(`Password, shown this once: ${password}`);
    return "done";
  });
}

/** Does something to the account with this email, and shows it as it is then. */
function act(
  { output }: CommandContext,
  email: string,
  work: (accounts: Accounts, pool: Pool, userId: number) => Promise<void>,
): Promise<Outcome> {
  return withPool(async (pool, _database, { clock }) => {
    const accounts = await loadAccounts();
    const userId = await find(accounts, pool, email);
    await work(accounts, pool, userId);
    output.list([await accounts.readKnownPerson(pool, accounts.commandLine, clock(), userId)], columns);
    return "done";
  });
}

async function find(accounts: Accounts, pool: Pool, email: string): Promise<number> {
  const userId = await accounts.findUserId(pool, accounts.commandLine, email);
  if (userId === null) throw new UnknownAccountError(email);
  return userId;
}

export const setRole = (role: KnownPerson["role"]) => (context: CommandContext, email: string) =>
  act(context, email, (accounts, pool, userId) => accounts.setRole(pool, userId, role, accounts.commandLine));

export const setDisabled = (isDisabled: boolean) => (context: CommandContext, email: string) =>
  act(context, email, (accounts, pool, userId) =>
    accounts.setDisabled(pool, userId, isDisabled, accounts.commandLine),
  );

export function revoke(context: CommandContext, email: string): Promise<Outcome> {
  return act(context, email, (accounts, pool, userId) =>
    accounts.revokeAccess(pool, userId, accounts.commandLine),
  );
}

export function reset({ output }: CommandContext, email: string): Promise<Outcome> {
  return withPool(async (pool, _database, { config: { host, port }, clock }) => {
    const accounts = await loadAccounts();
    await find(accounts, pool, email);
    const made = await accounts.startReset({ pool, clock }, email.trim(), accounts.commandLine);
    if (!made) throw new UnknownAccountError(email, "not a disabled one");
    const link = `http://${host}:${port}${accounts.resetPath(made.token)}`;
    if (output.format === "json")
      output.json({ email: made.email, link, expires_at: made.expiresAt.toISOString() });
    else output.text(link);
    output.say(
      `Good for ${accounts.resetMinutes} minutes, once; shown this once. Give it to its owner alone.`,
    );
    return "done";
  });
}

export function remove({ output }: CommandContext, email: string, options: { yes?: true }): Promise<Outcome> {
  return withPool(async (pool, _database, { clock }) => {
    const accounts = await loadAccounts();
    const userId = await find(accounts, pool, email);
    output.list([await accounts.readKnownPerson(pool, accounts.commandLine, clock(), userId)], columns);
    if (options.yes) await accounts.removePerson(pool, userId, accounts.commandLine);
    output.say(
      options.yes
        ? "Deleted, with everything about this person."
        : "Nothing was deleted: give --yes to delete it, with everything about this person, for good.",
    );
    return "done";
  });
}

/** For who has lost the phone: the password stays, everything else that proves who they are goes. */
export async function resetFactors(context: CommandContext, email: string): Promise<Outcome> {
  const outcome = await act(context, email, (accounts, pool, userId) =>
    accounts.resetFactors(pool, userId, accounts.commandLine),
  );
  context.output.say(
    "Authenticator app, passkeys and recovery codes are removed, and every session is signed out.",
  );
  return outcome;
}

export function list({ output }: CommandContext): Promise<Outcome> {
  return withPool(async (pool, _database, { clock }) => {
    const { commandLine, listPeople } = await loadAccounts();
    output.list(await listPeople(pool, commandLine, clock(), { limit: null }), columns);
    return "done";
  });
}

const logColumns: TableColumns<LoggedEvent> = {
  event: (event) => event.event_id,
  at: (event) => event.occurred_at.toISOString(),
  kind: (event) => event.kind,
  outcome: (event) => event.outcome,
  about: (event) => event.email,
  by: (event) => event.actor_email ?? (event.via === "command line" ? event.via : event.actor_id),
  address: (event) => event.address,
  detail: (event) => event.detail,
};

export function log(
  { output }: CommandContext,
  filter: { email?: string; kind?: LoggedEvent["kind"]; limit: number; before?: number },
): Promise<Outcome> {
  return withPool(async (pool) => {
    const { commandLine, readSecurityEvents } = await loadAccounts();
    const { email, kind, limit, before } = filter;
    output.list(await readSecurityEvents(pool, commandLine, { email, kind, limit, before }), logColumns);
    return "done";
  });
}

export async function inviteByLink(
  { output }: CommandContext,
  email: string,
  { role = "investor" }: { role?: Role },
): Promise<Outcome> {
  const { commandLine, invitationInput, invitationLink, invite, RegistrationClosedError } =
    await loadAccounts();
  const input = invitationInput.safeParse({ email });
  if (!input.success) throw new InvalidEmailError(email);
  return withPool(async (pool, _database, { config, clock }) => {
    const { host, port, publicUrl, registration } = config;
    if (registration === "closed") throw new RegistrationClosedError(registration);
    const { token, invitation } = await invite({ pool, clock }, commandLine, {
      email: input.data.email,
      role,
    });
    const link = invitationLink(publicUrl ?? urlOf({ address: host, port }), token);
    const { expires_at } = invitation;
    output.list([{ email: invitation.email, role, link, expires_at }], {
      email: ({ email }) => email,
      role: ({ role }) => role,
      expires: ({ expires_at }) => expires_at.toISOString(),
      link: ({ link }) => link,
    });
    return "done";
  });
}
