/** The asset graph, for operators: what there is, how it stands, and asking for it to be materialized. */
import { z } from "zod";
import {
  type AssetState,
  assetStatuses,
  describeProblem,
  type Node,
  readMaterializations,
  readPastChecks,
  readStates,
  readUndeclared,
  requestRun,
} from "../../engine/index.ts";
import { snakeCased } from "../../snake-case.ts";
import { characters, day, instant } from "../../values.ts";
import type { WebContext } from "../context.ts";
import { type Route, route } from "../route.ts";

const problem = z.object({
  code: z.string(),
  severity: z.enum(["error", "warning"]),
  asset: z.string().nullable(),
  file: z.string().nullable(),
  line: z.int().nullable(),
  column: z.int().nullable(),
  message: z.string(),
  hint: z.string().nullable().describe("What PostgreSQL advises"),
  excerpt: z.string().nullable().describe("The text of the line"),
});

const assetSummary = z.object({
  asset: z.string(),
  kind: z.enum(["source", "model"]),
  layer: z.string(),
  description: z.string(),
  owner: z.string(),
  tags: z.array(z.string()),
  materialized: z.enum(["view", "table", "incremental"]).nullable().describe("null: a source"),
  key: z.array(z.string()),
  partition_column: z.string().nullable(),
  time_column: z.string().nullable(),
  status: z.enum(assetStatuses),
  reasons: z.array(z.string()).describe("Why it is not fresh"),
  failed_since: instant.nullable().describe("null: nothing failed that has not been done since"),
  error: z.string().nullable().describe("Of the newest failure, while it stands"),
  overdue: z.boolean().describe("Older than its freshness policy allows"),
  code_version: z.string().describe("Of the code as it is now"),
  published_code_version: z
    .string()
    .nullable()
    .describe("Of the code that made what is there; null: nothing is"),
  data_version: z.int(),
  last_run_id: z.int().nullable(),
  last_materialized_at: instant.nullable(),
  problems: z.array(problem).describe("Not empty: broken, cannot run"),
});

const columnReference = z.object({ asset: z.string(), column: z.string() });

const column = z.object({
  column: z.string(),
  type: z.string(),
  description: z.string(),
  nullable: z.boolean(),
  from: z.array(columnReference).describe("The columns it is computed from, one step up"),
});

const dependency = z.object({
  asset: z.string(),
  via: z.string().nullable().describe("The asset that maps one partition column to the other"),
  time: z
    .enum(["day", "onward", "everything"])
    .describe(
      "What a change of a day can reach: rows of that day, of that day and later ones, or of any day",
    ),
  partitions: z
    .enum(["same", "mapped", "all"])
    .describe(
      "What a change of a partition value can reach: rows of that value, of those `via` has for it, or of any",
    ),
  reason: z.string().nullable().describe("Why less is reached than the body proves; null: it is proven"),
});

/** Of what an ingested source depends on, and of a body that cannot be read. */
const unreadReach = { time: "everything", partitions: "all", reason: null } as const;

const checkResult = z.object({
  check: z.string(),
  severity: z.enum(["warn", "error"]),
  failing_rows: z.int().describe("0: passed"),
  sample: z.unknown().describe("Keys of a few failing rows"),
  checked_at: instant,
  run_id: z.int(),
});

const materialization = z.object({
  run_id: z.int(),
  trigger_kind: z.string(),
  trigger_name: z.string(),
  action: z.string(),
  status: z.string(),
  reason: z.string(),
  scope: z
    .object({ partitions: z.array(z.string()).readonly().nullable(), since: day.nullable() })
    .readonly()
    .nullable()
    .describe("null: what the steps before it changed"),
  attempt: z.int(),
  rows_inserted: z.int().nullable(),
  rows_updated: z.int().nullable(),
  rows_deleted: z.int().nullable(),
  code_version: z.string().nullable(),
  started_at: instant.nullable(),
  filled_at: instant
    .nullable()
    .describe("Of a rebuild: its rows stood there; it ends when all are published together"),
  finished_at: instant.nullable(),
  error: z.string().nullable(),
});

export const assetDetail = assetSummary.extend({
  file: z.string().nullable(),
  body: z.string().nullable().describe("The SELECT; null: a source"),
  columns: z.array(column),
  dependencies: z.array(dependency),
  dependents: z.array(z.string()),
  checks: z.array(checkResult).describe("The last result of each check"),
  materializations: z.array(materialization).describe("The newest first"),
});

function describeAsset(
  { asset, codeVersion, problems }: Node,
  state: AssetState,
): z.output<typeof assetSummary> {
  return {
    asset: asset.name,
    kind: asset.kind,
    layer: asset.layer,
    description: asset.description,
    owner: asset.owner,
    tags: [...asset.tags],
    materialized: asset.kind === "model" ? asset.materialized : null,
    key: [...asset.key],
    partition_column: asset.partitionBy ?? null,
    time_column: asset.timeColumn ?? null,
    status: state.status,
    reasons: [...state.reasons],
    failed_since: state.failure?.since ?? null,
    error: state.failure?.error ?? null,
    overdue: state.isOverdue,
    code_version: codeVersion,
    published_code_version: state.codeVersion,
    data_version: state.dataVersion,
    last_run_id: state.lastRunId,
    last_materialized_at: state.lastMaterializedAt,
    problems: problems.map(describeProblem),
  };
}

