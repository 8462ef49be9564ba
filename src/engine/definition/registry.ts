import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import {
  type AnyAsset,
  type Definitions,
  defaultLayers,
  type Schedule,
  type Sensor,
  type SqlAsset,
} from "./declare.ts";
import { CycleError, Graph, type GraphOptions, type Node } from "./graph.ts";
import { declarationPlace } from "./places.ts";
import type { DefinitionError } from "./problems.ts";
import * as problem from "./problems.ts";
import { type Reaches, reachesOf, reachProblems } from "./reach.ts";
import { findRelation } from "./relations.ts";
import { type Body, type FindRelation, readBody } from "./sql/index.ts";
import { validateAsset, validateAutomations, validateReferences, validateVia } from "./validate.ts";

/** All that is defined, checked. */
export interface Registry {
  readonly graph: Graph;
  readonly schedules: readonly Schedule[];
  readonly sensors: readonly Sensor[];
  /** What is to be mended: of assets, orphan bodies, schedules and sensors; without what is merely below a broken asset. */
  readonly problems: readonly DefinitionError[];
  /** What may be wrong and holds nothing up. Absent: nothing was looked for. */
  readonly warnings?: readonly DefinitionError[];
  readonly bodiesFolder: string;
}

export interface RegistryOptions extends GraphOptions {
  /** Holds `<layer>/<name>.sql` for each model. */
  readonly bodiesFolder: string;
  /**
   * The text that defines each of the functions `names` which people made, built-in ones left out: a body's rows
   * change when a function it calls does. Absent: bodies are taken to call none. See `readFunctionDefinitions`.
   */
  readonly functionDefinitions?: (names: string[]) => Promise<Map<string, string>>;
  /** By asset: bodies that are in it are not read again, and what is read without fault is put in it. */
  readonly readings?: Map<string, Reading>;
}

/** What a body was found to say, beside its text. */
export interface Reading {
  readonly body: Body;
  readonly reaches: Reaches;
}

interface LoadedModel {
  readonly file: string;
  readonly body: Body | null;
  readonly reaches: Reaches;
  readonly problems: readonly DefinitionError[];
  readonly warnings: readonly DefinitionError[];
}

/**
 * Reads the bodies and checks everything. Never throws over a mistake in a definition: an asset with one stays in
 * the graph with its problems, as do those below it, and the rest is as usable as before.
 */
export async function loadRegistry(definitions: Definitions, options: RegistryOptions): Promise<Registry> {
  const assets = new Map<string, AnyAsset>();
  const problems = new Map<string, DefinitionError[]>();
  for (const asset of definitions.assets) {
    const place = declarationPlace(asset, asset.name);
    const repeated = assets.has(asset.name) ? [problem.duplicateAsset(place)] : [];
    if (repeated.length === 0) assets.set(asset.name, asset);
    problems.set(asset.name, [
      ...(problems.get(asset.name) ?? validateAsset(asset, options.layers ?? defaultLayers)),
      ...repeated,
    ]);
  }
  const models = await loadModels(assets, options);
  for (const [name, asset] of assets) {
    problems.get(name)!.push(...validateReferences(asset, assets), ...(models.get(name)?.problems ?? []));
  }
  const functionNames = [...models.values()].flatMap(({ body }) => body?.functions ?? []);
  const functions = (await options.functionDefinitions?.([...new Set(functionNames)].sort())) ?? new Map();
  const nodes = [...assets.values()].map((asset): Node => {
    const model = models.get(asset.name);
    return {
      asset,
      body: model?.body?.select ?? null,
      file: model?.file ?? null,
      codeVersion: codeVersionOf(asset, model?.body ?? null, functions),
      lineage: model?.body?.lineage ?? [],
      reaches: model?.reaches ?? new Map(),
      problems: problems.get(asset.name)!,
    };
  });
  const { graph, cyclic } = withoutCycles(nodes, options);
  const orphans = await orphanBodies(assets, options.bodiesFolder);
  const complete = graph.with(markBroken(graph, cyclic));
  return {
    graph: complete,
    schedules: definitions.schedules,
    sensors: definitions.sensors,
    problems: [
      ...[...complete.nodes.values()].flatMap((node) =>
        node.problems.filter(({ code }) => code !== "below_broken"),
      ),
      ...orphans,
      ...validateAutomations(definitions, complete),
    ],
    warnings: [...models.values()].flatMap(({ warnings }) => warnings),
    bodiesFolder: options.bodiesFolder,
  };
}

