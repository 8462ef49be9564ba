/**
 * What the database lets whom do, asked of its catalog: every table, column, function, view, schema and default there is. A
 * failure names the object and says what its migration lacks, so that nothing new is left open by being forgotten.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { ensureWebLogin } from "../../src/database/web-login.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { deployedEngine } from "../support/engine.ts";

const web = "stratafolio_web";
const schemas = ["public", "bronze", "orchestrator", "default", "materialized"];

/**
 * Table -> what the web's role may do with it. In parentheses: with these columns alone. Of tables in the schema of models, which
 * all are readable: nothing here. A new table stands here or the role cannot touch it.
 */
const granted: Readonly<Record<string, readonly string[]>> = {
  "bronze.identifiers": ["insert", "select", "update"],
  "bronze.market_defects": ["select"],
  "bronze.market_rulings": ["delete", "insert", "select", "update"],
  "bronze.price_files": ["select"],
  "bronze.price_urls": [
    "delete",
    "insert",
    "select",
    "update (asked_at, date_path, entered_at, every, failure, format, price_path, unit, url)",
  ],
  "bronze.raw_assets": ["delete", "insert", "select", "update (asset_class, currency, name, quote_unit)"],
  "bronze.raw_calendar": ["select"],
  "bronze.raw_corporate_actions": ["select"],
  "bronze.raw_fred": ["select"],
  "bronze.raw_fx_rates": ["select"],
  "bronze.raw_prices": ["delete", "insert", "select", "update (adj_close, close, fetched_at)"],
  "bronze.split_rulings": ["delete", "insert", "select", "update"],
  "bronze.symbol_changes": ["delete", "insert", "select", "update"],
  "bronze.transactions": [
    "delete",
    "insert",
    "select",
    "update (account_id, acquired_on, amount, created_at, currency, denominator, external_id, fee, fx_currency, fx_rate, lots, note, numerator, price, quantity, tags, tax, ticker, transaction_date, transaction_type)",
  ],
  "bronze.transactions_audit": ["select"],
  "orchestrator.asset_versions": ["select"],
  "orchestrator.assets": ["select"],
  "orchestrator.automations": ["insert", "select", "update"],
  "orchestrator.changes": ["select", "update (not_before)"],
  "orchestrator.check_results": ["select"],
  "orchestrator.installation": ["select"],
  "orchestrator.partition_versions": ["select"],
  "orchestrator.runs": [
    "insert (operation, options, request_key, selection, trigger_kind, trigger_name)",
    "select",
    "update (cancel_requested_at)",
  ],
  "orchestrator.step_logs": ["select"],
  "orchestrator.steps": ["select"],
  "orchestrator.ticks": ["select"],
  "public.accounts": [
    "delete",
    "insert",
    "select",
    "update (closed_at, currency, income, is_default, kind, name, tracks_cash)",
  ],
  "public.announcements": ["insert", "select", "update (withdrawn_at)"],
  "public.api_tokens": [
    "delete",
    "insert",
    "select (created_at, expires_at, last_used_at, name, scope, token_id, user_id)",
  ],
  "public.backups": ["select"],
  "public.corporate_actions": ["insert", "select", "update (renamed, undone_at, written_at)"],
  "public.dismissed_dividends": ["delete", "insert", "select"],
  "public.idempotency_keys": ["insert", "select"],
  "public.identities": ["delete", "insert", "select", "update (last_used_at)"],
  "public.import_choices": ["delete", "insert", "select", "update"],
  "public.import_rows": ["insert", "select"],
  "public.import_tickers": ["delete", "insert", "select", "update"],
  "public.imports": ["insert", "select", "update (undone_at)"],
  "public.invitations": ["delete", "insert", "select"],
  "public.migrations": ["select"],
  "public.new_tickers": ["delete", "insert", "select", "update"],
  "public.passkeys": [
    "delete",
    "insert",
    "select",
    "update (last_challenge_at, last_used_at, name, sign_count)",
  ],
  "public.portfolio_choices": ["insert", "select", "update"],
  "public.reading_grants": ["select (accepted_at, created_at, expires_at, grant_id, reader_email, user_id)"],
  "public.recovery_codes": ["delete", "insert (code_hash, user_id)", "select (used_at, user_id)"],
  "public.security_events": [
    "insert (actor_id, address, agent, detail, kind, outcome, user_id, via)",
    "select",
  ],
  "public.sessions": ["delete", "insert", "select", "update (proved_at, revoked_at)"],
  "public.shared_links": [
    "delete",
    "insert (created_at, expires_at, name, parts, shows_amounts, token_hash, user_id)",
    "select (created_at, expires_at, last_used_at, link_id, name, parts, shows_amounts, user_id, uses)",
  ],
  "public.target_weights": ["delete", "insert", "select"],
  "public.totp_secrets": ["delete", "insert", "select", "update (last_step, sealed_secret)"],
  "public.users": [
    "select (base_currency, cost_basis_method, created_at, disabled_at, email, language, role, tax_year_start, user_id)",
    "update (base_currency, cost_basis_method, language, password_hash, tax_year_start)",
  ],
  "public.watchlist": ["delete", "insert", "select"],
};

