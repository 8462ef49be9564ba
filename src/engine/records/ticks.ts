import type { ClientBase, Pool } from "pg";

export type TickStatus = "started" | "succeeded" | "failed" | "skipped";

export interface Tick {
  readonly automation: string;
  readonly plannedAt: Date;
  readonly status: TickStatus;
  readonly runId?: number | null;
  readonly detail?: string;
}

/**
 * Writes a tick down. false: there is one for this automation and moment already, of whoever was first, and it stands.
 * One that is not `started` began at its planned time and has ended with this.
 */
export async function recordTick(client: ClientBase | Pool, tick: Tick): Promise<boolean> {
  const { automation, plannedAt, status, runId = null, detail = null } = tick;
  const { rowCount } = await client.query(
    `insert into orchestrator.ticks (automation, planned_at, status, run_id, detail, started_at, finished_at)
     values (
       $1, $2, $3, $4, $5,
       case when $3 = 'started' then clock_timestamp() else $2 end,
       case when $3 <> 'started' then clock_timestamp() end
     )
     on conflict (automation, planned_at) do nothing`,
    [automation, plannedAt, status, runId, detail],
  );
  return rowCount === 1;
}

/** A tick goes on with the run that it asked for. */
export async function attachRun(
  client: ClientBase | Pool,
  { automation, plannedAt }: Pick<Tick, "automation" | "plannedAt">,
  runId: number,
): Promise<void> {
  await client.query(
    `update orchestrator.ticks
     set run_id = $3
     where automation = $1
       and planned_at = $2`,
    [automation, plannedAt, runId],
  );
}
