/** What came of trying: failures that nothing has made good yet, and when sources were last ingested in full. */
import type { ClientBase, Pool } from "pg";
import type { Graph } from "../definition/index.ts";

export interface Failure {
  /** When it failed first, of the times that nothing has made good. */
  readonly since: Date;
  /** The newest. */
  readonly error: string;
  /** The runs that failed at it. None: a refresh, which is tried again by itself. */
  readonly runIds: readonly number[];
}

export interface Outcomes {
  readonly failures: ReadonlyMap<string, Failure>;
  /** Source with a function -> when it last brought everything; what carries its changes on is no ingestion. */
  readonly ingestedAt: ReadonlyMap<string, Date>;
}

/**
 * A step that failed stands until a later run's step of the asset succeeds in all that it was to do: one value that came
 * does not make good a night in which none did. A refresh that fails is no step of a source but changes of it that wait
 * with an error, for as long as they do.
 */
export async function readOutcomes(client: ClientBase | Pool, graph: Graph): Promise<Outcomes> {
  const sources = [...graph.nodes.values()].flatMap(({ asset }) =>
    asset.kind === "source" ? [asset.name] : [],
  );
  const failures = await client.query<Failure & { asset: string }>(
    `with standing as (
       select asset, run_id, finished_at, error
       from orchestrator.steps as failed
       where status = 'failed'
         and (action <> 'refresh' or asset <> all($1))
         and not exists (
           select
           from orchestrator.steps as done
           where done.asset = failed.asset
             and done.run_id > failed.run_id
             and done.status = 'succeeded'
             and (done.action <> 'refresh' or done.asset <> all($1))
             and orchestrator.makes_good(done, failed)
         )
       union all
       select asset, null, created_at, last_error
       from orchestrator.changes
       where last_error is not null
     )
     select
       asset,
       coalesce(min(finished_at), now()) as since,
       coalesce((array_agg(error order by finished_at desc))[1], 'it did not say why') as error,
       coalesce(jsonb_agg(run_id) filter (where run_id is not null), '[]') as "runIds"
     from standing
     group by asset`,
    [sources],
  );
  const ingestions = await client.query<{ asset: string; at: Date }>(
    `select asset, max(finished_at) as at
     from orchestrator.steps
     where action = 'ingest'
       and status = 'succeeded'
       and coalesce(scope -> 'partitions', 'null') = 'null'
     group by asset`,
  );
  return {
    failures: new Map(failures.rows.map(({ asset, ...failure }) => [asset, failure])),
    ingestedAt: new Map(ingestions.rows.map(({ asset, at }) => [asset, at])),
  };
}
