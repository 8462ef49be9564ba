/** Our models as a dbt project: the same SELECTs, with ref() and source() for what they read, and the same indexes and checks. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AnyAsset, Check, Graph, SqlAsset } from "../../src/engine/index.ts";

/** Where dbt makes the models. */
export const schema = "analytics";

const project = `name: portfolio
version: "1.0"
profile: portfolio
model-paths: [models]
test-paths: [tests]
flags:
  send_anonymous_usage_stats: false
models:
  portfolio:
    +materialized: view
`;

const profile = `portfolio:
  target: bench
  outputs:
    bench:
      type: postgres
      host: "{{ env_var('PEERS_HOST') }}"
      port: "{{ env_var('PEERS_PORT') | as_number }}"
      user: "{{ env_var('PEERS_USER') }}"
      pass: "{{ env_var('PEERS_PASSWORD') }}"
      dbname: "{{ env_var('PEERS_DATABASE') }}"
      schema: ${schema}
      threads: 2
      search_path: "${schema}, bronze, public"
`;

/** Into a folder that is made anew. */
export function writeProject(folder: string, graph: Graph): void {
  rmSync(folder, { recursive: true, force: true });
  for (const name of ["models", "tests"]) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, "dbt_project.yml"), project);
  writeFileSync(join(folder, "profiles.yml"), profile);
  const assets = [...graph.nodes.values()];
  writeFileSync(join(folder, "models/sources.yml"), sourcesOf(assets.map(({ asset }) => asset)));
  for (const { asset, body } of assets) {
    if (asset.kind !== "model" || body === null) continue;
    writeFileSync(join(folder, "models", `${asset.name}.sql`), configOf(asset) + withReferences(asset, body));
    if (asset.materialized === "view") continue;
    for (const [name, text] of testsOf(asset))
      writeFileSync(join(folder, "tests", `${asset.name}__${name}.sql`), text);
  }
}

function sourcesOf(assets: readonly AnyAsset[]): string {
  const sources = assets.filter((asset) => asset.kind === "source");
  const schemas = [...Map.groupBy(sources, (asset) => asset.schema)].map(
    ([name, tables]) =>
      `  - name: ${name}\n    schema: ${name}\n    tables:\n${tables.map((table) => `      - name: ${table.name}\n`).join("")}`,
  );
  return `version: 2\nsources:\n${schemas.join("")}`;
}

/** Nothing for a view: that is what models of the project are unless they say otherwise. */
function configOf(asset: SqlAsset): string {
  if (asset.materialized === "view") return "";
  const indexes = [asset.key, ...asset.indexes].map((columns, index) => {
    const listed = columns.map((column) => `'${column}'`).join(", ");
    return `{'columns': [${listed}]${index === 0 ? ", 'unique': true" : ""}}`;
  });
  return `{{ config(materialized='table', indexes=[${indexes.join(", ")}], post_hook='analyze {{ this }}') }}\n`;
}

/** Throws unless every dependency is found, and nothing else. */
function withReferences({ name, deps }: SqlAsset, body: string): string {
  let text = body;
  for (const { asset } of deps) {
    const [read, reference] =
      asset.kind === "source"
        ? [`${asset.schema}\\.${asset.name}`, `{{ source('${asset.schema}', '${asset.name}') }}`]
        : [asset.name, `{{ ref('${asset.name}') }}`];
    const changed = text.replaceAll(
      new RegExp(`\\b(from|join|,)(\\s+)${read}(?![.\\w])`, "g"),
      (_, word: string, space: string) => word + space + reference,
    );
    if (changed === text && !text.includes(reference)) throw new Error(`${name} does not read ${asset.name}`);
    text = changed;
  }
  return text;
}

/** A test of dbt selects the rows that are wrong. */
function testsOf(asset: SqlAsset): [name: string, text: string][] {
  const required = Object.entries(asset.columns).flatMap(([column, { nullable }]) =>
    nullable ? [] : [`${column} is null`],
  );
  const from = `select * from {{ ref('${asset.name}') }}`;
  return [
    ["not_null", `${from} where ${required.join(" or ")}\n`],
    ...asset.checks.map((check): [string, string] => testOf(from, check)),
  ];
}

function testOf(from: string, check: Check): [name: string, text: string] {
  const severity = check.severity === "warn" ? "{{ config(severity='warn') }}\n" : "";
  if (check.kind === "expression")
    return [check.name, `${severity}${from} where not (${check.expression})\n`];
  if (check.kind === "accepted_values") {
    const values = check.values.map((value) => `'${value}'`).join(", ");
    return [`accepted_${check.column}`, `${severity}${from} where ${check.column} not in (${values})\n`];
  }
  throw new Error(`expected a check that dbt knows, got: ${check.kind}`);
}