/** Functions with power of their own that the web's role may call: each is a way past what stands above. */
const powers: readonly string[] = [
  "public.announced_actions()",
  "orchestrator.ingestions(text[])",
  "orchestrator.last_success()",
  "public.accept_reading(uuid,timestamp with time zone)",
  "public.alter_account_as_operator(bigint,text,boolean)",
  "public.cancel_histories(bigint,text)",
  "public.count_accounts()",
  "public.count_attempt(bytea,timestamp with time zone,integer,interval,interval,interval)",
  "public.create_account(text,text,bytea,timestamp with time zone)",
  "public.delete_account_as_operator(bigint)",
  "public.delete_own_account()",
  "public.end_reading(uuid)",
  "public.find_identity(text,text)",
  "public.find_invitation(bytea,timestamp with time zone)",
  "public.find_passkey(text)",
  "public.find_password_reset(bytea,timestamp with time zone)",
  "public.first_operator()",
  "public.forget_attempts(bytea)",
  "public.forgive_attempt(bytea,timestamp with time zone)",
  "public.grant_reading(text,timestamp with time zone,timestamp with time zone)",
  "public.histories_run(bigint,text,bigint)",
  "public.holders_of(text,date)",
  "public.holders_of_announcement(uuid)",
  "public.invite_first_operator(bytea,timestamp with time zone,timestamp with time zone)",
  "public.is_needed_operator()",
  "public.is_operator()",
  "public.keep_pending_account(bytea,text,text,timestamp with time zone,timestamp with time zone)",
  "public.language_of_account(text)",
  "public.lock_accounts()",
  "public.own_last_write(text[])",
  "public.own_password_hash()",
  "public.own_prices_under_way()",
  "public.readable_portfolios(timestamp with time zone)",
  "public.request_histories(text[],text)",
  "public.request_own_prices()",
  "public.request_rates(text[],text)",
  "public.reset_factors_as_operator(bigint)",
  "public.sign_in_hash(text)",
  "public.start_password_reset(text,bytea,timestamp with time zone,timestamp with time zone)",
  "public.store_price_file(jsonb)",
  "public.switch_price_source(text,text)",
  "public.take_pending_account(bytea,timestamp with time zone)",
  "public.use_api_token(bytea,timestamp with time zone)",
  "public.use_password_reset(bytea,timestamp with time zone,text)",
  "public.use_recovery_code(bytea,timestamp with time zone)",
  "public.use_shared_link(bytea,timestamp with time zone)",
  "public.use_session(uuid,timestamp with time zone)",
];

/** Tables whose rows are somebody's though no column says user_id, or that name what people trade: row-level security, too. */
const secured = [
  ...["changes", "runs", "steps", "step_logs", "check_results", "ticks", "automations"],
  "partition_versions",
].map((table) => `orchestrator.${table}`);
secured.push("bronze.raw_assets", "bronze.raw_prices");

/** Of tables that are everybody's but for what is somebody's own (~7.2): the policy that shows the rest. */
const shared = "(ticker !~~ '~%'::text)";

let database: TestDatabase;
const ask = async <T extends object>(text: string, values: unknown[] = []): Promise<T[]> =>
  (await database.pool.query<T>(text, values)).rows;
/** The names that a query finds; expected to be none. */
const find = async (text: string): Promise<string[]> =>
  (await ask<{ name: string }>(text, [schemas])).map(({ name }) => name);

beforeAll(async () => {
  database = await createTestDatabase();
  // What a clone does not have of its template: rights on the database itself.
  await ensureWebLogin(database.url, { webDatabaseUrl: null, secret: null });
  await deployedEngine(database);
});

