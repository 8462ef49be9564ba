/** What somebody is to hear of, kept so that any number of orchestrators say it once, and once more when it is over. */
import type { ClientBase, Pool } from "pg";
import { messageOf, transaction } from "../postgres/index.ts";

/** A failed run, a failed check, an asset older than its policy allows. */
export type AlertKind = "run" | "check" | "overdue";

/** Something that is wrong just now. */
export interface Trouble {
  readonly kind: AlertKind;
  /** The same for the same trouble, however often it is looked at. */
  readonly subject: string;
  /** For people. */
  readonly message: string;
  readonly asset: string | null;
  readonly runId: number | null;
  readonly since: Date;
}

export interface Alert extends Trouble {
  readonly alertId: number;
  /** recovered: it is well again. */
  readonly event: "raised" | "recovered";
}

/** What an application sends alerts by. It throws when that failed; then it is asked again later. */
export interface AlertSender {
  readonly name: string;
  send(alert: Alert, signal: AbortSignal): Promise<void>;
}

const alertColumns = `alert_id as "alertId", kind, subject, message, asset, run_id as "runId", since`;

/** Compares what is wrong now with what is on record, in the caller's transaction. Returns what is to be said. */
export async function recordTroubles(
  client: ClientBase,
  troubles: readonly Trouble[],
  senders: readonly string[],
): Promise<Alert[]> {
  const { rows } = await client.query<Alert>(
    `with trouble as (
       select *
       from jsonb_to_recordset($1) as trouble (
         kind text, subject text, message text, asset text, "runId" bigint, since timestamptz
       )
     ),
     raised as (
       insert into orchestrator.alerts (kind, subject, message, asset, run_id, since)
       select kind, subject, message, asset, "runId", since
       from trouble
       on conflict (kind, subject) where recovered_at is null do nothing
       returning *
     ),
     recovered as (
       update orchestrator.alerts
       set recovered_at = clock_timestamp()
       where recovered_at is null
         and not exists (
           select
           from trouble
           where trouble.kind = alerts.kind
             and trouble.subject = alerts.subject
         )
       returning *
     ),
     said as (
       select *, 'raised' as event from raised
       union all
       select *, 'recovered' as event from recovered
     ),
     messages as (
       insert into orchestrator.alert_messages (alert_id, event, sender)
       select alert_id, event, sender
       from said, unnest($2::text[]) as sender
     )
     select ${alertColumns}, event
     from said
     order by alert_id`,
    [JSON.stringify(troubles), senders],
  );
  return rows;
}

const sendSeconds = 10;

/**
 * Sends what waits to be sent, one after the other. Who sends holds the row of the message, so that nobody else does; one
 * that fails is tried again after half a minute, then after twice as long each time, up to an hour. Returns how many went out.
 */
export async function sendAlerts(pool: Pool, senders: readonly AlertSender[]): Promise<number> {
  let sent = 0;
  if (senders.length === 0) return sent;
  for (;;) {
    const outcome = await transaction(pool, (client) => sendNext(client, senders));
    if (outcome === null) return sent;
    if (outcome) sent++;
  }
}

/** true: sent; false: it failed, and waits; null: nothing is to be sent now. */
async function sendNext(client: ClientBase, senders: readonly AlertSender[]): Promise<boolean | null> {
  const { rows } = await client.query<Alert & { sender: string }>(
    `select ${alertColumns}, event, sender
     from orchestrator.alert_messages as message
     join orchestrator.alerts using (alert_id)
     where sent_at is null
       and not_before <= clock_timestamp()
       and sender = any($1)
       and not (
         event = 'recovered' and exists (
           select
           from orchestrator.alert_messages as raised
           where raised.alert_id = message.alert_id
             and raised.sender = message.sender
             and raised.event = 'raised'
             and raised.sent_at is null
         )
       )
     order by alert_id, event
     limit 1
     for update of message skip locked`,
    [senders.map(({ name }) => name)],
  );
  if (!rows[0]) return null;
  const { sender, ...alert } = rows[0];
  const error = await senders
    .find(({ name }) => name === sender)!
    .send(alert, AbortSignal.timeout(sendSeconds * 1000))
    .then(() => null, messageOf);
  await client.query(
    `update orchestrator.alert_messages
     set
       attempts = attempts + 1,
       last_error = $4,
       sent_at = case when $4::text is null then clock_timestamp() end,
       not_before = clock_timestamp() + make_interval(secs => least(3600, 30 * 2 ^ least(attempts, 10)))
     where alert_id = $1
       and event = $2
       and sender = $3`,
    [alert.alertId, alert.event, sender, error],
  );
  return error === null;
}

