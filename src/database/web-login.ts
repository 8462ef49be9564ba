/**
 * How the web signs in: as a login role of its own. Its sessions take the role `stratafolio_web`; whoever gets out of that is a role
 * without any right, and never the owner.
 */
import { createHmac } from "node:crypto";
import pg from "pg";
import { transaction } from "../engine/postgres/index.ts";
import { WebLoginError } from "./errors.ts";
import { createPool } from "./pool.ts";
import { webRole } from "./roles.ts";

export interface WebLoginOptions {
  /** WEB_DATABASE_URL; null: a role of the database's own, which is made. */
  readonly webDatabaseUrl: string | null;
  /** What the password is made from where the owner signs in without one. */
  readonly secret: string | null;
}

/** No two processes do it at once. */
const lock = "select pg_advisory_xact_lock(hashtextextended('stratafolio web login', 0))";

/**
 * Makes sure that the web can sign in, and that the database is open to those alone to whom that is granted. The owner asks.
 * Returns the web's connection string. Throws WebLoginError: nothing is served with more rights than it needs.
 */
export async function ensureWebLogin(connectionString: string, options: WebLoginOptions): Promise<string> {
  const pool = createPool({ connectionString, applicationName: "stratafolio web login", max: 1 });
  try {
    const work = async (client: pg.ClientBase): Promise<string> => {
      await closeDatabase(client);
      const { webDatabaseUrl, secret } = options;
      const url = webDatabaseUrl ?? (await ownLogin(client, connectionString, secret));
      await ensureRole(client, new URL(url), webDatabaseUrl === null);
      return url;
    };
    const url = await transaction(pool, work, { begin: `begin; ${lock}` });
    await verifyWebLogin(url);
    return url;
  } finally {
    await pool.end();
  }
}

/** Who could connect because everybody could, and reads our relations, may go on. */
async function closeDatabase(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ statements: string }>(
    `select
       format('revoke connect, temporary on database %I from public', datname)
       || coalesce((
         select string_agg(distinct format('; grant connect on database %I to %I', datname, rolname), '')
         from pg_class
         cross join aclexplode(relacl)
         join pg_roles as role on role.oid = grantee
         where relnamespace in (to_regnamespace('"default"'), to_regnamespace('materialized'), to_regnamespace('bronze'))
           and privilege_type = 'SELECT'
           and rolcanlogin
       ), '') as statements
     from pg_database
     where datname = current_database()
       and pg_has_role(datdba, 'member')
       and exists (select from aclexplode(coalesce(datacl, acldefault('d', datdba))) where grantee = 0)`,
  );
  if (rows[0]) await client.query(rows[0].statements);
}

/**
 * A role for each database of a server, so that one web cannot enter the other's. Its password follows from the owner's: nothing
 * is to be kept, and every process that may know it finds the same one, on whatever machine.
 */
async function ownLogin(
  client: pg.ClientBase,
  connectionString: string,
  secret: string | null,
): Promise<string> {
  const { rows } = await client.query<{ oid: string }>(
    "select oid::text from pg_database where datname = current_database()",
  );
  const url = new URL(connectionString);
  const name = `${webRole}_${rows[0]!.oid}`;
  const key = decodeURIComponent(url.password) || secret;
  if (!key) throw new WebLoginError(name, "there is no password of the owner's to make one for it from");
  url.username = name;
  url.password = createHmac("sha256", key).update(`stratafolio web login ${name}`).digest("base64url");
  return url.href;
}

/** isOurs: nobody else gives it a password. A role that somebody else made is left as it is. */
async function ensureRole(client: pg.ClientBase, url: URL, isOurs: boolean): Promise<void> {
  const name = decodeURIComponent(url.username);
  const { rows } = await client.query<{ exists: boolean; made: string; mended: string; opened: string }>(
    `select
       to_regrole(quote_ident($1)) is not null as exists,
       format('create role %I login noinherit password %L', $1::text, $2::text) as made,
       format('alter role %I login noinherit password %L', $1::text, $2::text) as mended,
       format('grant %I to %I; grant connect on database %I to %2$I', $3::text, $1::text, current_database()) as opened`,
    [name, decodeURIComponent(url.password), webRole],
  );
  const { exists, made, mended, opened } = rows[0]!;
  if (exists && (!isOurs || (await canSignIn(url)))) return;
  try {
    await client.query(`${exists ? mended : made}; ${opened}`);
  } catch (error) {
    throw new WebLoginError(name, `it could not be made (${(error as Error).message})`, { cause: error });
  }
}

function canSignIn(url: URL): Promise<boolean> {
  return verifyWebLogin(url.href).then(
    () => true,
    () => false,
  );
}

/** Throws WebLoginError unless the web can sign in by it, and as nobody who could do more than it needs. */
export async function verifyWebLogin(connectionString: string): Promise<void> {
  const name = decodeURIComponent(new URL(connectionString).username);
  const client = new pg.Client({ connectionString, application_name: "stratafolio web login" });
  client.on("error", () => {}); // reported by the query that it breaks
  try {
    await client.connect();
    const { rows } = await client.query<{ problem: string }>(
      `select problem
       from pg_roles
       cross join lateral (
         values
           (rolsuper, 'it is a superuser'),
           (rolbypassrls, 'row-level security does not bind it (BYPASSRLS)'),
           (rolcreaterole or rolcreatedb or rolreplication, 'it may make roles or databases, or replicate'),
           ((
             select bool_or(pg_has_role(session_user, relowner, 'member'))
             from pg_class
             where relnamespace in (to_regnamespace('public'), to_regnamespace('bronze'), to_regnamespace('orchestrator'))
           ), 'it is the owner, or a member of the owner'),
           (not pg_has_role(session_user, $1, 'set'), 'it is no member of ' || $1)
       ) as looked (is_so, problem)
       where rolname = session_user
         and is_so`,
      [webRole],
    );
    if (rows.length > 0) throw new WebLoginError(name, rows.map(({ problem }) => problem).join("; "));
  } catch (error) {
    if (error instanceof WebLoginError) throw error;
    throw new WebLoginError(name, (error as Error).message, { cause: error });
  } finally {
    await client.end().catch(() => {});
  }
}
