import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { AnyAsset, Definitions, Schedule, Sensor, SqlAsset } from "./declare.ts";
import { CycleError, Graph, type GraphOptions, type Node } from "./graph.ts";
import type { DefinitionError, Place } from "./problems.ts";
import * as problem from "./problems.ts";
import { defaultLayers } from "./relations.ts";
import { type Body, type FindRelation, readBody } from "./sql/index.ts";
import { validateAsset, validateAutomations, validateReferences, validateVia } from "./validate.ts";

/** All that is defined, checked. */
export interface Registry {
  readonly graph: Graph;
  readonly schedules: readonly Schedule[];
  readonly sensors: readonly Sensor[];
  /** What is to be mended: of assets, orphan bodies, schedules and sensors; without what is merely below a broken asset. */
  readonly problems: readonly DefinitionError[];
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
}

interface LoadedModel {
  readonly file: string;
  readonly body: Body | null;
  readonly problems: readonly DefinitionError[];
}

/**
 * Reads the bodies and checks everything. Never throws over a mistake in a definition: an asset with one stays in
 * the graph with its problems, as do those below it, and the rest is as usable as before.
 */
export async function loadRegistry(definitions: Definitions, options: RegistryOptions): Promise<Registry> {
  const assets = new Map<string, AnyAsset>();
  const problems = new Map<string, DefinitionError[]>();
  for (const asset of definitions.assets) {
    const place: Place = { asset: asset.name, file: null, line: null };
    const repeated = assets.has(asset.name) ? [problem.duplicateAsset(place)] : [];
    if (repeated.length === 0) assets.set(asset.name, asset);
    problems.set(asset.name, [
      ...(problems.get(asset.name) ?? validateAsset(asset, options.layers ?? defaultLayers)),
      ...repeated,
    ]);
  }
  const models = await loadModels(assets, options.bodiesFolder);
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
      problems: problems.get(asset.name)!,
    };
  });
  const { graph, cyclic } = withoutCycles(nodes, options);
  const orphans = await orphanBodies(assets, options.bodiesFolder);
  const complete = new Graph(markBroken(graph, cyclic), options);
  return {
    graph: complete,
    schedules: definitions.schedules,
    sensors: definitions.sensors,
    problems: [
      ...cyclic,
      ...[...complete.nodes.values()].flatMap((node) =>
        node.problems.filter(({ code }) => code !== "below_broken"),
      ),
      ...orphans,
      ...validateAutomations(definitions, complete),
    ],
    bodiesFolder: options.bodiesFolder,
  };
}

async function loadModels(
  assets: ReadonlyMap<string, AnyAsset>,
  bodiesFolder: string,
): Promise<Map<string, LoadedModel>> {
  const models = [...assets.values()].filter((asset) => asset.kind === "model");
  // A dependency that is not among the definitions is reported as that, and not again where the body reads it.
  const dependencies = models.flatMap(({ deps }) => deps.map(({ asset }) => [asset.name, asset] as const));
  const find = findRelation(new Map([...dependencies, ...assets]));
  const loaded = models.map(
    async (asset) => [asset.name, await loadModel(asset, assets, find, bodiesFolder)] as const,
  );
  return new Map(await Promise.all(loaded));
}

async function loadModel(
  asset: SqlAsset,
  assets: ReadonlyMap<string, AnyAsset>,
  find: FindRelation,
  bodiesFolder: string,
): Promise<LoadedModel> {
  const file = join(bodiesFolder, asset.layer, `${asset.name}.sql`);
  const place: Place = { asset: asset.name, file, line: null };
  const text = await readText(file);
  if (text === null) return { file, body: null, problems: [problem.missingBody(place, file)] };
  const body = await readBody({ asset: asset.name, file, text, columns: Object.keys(asset.columns), find });
  const problems = body.parsed
    ? [...body.problems, ...dependencyProblems(asset, body, assets, place)]
    : body.problems;
  return { file, body, problems };
}

async function readText(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Unqualified: a model or else a source, as the search path decides. Qualified: the source in that schema. */
function findRelation(assets: ReadonlyMap<string, AnyAsset>): FindRelation {
  return (schema, name) => {
    const asset = assets.get(name);
    if (!asset || (schema !== null && !(asset.kind === "source" && asset.schema === schema))) return null;
    return { asset: name, columns: Object.keys(asset.columns) };
  };
}

/** What the body reads must be what is declared, both ways. */
function dependencyProblems(
  asset: SqlAsset,
  body: Body,
  assets: ReadonlyMap<string, AnyAsset>,
  place: Place,
): DefinitionError[] {
  const declared = new Set(asset.deps.map((dependency) => dependency.asset.name));
  const read = new Set(body.relations.map((relation) => relation.asset));
  const undeclared = body.relations.flatMap(({ name, asset: found, line }): DefinitionError[] => {
    if (found === null) return [problem.unknownRelation({ ...place, line }, name, assets.keys())];
    return declared.has(found) ? [] : [problem.undeclaredDependency({ ...place, line }, name)];
  });
  const unused = [...declared].filter((name) => !read.has(name));
  return [...undeclared, ...unused.map((name) => problem.unusedDependency(place, name))];
}

/** A cycle cannot be put in an order: its assets are left out of the graph, and with it their edges. */
function withoutCycles(
  nodes: readonly Node[],
  options: GraphOptions,
): { graph: Graph; cyclic: DefinitionError[] } {
  const cyclic: DefinitionError[] = [];
  for (let left = nodes; ; ) {
    try {
      return { graph: new Graph(left, options), cyclic };
    } catch (error) {
      if (!(error instanceof CycleError)) throw error;
      const pathOf = new Map(error.paths.flatMap((path) => path.map((name) => [name, path] as const)));
      for (const { asset, file } of left) {
        const path = pathOf.get(asset.name);
        if (path) cyclic.push(problem.cyclicAsset({ asset: asset.name, file, line: null }, path));
      }
      left = left.filter(({ asset }) => !pathOf.has(asset.name));
    }
  }
}

/** Adds what only the whole graph can tell: `via` not upstream, and the assets below broken ones. */
function markBroken(graph: Graph, cyclic: readonly DefinitionError[]): Node[] {
  const broken = new Set(cyclic.map(({ asset }) => asset));
  const marked: Node[] = [];
  for (const node of graph.nodes.values()) {
    const { asset, file } = node;
    const above = asset.deps.map((dependency) => dependency.asset.name).find((name) => broken.has(name));
    const place: Place = { asset: asset.name, file, line: null };
    const below = above === undefined ? [] : [problem.belowBroken(place, above)];
    const problems = [...node.problems, ...validateVia(asset, graph), ...below];
    if (problems.length > 0) broken.add(asset.name);
    marked.push({ ...node, problems });
  }
  return marked;
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
