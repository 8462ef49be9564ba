import type { Pool } from "pg";
import { type AnyAsset, type Graph, isView, readableName, select } from "../definition/index.ts";
import { everything, readStates, type Scope } from "../planning/index.ts";
import { messageOf, quoteIdentifier, transaction } from "../postgres/index.ts";
import { appendLog, recordCheckResults, type Sample, startLine } from "../records/index.ts";
import { type Verification, verify } from "../refresh/index.ts";
import type { Execution } from "./execution.ts";
import { StepRecorder } from "./step-recorder.ts";

/**
 * The operation `verify`: computes stored rows anew, of the partition values of the run's sample, and compares. A table without a
 * partition column is compared whole. What differs although no change of it waits is a failed check, and fails the run; what
 * only waits is said in the log. A body that fails fails its own step, and with the end the run.
 */
export async function verifySample({ context, run, signal, onBackend, end }: Execution): Promise<void> {
  const { pool, log } = context;
  const { graph } = context.registry;
  const states = await readStates(pool, graph, context.clock());
  const exclude = run.exclude === null ? [] : [run.exclude];
  const names = select(graph, { select: [run.selection], exclude, stale: new Set() }).filter(
    (name) => states.get(name)?.relation != null,
  );
  const samples = run.sample ? await chooseSamples(pool, graph, names, run.sample) : new Map();
  const scopes = new Map(names.map((name) => [name, sampleOf(graph.get(name).asset, samples)]));
  const steps = new StepRecorder(pool, run.runId);
  await steps.plan(
    names.map((asset) => ({
      asset,
      action: "verify",
      reason: reasonOf(graph, asset),
      scope: scopes.get(asset)!,
      codeVersion: graph.get(asset).codeVersion,
    })),
    startLine(
      run.triggerKind,
      run.triggerName,
      names.map(() => "verify"),
    ),
  );
  const onVerified = async (verification: Verification): Promise<void> => {
    signal.throwIfAborted();
    const { asset, rows, differing, waiting, sample } = verification;
    await recordCheckResults(pool, run.runId, [
      {
        asset,
        check: "equals_rebuild",
        severity: "error",
        failingRows: differing,
        sample: differing > 0 ? sample : [],
      },
    ]);
    const message = `${rows} rows compared, ${differing} differ, ${waiting} wait to be refreshed`;
    await appendLog(pool, run.runId, asset, { level: differing > 0 ? "error" : "info", message });
    if (differing === 0) return await steps.set(asset, "succeeded");
    log.error({ asset, runId: run.runId, differing }, `${asset}: ${message}`);
    await steps.set(asset, "failed", {
      error: `${differing} of ${rows} rows differ from what its body gives, although no change of them waits`,
    });
  };
  const uncomputed: string[] = [];
  const onFailed = async (asset: string, error: Error): Promise<void> => {
    signal.throwIfAborted();
    uncomputed.push(asset);
    await steps.set(asset, "failed", { error: messageOf(error) });
  };
  const onStart = (asset: string): Promise<void> => steps.set(asset, "running");
  await verify(context, { assets: names, scopes, sampleSize: 5, onBackend, onStart, onVerified, onFailed });
  const differing = steps.withStatus("failed").filter((asset) => !uncomputed.includes(asset));
  const problems = [
    ...(differing.length > 0 ? [`differ although fresh: ${differing.join(", ")}`] : []),
    ...(uncomputed.length > 0 ? [`could not be computed: ${uncomputed.join(", ")}`] : []),
  ];
  await transaction(pool, (client) =>
    problems.length === 0 ? end(client, "succeeded", null) : end(client, "failed", problems.join("; ")),
  );
}

/** A scope that only the declaration vouches for is what is tried here first of all. */
function reasonOf(graph: Graph, name: string): string {
  const declared = [name, ...graph.reads(name)].flatMap((read) => {
    const { asset, reaches } = graph.get(read);
    const isOwn = read === name || isView(asset);
    return isOwn && [...reaches.values()].some(({ reason }) => reason !== null) ? [read] : [];
  });
  return declared.length === 0 ? "sampled" : `sampled; scopes as declared: ${declared.join(", ")}`;
}

function sampleOf({ partitionBy }: AnyAsset, samples: ReadonlyMap<string, readonly string[]>): Scope {
  const partitions = partitionBy === undefined ? undefined : samples.get(partitionBy);
  return partitions ? { partitions, since: null } : everything;
}

/** Of each partition column some of the values that sources and tables have: also of one that a table should have and lacks. */
async function chooseSamples(
  pool: Pool,
  graph: Graph,
  names: readonly string[],
  { values, seed }: Sample,
): Promise<Map<string, readonly string[]>> {
  const columns = new Set(names.flatMap((name) => graph.get(name).asset.partitionBy ?? []));
  const samples = new Map<string, readonly string[]>();
  for (const column of columns) {
    const assets = [...graph.nodes.values()]
      .map(({ asset }) => asset)
      .filter(({ partitionBy }) => partitionBy === column)
      .filter((asset) => asset.kind === "source" || names.includes(asset.name));
    const known = assets.map(
      (asset) => `select distinct ${quoteIdentifier(column)}::text as value from ${readableName(asset)}`,
    );
    const { rows } = await pool.query<{ value: string }>(
      `select value
       from (${known.join(" union ")}) as known
       where value is not null
       order by md5($1 || value), value
       limit $2`,
      [seed, values],
    );
    samples.set(column, rows.map(({ value }) => value).sort());
  }
  return samples;
}