async function loadModels(
  assets: ReadonlyMap<string, AnyAsset>,
  options: RegistryOptions,
): Promise<Map<string, LoadedModel>> {
  const models = [...assets.values()].filter((asset) => asset.kind === "model");
  // A dependency that is not among the definitions is reported as that, and not again where the body reads it.
  const dependencies = models.flatMap(({ deps }) => deps.map(({ asset }) => [asset.name, asset] as const));
  const find = findRelation(new Map([...dependencies, ...assets]));
  const loaded = models.map(
    async (asset) => [asset.name, await loadModel(asset, assets, find, options)] as const,
  );
  return new Map(await Promise.all(loaded));
}

async function loadModel(
  asset: SqlAsset,
  assets: ReadonlyMap<string, AnyAsset>,
  find: FindRelation,
  { bodiesFolder, readings }: RegistryOptions,
): Promise<LoadedModel> {
  const file = join(bodiesFolder, asset.layer, `${asset.name}.sql`);
  const known = readings?.get(asset.name);
  if (known) return { file, ...known, problems: [], warnings: [] };
  const text = await readText(file);
  if (text === null)
    return {
      file,
      body: null,
      reaches: new Map(),
      problems: [problem.missingBody(declarationPlace(asset, asset.name), file)],
      warnings: [],
    };
  const body = await readBody({ asset: asset.name, file, text, columns: Object.keys(asset.columns), find });
  const reaches = reachesOf(asset, body, assets);
  const found = body.parsed
    ? [
        ...body.problems,
        ...dependencyProblems(asset, body, assets),
        ...reachProblems(asset, reaches, declarationPlace(asset, asset.name)),
      ]
    : body.problems;
  if (found.length === 0) readings?.set(asset.name, { body, reaches });
  const isWarning = ({ severity }: DefinitionError): boolean => severity === "warning";
  return {
    file,
    body,
    reaches,
    problems: found.filter((one) => !isWarning(one)),
    warnings: found.filter(isWarning),
  };
}

