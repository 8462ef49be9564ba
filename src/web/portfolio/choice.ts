/** What a person chose to look at: in the address and, for the next time and the next device, kept with the person. */
import type { Request } from "express";
import type { PoolClient } from "pg";
import { personTransaction } from "../../database/person.ts";
import { requirePerson, type WebContext } from "../context.ts";
import { parseBenchmark } from "./benchmark.ts";
import { parseRange, type Range, rangeParameters, wholeTime } from "./range.ts";

export interface Choice {
  readonly range: Range;
  readonly benchmark: string | null;
}

const usual: Choice = { range: wholeTime, benchmark: null };

/** The choice as the address names it. */
export function choiceParameters({ range, benchmark }: Choice): Record<string, string> {
  return { ...rangeParameters(range), ...(benchmark !== null && { benchmark }) };
}

/** Two choices are one if the address names them alike. */
const isSame = (left: Choice, right: Choice): boolean =>
  JSON.stringify(choiceParameters(left)) === JSON.stringify(choiceParameters(right));

export interface ChoiceOfRequest {
  readonly choice: Choice;
  /** The address should say it, or another tab's choice would change this page when it renews itself. */
  readonly isFromMemory: boolean;
  readonly typed: ReturnType<typeof parseRange>["typed"];
}

/**
 * The choice of this request, remembered when a person looking at a page has made another one. What its address does not
 * name is as it was the last time.
 */
export function readChoice({ pool }: WebContext, request: Request): Promise<ChoiceOfRequest> {
  const { userId } = requirePerson(request);
  const named = parseRange(request.query);
  const { benchmark, isGiven } = parseBenchmark(request.query);
  const isRangeNamed = ["range", "from", "to"].some((name) => request.query[name] !== undefined);
  return personTransaction(pool, userId, async (client) => {
    const remembered = (await recallChoice(client, userId)) ?? usual;
    const choice = {
      range: isRangeNamed ? (named.range ?? wholeTime) : remembered.range,
      benchmark: isGiven ? benchmark : remembered.benchmark,
    };
    const isFromMemory =
      (!isRangeNamed && JSON.stringify(remembered.range) !== JSON.stringify(wholeTime)) ||
      (!isGiven && remembered.benchmark !== null);
    const isChosen = !isFromMemory && named.typed.problem === null && isLook(request);
    if (isChosen && !isSame(choice, remembered)) await keepChoice(client, userId, choice);
    return { choice, isFromMemory, typed: named.typed };
  });
}

/**
 * Somebody looks at the page. An open page that renews itself chooses nothing, or two tabs would overwrite each other's
 * choice for ever; nor does a HEAD, nor a browser that fetches what might be clicked next.
 */
function isLook(request: Request): boolean {
  return (
    request.method === "GET" &&
    request.get("X-Fragment") === undefined &&
    !request.get("Sec-Purpose")?.includes("prefetch")
  );
}

/** null: nothing was ever chosen. */
export async function recallChoice(client: PoolClient, userId: number): Promise<Choice | null> {
  const { rows } = await client.query<Record<"range" | "from" | "to" | "benchmark", string | null>>({
    name: "recall_choice",
    text: `select range_name as range, from_date as "from", to_date as "to", benchmark
           from public.portfolio_choices
           where user_id = $1`,
    values: [userId],
  });
  const [row] = rows;
  if (!row) return null;
  const query = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
  return { range: parseRange(query).range ?? wholeTime, benchmark: row.benchmark };
}

async function keepChoice(client: PoolClient, userId: number, choice: Choice): Promise<void> {
  const { range, from, to } = rangeParameters(choice.range);
  await client.query(
    `insert into public.portfolio_choices (user_id, range_name, from_date, to_date, benchmark)
     values ($1, $2, $3, $4, $5)
     on conflict (user_id) do update
     set
       range_name = excluded.range_name,
       from_date = excluded.from_date,
       to_date = excluded.to_date,
       benchmark = excluded.benchmark`,
    [userId, range ?? null, from ?? null, to ?? null, choice.benchmark],
  );
}