/** A run that failed, of those that nothing has made good by being the same and succeeding. */
export interface FailedRun {
  readonly runId: number;
  readonly subject: string;
  readonly error: string;
  readonly finishedAt: Date;
  /** The assets of its steps that failed. */
  readonly assets: readonly string[];
}

/** The newest of each kind of run. One that is tried again is none yet; a refresh that fails is in its changes. */
export async function readFailedRuns(client: ClientBase): Promise<FailedRun[]> {
  const { rows } = await client.query<FailedRun>(
    `with failed as (
       select distinct on (operation, trigger_kind, trigger_name, selection, options) *
       from orchestrator.runs
       where status = 'failed'
         and operation <> 'refresh'
       order by operation, trigger_kind, trigger_name, selection, options, run_id desc
     )
     select
       run_id as "runId",
       -- Who asked by hand is a person, whose name is not kept in one more place, nor sent away.
       concat_ws(
         ' ',
         trigger_kind,
         case when trigger_kind <> 'manual' then trigger_name end,
         operation,
         selection,
         nullif(options, '{}')::text
       ) as subject,
       coalesce(error, 'it did not say why') as error,
       finished_at as "finishedAt",
       array(
         select asset
         from orchestrator.steps
         where steps.run_id = failed.run_id
           and status = 'failed'
         order by asset
       ) as assets
     from failed
     where not exists (
       select
       from orchestrator.runs as later
       where later.run_id > failed.run_id
         and (
           (later.retry_of = failed.run_id and later.status <> 'cancelled')
           or (
             later.status = 'succeeded'
             and (later.operation, later.trigger_kind, later.trigger_name, later.selection, later.options)
               = (failed.operation, failed.trigger_kind, failed.trigger_name, failed.selection, failed.options)
           )
         )
     )`,
  );
  return rows;
}

/** Changes whose refresh failed, by source. */
export interface FailedChanges {
  readonly asset: string;
  readonly changes: number;
  readonly since: Date;
  readonly error: string;
}

export async function readFailedChanges(client: ClientBase): Promise<FailedChanges[]> {
  const { rows } = await client.query<FailedChanges>(
    `select
       asset,
       count(*) as changes,
       min(created_at) as since,
       (array_agg(last_error order by change_id desc))[1] as error
     from orchestrator.changes
     where last_error is not null
     group by asset`,
  );
  return rows;
}

export interface FailingCheck {
  readonly asset: string;
  readonly check: string;
  readonly severity: "warn" | "error";
  readonly failingRows: number;
  readonly runId: number;
  readonly checkedAt: Date;
}

/** Checks that failed, and have not passed since on all that they failed on. */
export async function readFailingChecks(client: ClientBase | Pool): Promise<FailingCheck[]> {
  const { rows } = await client.query<FailingCheck>(
    `with failing as (
       select distinct on (asset, check_name) asset, check_name, severity, failing_rows, run_id, checked_at
       from orchestrator.check_results
       where failing_rows > 0
       order by asset, check_name, run_id desc
     )
     select
       asset,
       check_name as "check",
       severity,
       failing_rows as "failingRows",
       run_id as "runId",
       checked_at as "checkedAt"
     from failing
     left join orchestrator.steps as failed using (run_id, asset)
     where not exists (
       select
       from orchestrator.check_results as passing
       join orchestrator.runs using (run_id)
       left join orchestrator.steps as done using (run_id, asset)
       where passing.asset = failing.asset
         and passing.check_name = failing.check_name
         and passing.failing_rows = 0
         and passing.run_id > failing.run_id
         -- A view has no step of its own in a refresh: which of its rows were looked at is unknown.
         and case when done is null then runs.operation <> 'refresh' else orchestrator.makes_good(done, failed) end
     )`,
  );
  return rows;
}
