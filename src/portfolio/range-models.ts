/**
 * Models over a range of days: the figures of any range are those of the models themselves, run over a slice of what is
 * stored. A name in a body means the nearest CTE of that name before it means a relation, so the bodies stand as they
 * are: no figure has a second definition, and the whole time gives just what the published views hold.
 *
 * Over a slice the portfolio begins at the close of the start day: what was held then counts as put in at that price.
 */
import { createHash } from "node:crypto";
import type { AnyAsset } from "../engine/index.ts";
import { type Plain, plain } from "../plain.ts";
import type { PublishedModels } from "./published-models.ts";
import { accountSlices, type Slice, slices } from "./slices.ts";

/** What is published cannot be run over a range now: it was never built, or is being replaced. */
export class ModelsUnavailableError extends Error {
  readonly code = "models_unavailable";
  readonly retryAfterSeconds = 60;
  readonly plain: Plain;

  constructor(model: string, expected: string) {
    super(
      `${model} cannot be computed over a range just now: expected ${expected}; the models are being brought up to date, ` +
        "try again in a minute",
    );
    this.plain = plain("Your figures are being brought up to date just now: try again in a minute.");
  }
}

const publishedBody = "a published version of it";

/** A statement of pg, prepared once on each connection: planning it anew takes as long as running it. */
export interface RangeStatement {
  readonly name: string;
  readonly text: string;
}

/** By version, by slices, by what is selected. */
const statements = new WeakMap<
  PublishedModels,
  WeakMap<ReadonlyMap<string, Slice>, Map<string, RangeStatement>>
>();

/** `select` under the models over a range. Made once for each published version of the models. */
export function overRange(
  published: PublishedModels,
  models: readonly AnyAsset[],
  select: string,
  of: ReadonlyMap<string, Slice> = slices,
): RangeStatement {
  const bySlices = statements.get(published) ?? new WeakMap<typeof of, Map<string, RangeStatement>>();
  statements.set(published, bySlices);
  const made = bySlices.get(of) ?? new Map<string, RangeStatement>();
  bySlices.set(of, made);
  const known = made.get(select);
  if (known) return known;
  const text = `${modelsOver(of, published, models)}\n${select}`;
  const statement = versionedStatement(published, text);
  made.set(select, statement);
  return statement;
}

/** A statement that reads published models, named for their version, too: PostgreSQL refuses to run one again whose columns have become other ones. */
export function versionedStatement({ version }: PublishedModels, text: string): RangeStatement {
  const hash = createHash("sha256").update(`${version}\n${text}`).digest("hex");
  return { name: `range_${hash.slice(0, 16)}`, text };
}

/**
 * The WITH clause under which `from <model>` reads the models over the range: $1 person, $2 start, $3 last day, $4 the account;
 * null: all together.
 */
export function modelsOverRange(
  published: PublishedModels,
  account: number | null,
  ...models: readonly AnyAsset[]
): string {
  // A parameter that nothing names has no type.
  const asked = "asked as (select $4::bigint as account_id)";
  return `${modelsOver(account === null ? slices : accountSlices, published, models)},\n${asked}`;
}

function modelsOver(
  of: ReadonlyMap<string, Slice>,
  published: PublishedModels,
  models: readonly AnyAsset[],
): string {
  const written = new Map<string, string | null>();
  /** Does it differ over a range? What is stored does not, nor what reads nothing that does. */
  const visit = (name: string): boolean => {
    const known = written.get(name);
    if (known !== undefined) return known !== null;
    const model = published.models.get(name);
    const slice = of.get(name);
    if (slice && model?.body != null) {
      for (const read of slice.reads ?? []) visit(read);
      const hint = slice.isLookedUp ? "not materialized " : slice.isComputedFirst ? "materialized " : "";
      written.set(name, `${name} as ${hint}(\n${slice.select(model.asset.columns)}\n)`);
      return true;
    }
    const differs = readsOf(name, published).map(visit).includes(true);
    written.set(name, differs ? `${name} as (${model!.body}\n)` : null);
    return differs;
  };
  for (const { name } of models) {
    // Its published view, if there is one at all, would answer for the whole time.
    if (published.models.get(name)?.body == null) throw new ModelsUnavailableError(name, publishedBody);
    visit(name);
  }
  return `with ${[...written.values()].filter((expression) => expression !== null).join(",\n")}`;
}

/** What a published view reads; none for what is stored. */
function readsOf(name: string, { models, reads, unknown }: PublishedModels): readonly string[] {
  const model = models.get(name);
  if (!model || model.asset.kind === "source" || model.asset.materialized !== "view") return [];
  if (model.body === null) throw new ModelsUnavailableError(name, publishedBody);
  const read = reads.get(name)!;
  const gone = read.find((relation) => unknown.has(relation));
  if (gone !== undefined)
    throw new ModelsUnavailableError(name, `no use of ${gone}, which there is no longer`);
  return read;
}