/** Ours: no part of an extension that somebody added. */
const ours = (catalog: string, schema: string): string => `
  ${schema} = any (array(select to_regnamespace(quote_ident(name))::oid from unnest($1::text[]) as name))
  and not exists (select from pg_depend where classid = '${catalog}'::regclass and objid = ${catalog}.oid and deptype = 'e')`;

describe("every function", () => {
  test("takes no name from its caller", async () => {
    const loose = await find(
      `select oid::regprocedure::text as name
       from pg_proc
       where ${ours("pg_proc", "pronamespace")}
         and prokind in ('f', 'p')
         and (prosqlbody is null or prosecdef)
         -- Called for each row, where a setting is felt; with the caller's rights, and reading nothing.
         and not (not prosecdef and provolatile = 'i' and oid in (select aggtransfn from pg_aggregate))
         and 'search_path=pg_catalog, pg_temp' <> all (coalesce(proconfig, '{}'))
       order by 1`,
    );
    expect(
      loose,
      "write `set search_path = pg_catalog, pg_temp`, and every name with its schema; a function that is to be put in place of its call: `return ...` instead of a text",
    ).toEqual([]);
  });

  test("can be called by whom it is granted to, never by everybody", async () => {
    const open = await find(
      `select oid::regprocedure::text as name
       from pg_proc
       where ${ours("pg_proc", "pronamespace")}
         and exists (
           select
           from aclexplode(coalesce(proacl, acldefault('f', proowner)))
           where grantee = 0
         )
       order by 1`,
    );
    expect(
      open,
      "write `revoke execute on function ... from public`, and grant it to whom it is for",
    ).toEqual([]);
  });

  test("with power of its own that the web's role may call stands in the list above", async () => {
    const callable = await find(
      `select format('%s.%s', pronamespace::regnamespace, regexp_replace(oid::regprocedure::text, '^.*\\.', '')) as name
       from pg_proc
       where ${ours("pg_proc", "pronamespace")}
         and prosecdef
         and has_function_privilege('${web}', oid, 'execute')
       order by 1`,
    );
    expect(callable, "add it to `powers` in this file, if it gives nothing of anybody else's away").toEqual(
      [...powers].sort(),
    );
  });
});

describe("every table and view", () => {
  test("of people's rows, or that names what they trade, has row-level security and a policy for the web's role", async () => {
    const open = await ask<{ name: string; missing: string }>(
      `select
         format('%s.%s', relnamespace::regnamespace, relname) as name,
         case
           when not relrowsecurity then 'row level security'
           when loose is not null then 'a person in policy ' || loose
           else 'policy'
         end as missing
       from pg_class
       cross join lateral (
         select
           count(*) as policies,
           min(polname) filter (
             where concat(pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) !~ 'current_person|is_operator'
               and coalesce(pg_get_expr(polqual, polrelid), '') <> $3
           ) as loose
         from pg_policy
         where polrelid = pg_class.oid
           and polpermissive
           and polroles && array['${web}'::regrole::oid, 0::oid]
       ) as own
       where ${ours("pg_class", "relnamespace")}
         and relkind in ('r', 'p')
         and (
           format('%s.%s', relnamespace::regnamespace, relname) = any ($2)
           or exists (select from pg_attribute where attrelid = pg_class.oid and attname = 'user_id' and not attisdropped)
           or relnamespace = 'materialized'::regnamespace
           and exists (select from pg_attribute where attrelid = pg_class.oid and attname = 'ticker' and not attisdropped)
         )
         and not (
           relrowsecurity
           and loose is null
           and (policies > 0 or not has_any_column_privilege('${web}', oid, 'select, insert, update'))
         )
       order by 1`,
      [schemas, secured, shared],
    );
    expect(
      open,
      "write `alter table ... enable row level security` and `create policy own_rows on ... to stratafolio_web using (user_id = (select public.current_person())) with check (...)`",
    ).toEqual([]);
  });

  test("gives the web's role what stands in the list above, and no more", async () => {
    const rights = await ask<{ name: string; rights: string[] }>(
      `select
         format('%s.%s', relnamespace::regnamespace, relname) as name,
         array_agg(
           case
             when has_table_privilege('${web}', pg_class.oid, privilege) then privilege
             else format('%s (%s)', privilege, columns)
           end
           order by privilege
         ) as rights
       from pg_class
       cross join unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger', 'maintain']) as privilege
       cross join lateral (
         select string_agg(attname, ', ' order by attname) as columns
         from pg_attribute
         where attrelid = pg_class.oid
           and attnum > 0
           and not attisdropped
           and privilege in ('select', 'insert', 'update', 'references')
           and has_column_privilege('${web}', attrelid, attnum, privilege)
       ) as own
       where ${ours("pg_class", "relnamespace")}
         and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
         and (has_table_privilege('${web}', pg_class.oid, privilege) or columns is not null)
       group by 1
       order by 1`,
      [schemas],
    );
    const isModel = (name: string): boolean => /^("default"|materialized)\./.test(name);
    const found = Object.fromEntries(
      rights.filter(({ name }) => !isModel(name)).map(({ name, rights }) => [name, rights]),
    );
    expect(
      found,
      "grant the web's role no more than it needs, by columns where it can be, and say it in `granted` in this file",
    ).toEqual(granted);
    const writable = rights.filter((one) => isModel(one.name) && one.rights.join() !== "select");
    expect(writable, "models are read and never written by the web's role").toEqual([]);
  });

  test("that is a view is read with the rights of who reads, and so with their row-level security", async () => {
    const open = await find(
      `select oid::regclass::text as name
       from pg_class
       where ${ours("pg_class", "relnamespace")}
         and relkind = 'v'
         and not coalesce('security_invoker=true' = any (reloptions), false)
       order by 1`,
    );
    expect(open, "write `create view ... with (security_invoker = true)`").toEqual([]);
  });

  test("is for nobody because of being for everybody, sequences and columns too", async () => {
    const open = await find(
      `select distinct oid::regclass::text as name
       from pg_class
       left join pg_attribute on attrelid = oid and attacl is not null
       cross join lateral (
         select grantee from aclexplode(relacl)
         union all
         select grantee from aclexplode(attacl)
       ) as given
       where ${ours("pg_class", "relnamespace")}
         and grantee = 0
       order by 1`,
    );
    expect(open, "write `revoke all on ... from public`").toEqual([]);
  });
});