async function readText(file: string): Promise<string | null> {
  try {
    return (await readFile(file, "utf8")).replace(/^\uFEFF/, ""); // some editors begin with a byte-order mark
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** What the body reads must be what is declared, both ways. */
function dependencyProblems(
  asset: SqlAsset,
  body: Body,
  assets: ReadonlyMap<string, AnyAsset>,
): DefinitionError[] {
  const declared = new Set(asset.deps.map((dependency) => dependency.asset.name));
  const read = new Set(body.relations.map((relation) => relation.asset));
  const undeclared = body.relations.flatMap(({ name, asset: found, place }): DefinitionError[] => {
    if (found === null) return [problem.unknownRelation(place, name, assets.keys())];
    return declared.has(found) ? [] : [problem.undeclaredDependency(place, name)];
  });
  const unused = [...declared].filter((name) => !read.has(name));
  return [
    ...undeclared,
    ...unused.map((name) => problem.unusedDependency(declarationPlace(asset, asset.name), name)),
  ];
}

/** A cycle cannot be put in an order: its assets stay, broken, without the edges between them. */
function withoutCycles(
  nodes: readonly Node[],
  options: GraphOptions,
): { graph: Graph; cyclic: DefinitionError[] } {
  const cycles: ReadonlySet<string>[] = [];
  const cyclic: DefinitionError[] = [];
  for (;;) {
    try {
      return { graph: new Graph(nodes, { ...options, cycles }), cyclic };
    } catch (error) {
      if (!(error instanceof CycleError)) throw error;
      const pathOf = new Map(error.paths.flatMap((path) => path.map((name) => [name, path] as const)));
      for (const path of error.paths) cycles.push(new Set(path));
      for (const { asset } of nodes) {
        const path = pathOf.get(asset.name);
        if (path) cyclic.push(problem.cyclicAsset(declarationPlace(asset, asset.name), path));
      }
    }
  }
}

/** Adds what only the whole graph can tell: cycles, `via` not upstream, and the assets below broken ones. */
function markBroken(graph: Graph, cyclic: readonly DefinitionError[]): Node[] {
  const own = Map.groupBy(cyclic, ({ asset }) => asset);
  const nodes = [...graph.nodes.values()].map((node) => {
    const cycles = own.get(node.asset.name) ?? [];
    // What is upstream cannot be told while some of it is cut off.
    const via = cycles.length > 0 ? [] : validateVia(node.asset, graph);
    return { ...node, problems: [...node.problems, ...via, ...cycles] };
  });
  return belowBroken(nodes);
}

/** The registry with what was found beside: mistakes break their assets, and those below; warnings hold nothing up. */
export function withFindings(registry: Registry, found: readonly DefinitionError[]): Registry {
  const errors = found.filter(({ severity }) => severity === "error");
  const byAsset = Map.groupBy(errors, ({ asset }) => asset);
  const nodes = [...registry.graph.nodes.values()].map((node) => ({
    ...node,
    problems: [...node.problems, ...(byAsset.get(node.asset.name) ?? [])],
  }));
  return {
    ...registry,
    graph: registry.graph.with(belowBroken(nodes)),
    problems: [...registry.problems, ...errors],
    warnings: [...(registry.warnings ?? []), ...found.filter(({ severity }) => severity === "warning")],
  };
}

/** Marks the assets below broken ones. nodes: in topological order. */
function belowBroken(nodes: readonly Node[]): Node[] {
  const broken = new Set<string>();
  return nodes.map((node) => {
    const { asset, problems } = node;
    if (problems.length > 0) {
      broken.add(asset.name);
      return node;
    }
    const above = asset.deps.map((dependency) => dependency.asset.name).find((name) => broken.has(name));
    if (above === undefined) return node;
    broken.add(asset.name);
    return { ...node, problems: [problem.belowBroken(declarationPlace(asset, asset.name), above)] };
  });
}

async function orphanBodies(
  assets: ReadonlyMap<string, AnyAsset>,
  bodiesFolder: string,
): Promise<DefinitionError[]> {
  const expected = new Set<string>();
  for (const asset of assets.values())
    if (asset.kind === "model") expected.add(join(asset.layer, `${asset.name}.sql`));
  const files = await readdir(bodiesFolder, { recursive: true, withFileTypes: true });
  return files
    .filter((entry) => entry.isFile() && entry.name.endsWith(".sql"))
    .map((entry) => relative(bodiesFolder, join(entry.parentPath, entry.name)))
    .filter((path) => !expected.has(path))
    .sort()
    .map((path) => problem.orphanBody(join(bodiesFolder, path), path, expected));
}

/**
 * Changes when the rows may: the body (not its comments and white space), the functions it calls, what the columns,
 * key and scope are. Indexes are in it because only a rebuild makes them; checks and descriptions are not.
 */
function codeVersionOf(asset: AnyAsset, body: Body | null, functions: ReadonlyMap<string, string>): string {
  const { key, partitionBy, timeColumn, timeEndColumn, columns } = asset;
  const called = (body?.functions ?? []).flatMap((name) => functions.get(name) ?? []);
  const fingerprinted = [
    Object.entries(columns).map(([name, { type }]) => [name, type]),
    [key, partitionBy ?? null, timeColumn ?? null, timeEndColumn ?? null],
    asset.kind === "model"
      ? [asset.materialized, asset.indexes, body?.normalized ?? null, called]
      : [asset.schema],
  ];
  return createHash("sha256").update(JSON.stringify(fingerprinted)).digest("hex").slice(0, 8);
}
