/** What must hold once all is calm again. Each function returns what does not. */
import type { People } from "./people.ts";
import { readHalfStates } from "./readers.ts";
import { until, type World } from "./world.ts";

/** Nothing waits, nothing runs, and the web says that it can serve. */
async function isCalm({ pool, url }: World): Promise<boolean> {
  const { rows } = await pool.query<{ calm: boolean }>(
    `select
       not exists (select from orchestrator.changes)
         and not exists (select from orchestrator.runs where status in ('queued', 'running')) as calm`,
  );
  if (!rows[0]!.calm) return false;
  return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5000) })).ok;
}

export async function becomesCalm(world: World, milliseconds: number): Promise<string[]> {
  if (await until(() => isCalm(world), milliseconds)) return [];
  const left = await readWaiting(world).catch((error: Error) => [error.message]);
  return [`not calm within ${milliseconds / 1000} s`, ...left];
}

async function readWaiting({ pool }: World): Promise<string[]> {
  const { rows } = await pool.query<{ left: string }>(
    `select 'a change waits: ' || concat_ws(' ', asset, partition_value, attempts, last_error) as left
     from orchestrator.changes
     union all
     select 'a run is left: ' || concat_ws(' ', run_id, status, trigger_name, selection, error)
     from orchestrator.runs
     where status in ('queued', 'running')
     union all
     select 'a step is at work: ' || concat_ws(' ', asset, action, steps.started_at, filled_at)
     from orchestrator.steps
     join orchestrator.runs using (run_id)
     where runs.status = 'running' and steps.status = 'running'
     union all
     select 'a session: ' || concat_ws(' ', application_name, state, wait_event_type, wait_event, pg_blocking_pids(pid), left(query, 80))
     from pg_stat_activity
     where application_name like 'stratafolio%' and state <> 'idle'`,
  );
  return rows.map(({ left }) => left);
}

interface Row {
  readonly transaction_id: number;
  readonly user_id: number;
  readonly ticker: string;
  readonly transaction_type: string;
  readonly quantity: string;
  readonly transaction_date: string;
  readonly audited: number;
}

/** Every acknowledged row is there once, as it was sent, and nothing else is; each has its line in the audit. */
async function checkLedger({ pool }: World, { investors }: People): Promise<string[]> {
  const { rows } = await pool.query<Row>(
    `select
       transaction_id, user_id, ticker, transaction_type, quantity, transaction_date,
       (
         select count(*)
         from bronze.transactions_audit as audit
         where audit.transaction_id = transactions.transaction_id and audit.operation = 'insert'
       ) as audited
     from bronze.transactions`,
  );
  const problems: string[] = [];
  for (const { userId, email, recorded } of investors) {
    const stored = rows.filter((row) => row.user_id === userId);
    const counts = Map.groupBy(stored, ({ quantity }) => quantity);
    for (const [quantity, trade] of recorded) {
      const found = counts.get(quantity) ?? [];
      if (found.length !== 1)
        problems.push(`${email}: ${quantity} was acknowledged, found ${found.length} times`);
      const isSame = (row: Row): boolean =>
        row.ticker === trade.ticker &&
        row.transaction_type === trade.type &&
        row.transaction_date === trade.date &&
        row.audited === 1;
      if (!found.every(isSame)) problems.push(`${email}: ${quantity} is not as it was sent`);
    }
    for (const quantity of counts.keys())
      if (!recorded.has(quantity)) problems.push(`${email}: ${quantity} is there and was not acknowledged`);
  }
  return problems;
}

/** An import is there with all of its rows, each of which names its trade or has a reason. */
async function checkImports({ pool }: World): Promise<string[]> {
  const { rows } = await pool.query<{ import_id: string }>(
    `select import_id
     from public.imports
     where not exists (select from public.import_rows where import_rows.import_id = imports.import_id)`,
  );
  return rows.map(({ import_id }) => `the import ${import_id} has no rows`);
}

/** Nothing half built stands about: schemas of builds, tables that no version names, locks of what worked for runs that are over. (A run's own the server keeps for a connection that the relay has swallowed.) */
async function checkLeftovers({ pool }: World): Promise<string[]> {
  const { rows } = await pool.query<{ left: string }>(
    `select 'schema ' || nspname as left from pg_namespace where nspname like 'orchestrator\\_build\\_%'
     union all
     select 'table ' || relname
     from pg_class
     where relnamespace = 'materialized'::regnamespace
       and relkind = 'r'
       and relname not in (select relation from orchestrator.asset_versions)
     union all
     select 'lock of run ' || objid
     from pg_locks
     where locktype = 'advisory'
       and classid = 7246011
       and not exists (select from orchestrator.runs where run_id = objid::bigint and status = 'running')`,
  );
  return rows.map(({ left }) => `left behind: ${left}`);
}

/** What is stored is what the models give when everything is computed anew, to the bit. */
async function checkFigures(world: World): Promise<string[]> {
  const engine = await world.engine();
  await world.pool.query("analyze"); // tables of a few seconds ago: else computing them anew may take minutes
  const verified = await engine.verify({ assets: [...engine.registry.graph.nodes.keys()] });
  return verified
    .filter(({ differing, waiting }) => differing + waiting > 0)
    .map(({ asset, differing, waiting, sample }) => {
      return `${asset}: ${differing} rows differ, ${waiting} wait: ${JSON.stringify(sample.slice(0, 3))}`;
    });
}

export async function checkAll(world: World, people: People): Promise<string[]> {
  const checks = [
    checkLedger(world, people),
    checkImports(world),
    checkLeftovers(world),
    checkFigures(world),
    readHalfStates(world.pool),
  ];
  return (await Promise.all(checks)).flat();
}