describe("the database", () => {
  test("lets nobody make anything in a schema of ours but its owner", async () => {
    const open = await find(
      `select nspname as name
       from pg_namespace
       cross join aclexplode(coalesce(nspacl, acldefault('n', nspowner))) as given
       where nspname = any ($1)
         and privilege_type = 'CREATE'
         and grantee <> nspowner
         and not pg_has_role(grantee, nspowner, 'member')`,
    );
    expect(open, "write `revoke create on schema ... from ...`").toEqual([]);
  });

  test("is entered, and given temporary relations, by whom that is granted to", async () => {
    const open = await ask(
      `select grantee::regrole, privilege_type
       from pg_database
       cross join aclexplode(coalesce(datacl, acldefault('d', datdba)))
       where datname = current_database()
         and grantee <> datdba
         and (grantee = 0 or privilege_type <> 'CONNECT')`,
    );
    expect(
      open,
      "src/database/web-login.ts revokes connect and temporary from public at every start",
    ).toEqual([]);
  });

  test("makes new functions callable by nobody, and gives new objects away to nobody", async () => {
    await ask("create function public.made_just_now() returns integer language sql return 1");
    expect(
      await ask(`select has_function_privilege('${web}', 'public.made_just_now()', 'execute') as callable`),
    ).toEqual([{ callable: false }]);
    await ask("drop function public.made_just_now()");
    const defaults = await ask<{ kind: string; schema: string; grants: string[] }>(
      `select
         defaclobjtype as kind,
         case when defaclnamespace = 0 then '' else defaclnamespace::regnamespace::text end as schema,
         array(select format('%s %s', case grantee when 0 then 'public' else grantee::regrole::text end, privilege_type)
           from aclexplode(defaclacl) where grantee <> defaclrole) as grants
       from pg_default_acl
       order by 1, 2`,
    );
    expect(
      defaults,
      "new functions: `alter default privileges revoke execute on functions from public`; nothing else by default",
    ).toEqual([{ kind: "f", schema: "", grants: [] }]);
  });
});

describe("the web's role", () => {
  test("owns nothing, is a member of nothing, and has no power beside its grants", async () => {
    const [role] = await ask(
      `select rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolcanlogin,
         array(select roleid::regrole::text from pg_auth_members where member = pg_roles.oid) as "memberOf",
         (select count(*) from pg_shdepend where refobjid = pg_roles.oid and deptype = 'o') as owned
       from pg_roles
       where rolname = '${web}'`,
    );
    expect(role).toEqual({
      rolsuper: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolreplication: false,
      rolbypassrls: false,
      rolcanlogin: false, // who signs in is a member of it: see web-login.test.ts
      memberOf: [],
      owned: 0,
    });
  });
});
