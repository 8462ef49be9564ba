/** The form that asks for a materialization, and the plan it comes to. */
import { z } from "zod";
import {
  type ColumnType,
  describeScope,
  EmptySelectionError,
  type Graph,
  MixedPartitionColumnsError,
  type PlanStep,
  plan,
  type RunRequestInput,
  readStates,
  SelectionSyntaxError,
  select,
  selectable,
} from "../../engine/index.ts";
import { day } from "../../values.ts";
import type { WebContext } from "../context.ts";
import { t } from "../messages/index.ts";
import { sayScope } from "../step-words.ts";

/** How far a materialization reaches, in the selection grammar. */
const reaches = {
  this: (name: string) => name,
  downstream: (name: string) => `${name}+`,
  upstream: (name: string) => `+${name}`,
};

export const emptyForm = { reach: "this", partitions: "", since: "", full_refresh: "" };

export type FormErrors = Partial<Record<keyof typeof emptyForm, string>>;

const mostPartitions = 10_000;

const materializeForm = z.object({
  reach: z.enum(Object.keys(reaches) as (keyof typeof reaches)[], {
    error: () => t("Expected how far it reaches."),
  }),
  partitions: z
    .string()
    .default("")
    .transform((text) => [...new Set(text.split(/[\s,]+/).filter((value) => value !== ""))])
    .refine(({ length }) => length <= mostPartitions, {
      error: () => t("Expected at most {most} values.", { most: String(mostPartitions) }),
    }),
  since: z
    .string()
    .default("")
    .refine((text) => text === "" || day.safeParse(text).success, {
      error: () => t("Expected a date, or nothing for all days."),
    })
    .transform((text) => (text === "" ? undefined : text)),
  full_refresh: z
    .literal(["", "true"])
    .default("")
    .transform((value) => value === "true"),
});

export type RunScope = Pick<
  RunRequestInput,
  "operation" | "sample" | "selection" | "exclude" | "partitions" | "since" | "fullRefresh"
>;

export type ParsedForm =
  | { readonly request: RunScope; readonly errors: null }
  | { readonly request: null; readonly errors: FormErrors };

/** What the form asks for, or what is wrong with each of its fields. */
export function parseForm(name: string, form: unknown): ParsedForm {
  const result = materializeForm.safeParse(form);
  if (!result.success) {
    const errors = result.error.issues.map(({ path, message }) => [String(path[0]), message]);
    return { request: null, errors: Object.fromEntries(errors) };
  }
  const { reach, partitions, since, full_refresh } = result.data;
  const request = {
    selection: reaches[reach](name),
    ...(partitions.length > 0 && { partitions }),
    ...(since !== undefined && { since }),
    ...(full_refresh && { fullRefresh: true }),
  };
  return { request, errors: null };
}

/** Partition values that the column cannot hold, or that no asset of the plan has a column for. */
class PartitionValueError extends Error {
  readonly code = "invalid_partitions";

  constructor(expected: string, values: readonly string[]) {
    super(`Expected ${expected}, got: ${values.join(", ")}`);
  }
}

/**
 * The steps that a run of this request would take if it began now. `partitionColumn`: what the values are meant to be
 * of. Throws EmptySelectionError, SelectionSyntaxError, MixedPartitionColumnsError and PartitionValueError.
 */
export async function planRun(
  context: WebContext,
  request: RunScope,
  partitionColumn?: string,
): Promise<PlanStep[]> {
  const { graph } = context.registry();
  const states = await readStates(context.pool, graph, context.clock());
  const { selection, exclude, partitions = null, since = null, fullRefresh = false } = request;
  const selected = select(graph, {
    select: [selection],
    ...(exclude && { exclude: [exclude] }),
    ...selectable(states),
  });
  const scope = partitions === null && since === null ? null : { partitions, since };
  const steps = plan(graph, states, { selected, scope, fullRefresh });
  if (partitions !== null) refusePartitions(graph, steps, partitions, partitionColumn);
  return steps;
}

/** What a value of the type looks like, where not everything is one. */
const formats: Partial<Record<ColumnType, { pattern: RegExp; words: string }>> = {
  bigint: { pattern: /^-?\d{1,18}$/, words: "whole numbers" },
  integer: { pattern: /^-?\d{1,9}$/, words: "whole numbers" },
  date: { pattern: /^\d{4}-\d{2}-\d{2}$/, words: "dates as 2024-01-31" },
};

/** Values go to the first steps that have a partition column; where all is rebuilt they are still checked. */
function refusePartitions(
  graph: Graph,
  steps: readonly PlanStep[],
  values: readonly string[],
  partitionColumn: string | undefined,
): void {
  const partitioned = steps.filter((step) => graph.get(step.asset).asset.partitionBy !== undefined);
  const step = partitioned.find(({ scope }) => scope?.partitions != null) ?? partitioned[0];
  if (!step)
    throw new PartitionValueError("no values, because nothing selected has a partition column", values);
  const { partitionBy, columns } = graph.get(step.asset).asset;
  if (partitionColumn !== undefined && partitionBy !== partitionColumn)
    throw new PartitionValueError(
      `no values, because the plan begins with ${step.asset}, which goes by ${partitionBy} and not by ${partitionColumn}`,
      values,
    );
  const format = formats[columns[partitionBy!]!.type];
  const wrong = values.filter((value) => format && !format.pattern.test(value));
  if (format && wrong.length > 0)
    throw new PartitionValueError(`values of ${partitionBy} to be ${format.words}`, wrong);
}

/** The message for the field it is about, of an error that the form is to blame for; null: it is not. */
export function formErrorsOf(error: unknown): FormErrors | null {
  if (error instanceof PartitionValueError || error instanceof MixedPartitionColumnsError)
    return { partitions: error.message };
  if (error instanceof EmptySelectionError || error instanceof SelectionSyntaxError)
    return { reach: error.message };
  return null;
}

/** The steps as a page shows them. */
export function describeSteps(graph: Graph, steps: readonly PlanStep[]) {
  return steps.map((step) => {
    const { asset } = graph.get(step.asset);
    return {
      ...step,
      layer: asset.layer,
      scopeText:
        step.scope === null
          ? t("what the steps before it change")
          : sayScope(describeScope(asset, step.scope)),
    };
  });
}
