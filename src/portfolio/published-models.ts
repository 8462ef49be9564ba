/**
 * What is published of every model, for readers that run models themselves. A file that was edited, broken or taken away
 * says nothing of what the published views hold, and neither does the newest code after a rollback.
 *
 * The record of it is read once for each published version of the code, not for each request: `orchestrator.code_stamp()` names that
 * version in a statement that a reader has to run anyway, so a page follows a publication at once, with no notification
 * to wait for or to miss.
 */
import { loadModule, scanSync } from "libpg-query";
import { DatabaseError, type Pool, type PoolClient } from "pg";
import {
  type CurrentVersion,
  type Graph,
  type Node,
  type Registry,
  readCurrentVersions,
  readUndeclared,
} from "../engine/index.ts";

export interface PublishedModels {
  readonly version: string;
  /** By name: body, columns and how it is stored. */
  readonly models: ReadonlyMap<string, CurrentVersion>;
  /** By model, the assets that its body reads: what the program declares may be of newer code. */
  readonly reads: ReadonlyMap<string, readonly string[]>;
  /** Assets that were published and that the program knows no longer: their bodies are not known either. */
  readonly unknown: ReadonlySet<string>;
}

const kept = new WeakMap<Graph, PublishedModels>();

/** What is published now, most likely `version`, which was read just before. */
export async function readPublishedModels(
  client: PoolClient,
  registry: Registry,
  version: string,
): Promise<PublishedModels> {
  const { graph } = registry;
  const known = kept.get(graph);
  if (known?.version === version) return known;
  const models = await readCurrentVersions(client, graph);
  const unknown = await readUndeclared(client, graph);
  const { rows } = await client.query<{ version: string }>("select orchestrator.code_stamp() as version");
  const after = rows[0]!.version;
  // Published while it was read, so that some of it may be of before.
  if (after !== version) return readPublishedModels(client, registry, after);
  const names = new Set([...models.keys(), ...unknown]);
  await loadModule();
  const reads = [...models].map(([name, model]) => [name, readsOf(graph.get(name), model, names)] as const);
  const published = { version, models, reads: new Map(reads), unknown: new Set(unknown) };
  kept.set(graph, published);
  return published;
}

/** As declared, where that is the published version and was found right; else as the words of the body say. */
function readsOf(
  { asset, codeVersion, problems }: Node,
  published: CurrentVersion,
  names: ReadonlySet<string>,
): string[] {
  if (published.body === null) return [];
  const isDeclared = published.codeVersion === codeVersion && problems.length === 0;
  return isDeclared ? asset.deps.map((dependency) => dependency.asset.name) : namesIn(published.body, names);
}

/** An alias or a column called like an asset counts, too: it would only write out a model that nobody reads. */
function namesIn(body: string, names: ReadonlySet<string>): string[] {
  const bytes = Buffer.from(body); // the scanner counts bytes
  const words = scanSync(body).tokens.flatMap(({ tokenName, start, end }) =>
    tokenName === "IDENT" ? [bytes.subarray(start, end).toString().replaceAll('"', "").toLowerCase()] : [],
  );
  return [...new Set(words)].filter((word) => names.has(word));
}

/** What is published now, for who has no statement to read the version with. */
export async function readCurrentModels(client: PoolClient, registry: Registry): Promise<PublishedModels> {
  return readPublishedModels(client, registry, await readVersion(client));
}

async function readVersion(client: Pool | PoolClient): Promise<string> {
  const { rows } = await client.query<{ version: string }>({
    name: "published_version",
    text: `select orchestrator.code_stamp() as version`,
  });
  return rows[0]!.version;
}

/** Throws PublishedMeanwhileError unless `version` is published still. */
export async function requirePublished(client: Pool | PoolClient, version: string): Promise<void> {
  if ((await readVersion(client)) !== version) throw new PublishedMeanwhileError();
}

/** What was read is partly of one version and partly of the next. */
class PublishedMeanwhileError extends Error {}

const attempts = 3;

/** Runs `read`, which begins by looking what is published, again when something was published meanwhile. */
export async function acrossPublications<T>(read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read();
    } catch (error) {
      if (attempt === attempts || !mayComeOfPublication(error)) throw error;
    }
  }
}

/** A relation, column or type is not what it was when the statement was written: class 42, or a plan that is void. */
function mayComeOfPublication(error: unknown): boolean {
  if (error instanceof PublishedMeanwhileError) return true;
  return error instanceof DatabaseError && /^(42|0A000)/.test(error.code ?? "");
}

/** Models that nobody can read yet, in the graph's order. */
export async function readUnbuiltModels(pool: Pool, { graph }: Registry): Promise<string[]> {
  const models = [...graph.nodes.values()].flatMap(({ asset }) =>
    asset.kind === "model" ? [asset.name] : [],
  );
  const { rows } = await pool.query<{ model: string }>(
    `select model
     from unnest($1::text[]) with ordinality as listed (model, position)
     where to_regclass(format('"default".%I', model)) is null
     order by position`,
    [models],
  );
  return rows.map(({ model }) => model);
}