/** All there is to know of an asset. Throws UnknownAssetError. */
export async function readAsset(context: WebContext, name: string): Promise<z.output<typeof assetDetail>> {
  const { graph } = context.registry();
  const node = graph.get(name);
  const [states, checks, materializations] = await Promise.all([
    readStates(context.pool, graph, context.clock()),
    readPastChecks(context.pool, name, 1),
    readMaterializations(context.pool, name, materializationLimit),
  ]);
  const sources = new Map(node.lineage.map(({ column, from }) => [column, from]));
  return {
    ...describeAsset(node, states.get(name)!),
    file: node.file,
    body: node.body,
    columns: Object.entries(node.asset.columns).map(([column, { type, description, nullable }]) => ({
      column,
      type,
      description,
      nullable: nullable ?? false,
      from: [...(sources.get(column) ?? [])],
    })),
    dependencies: node.asset.deps.map(({ asset, via }) => {
      const { time, partitions, reason } = node.reaches.get(asset.name) ?? unreadReach;
      return { asset: asset.name, via: via?.name ?? null, time, partitions, reason };
    }),
    dependents: graph.dependents(name).map(({ asset }) => asset.name),
    checks: checks.map(({ asset: _, ...check }) => snakeCased(check)),
    materializations: materializations.map(({ asset: _, progress: __, ...step }) => snakeCased(step)),
  };
}

const materializationLimit = 50;

const lineage = z.object({
  assets: z.array(assetSummary.pick({ asset: true, kind: true, layer: true, status: true })),
  edges: z.array(z.object({ from: z.string(), to: z.string() })),
  columns: z.array(columnReference.extend({ from: z.array(columnReference) })),
});

async function readLineage({ pool, registry, clock }: WebContext): Promise<z.output<typeof lineage>> {
  const { graph } = registry();
  const states = await readStates(pool, graph, clock());
  const nodes = [...graph.nodes.values()];
  return {
    assets: nodes.map(({ asset: { name, kind, layer } }) => ({
      asset: name,
      kind,
      layer,
      status: states.get(name)!.status,
    })),
    edges: nodes.flatMap(({ asset }) =>
      asset.deps.map((from) => ({ from: from.asset.name, to: asset.name })),
    ),
    columns: nodes.flatMap(({ asset, lineage }) =>
      lineage.map(({ column, from }) => ({ asset: asset.name, column, from: [...from] })),
    ),
  };
}

const parameters = z.object({ name: z.string() });

export const assetRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/api/assets",
    summary: "Every asset and its state, in topological order",
    access: "operator",
    status: 200,
    answer: z.object({
      assets: z.array(assetSummary),
      undeclared: z.array(z.string()).describe("Models that are published and not declared any more"),
    }),
    handle: async ({ context }) => {
      const { graph } = context.registry();
      const states = await readStates(context.pool, graph, context.clock());
      return {
        assets: [...graph.nodes].map(([name, node]) => describeAsset(node, states.get(name)!)),
        undeclared: await readUndeclared(context.pool, graph),
      };
    },
  }),
  route({
    method: "get",
    path: "/api/assets/:name",
    summary: "One asset: body, columns and where they come from, checks, history",
    access: "operator",
    parameters,
    status: 200,
    answer: z.object({ asset: assetDetail }),
    errors: ["unknown_asset"],
    handle: async ({ context, parameters: { name } }) => ({ asset: await readAsset(context, name) }),
  }),
  route({
    method: "post",
    path: "/api/assets/:name/materialize",
    summary: "Ask for a run that makes the asset's rows right",
    access: "operator",
    parameters,
    // Strict: a misspelt `partitions` would materialize everything.
    body: z.strictObject({
      partitions: z.array(characters(1, 200)).min(1).max(10_000).optional(),
      since: day.optional(),
      full_refresh: z.boolean().optional(),
    }),
    status: 202,
    answer: z.object({ run_id: z.int() }),
    errors: ["unknown_asset"],
    handle: async ({ context, person, parameters: { name }, body }) => {
      context.registry().graph.get(name);
      const run_id = await requestRun(context.pool, {
        triggerKind: "manual",
        triggerName: person.email,
        selection: name,
        ...(body.partitions && { partitions: body.partitions }),
        ...(body.since && { since: body.since }),
        ...(body.full_refresh && { fullRefresh: true }),
      });
      return { run_id };
    },
  }),
  route({
    method: "get",
    path: "/api/lineage",
    summary: "What is made from what, by asset and by column",
    access: "operator",
    status: 200,
    answer: lineage,
    handle: ({ context }) => readLineage(context),
  }),
];
