/** What a person chose to look at: in the address and, for the next time and the next device, kept with the person. */
import type { Pool, PoolClient } from "pg";
import { z } from "zod";
import { personRows, personTransaction } from "../database/person.ts";
import { findOwnBenchmark, hasBenchmarkPrices, parseBenchmark } from "./benchmark.ts";
import { parseRange, type Range, rangeParameters, wholeTime } from "./range.ts";

export interface Choice {
  readonly range: Range;
  readonly benchmark: string | null;
}

/** What a table of holdings can say of each, in the order of its columns; its name is always there. */
export const holdingsColumns = [
  "current_value",
  "weight",
  "day_gain",
  "gain",
  "total_return",
  "quantity",
  "current_price",
  "average_cost",
  "unrealized_pnl",
  "income",
] as const;

export type HoldingsColumn = (typeof holdingsColumns)[number];

/** What everybody begins with. */
export const usualColumns: readonly HoldingsColumn[] = [
  "current_value",
  "weight",
  "day_gain",
  "gain",
  "total_return",
];

const usual: Choice = { range: wholeTime, benchmark: null };

/** The choice as the address names it. */
export function choiceParameters({ range, benchmark }: Choice): Record<string, string> {
  return { ...rangeParameters(range), ...(benchmark !== null && { benchmark }) };
}

/** Two choices are one if the address names them alike. */
const isSame = (left: Choice, right: Choice): boolean =>
  JSON.stringify(choiceParameters(left)) === JSON.stringify(choiceParameters(right));

export interface ChoiceMade {
  readonly choice: Choice;
  /** Of the holdings: of no address, since they choose nothing that is computed. */
  readonly columns: readonly HoldingsColumn[];
  /** The address should say it, or another tab's choice would change this page when it renews itself; by its ticker, where it is a name. */
  readonly isFromMemory: boolean;
  readonly typed: ReturnType<typeof parseRange>["typed"];
}

/**
 * The choice that an address names; what it does not name is as it was the last time. `query`: of the address. `isLook`:
 * a person looks at it, so that another choice than the last one is remembered. `isOthers`: somebody reads for the person, whose last
 * choice is then nobody's.
 */
export async function readChoice(
  pool: Pool,
  userId: number,
  query: Readonly<Record<string, unknown>>,
  isLook: boolean,
  isOthers = false,
): Promise<ChoiceMade> {
  const named = parseRange(query);
  const { ticker, text, isGiven } = parseBenchmark(query);
  const isRangeNamed = ["range", "from", "to"].some((name) => query[name] !== undefined);
  const recalled = isOthers
    ? null
    : recalledFrom(await personRows<ChoiceRow>(pool, userId, recallStatement(userId)));
  const remembered = recalled?.choice ?? usual;
  const isAnother = text !== "" && (ticker === null || ticker !== remembered.benchmark);
  const own = isAnother
    ? await personTransaction(pool, userId, (client) => findOwnBenchmark(client, userId, text))
    : null;
  const benchmark = own ?? ticker;
  const isBenchmarkNamed = isGiven && (text === "" || benchmark !== null);
  const choice = {
    range: isRangeNamed ? (named.range ?? wholeTime) : remembered.range,
    benchmark: isBenchmarkNamed ? benchmark : remembered.benchmark,
  };
  const isFromMemory =
    own !== null ||
    (!isRangeNamed && JSON.stringify(remembered.range) !== JSON.stringify(wholeTime)) ||
    (!isBenchmarkNamed && remembered.benchmark !== null);
  const isChosen = isLook && !isOthers && !isFromMemory && named.typed.problem === null;
  if (isChosen && !isSame(choice, remembered)) await remember(pool, userId, choice, remembered);
  return { choice, columns: recalled?.columns ?? usualColumns, isFromMemory, typed: named.typed };
}

/** Of a benchmark that nothing can be compared with the one before stays: it is not looked at again and again. */
function remember(pool: Pool, userId: number, choice: Choice, before: Choice): Promise<void> {
  return personTransaction(pool, userId, async (client) => {
    const isUsable = choice.benchmark === null || (await hasBenchmarkPrices(client, choice.benchmark));
    const kept = isUsable ? choice : { ...choice, benchmark: before.benchmark };
    if (!isSame(kept, before)) await keepChoice(client, userId, kept);
  });
}

interface Recalled {
  readonly choice: Choice;
  /** null: those that everybody begins with. */
  readonly columns: readonly HoldingsColumn[] | null;
}

interface ChoiceRow extends Record<"range" | "from" | "to" | "benchmark", string | null> {
  readonly columns: readonly string[] | null;
}

const recallStatement = (userId: number) => ({
  name: "recall_choice",
  text: `select range_name as range, from_date as "from", to_date as "to", benchmark, holdings_columns as columns
         from public.portfolio_choices
         where user_id = $1`,
  values: [userId],
});

/** null: nothing was ever chosen. */
function recalledFrom([row]: readonly ChoiceRow[]): Recalled | null {
  if (!row) return null;
  const { columns, ...named } = row;
  const query = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== null));
  return {
    choice: { range: parseRange(query).range ?? wholeTime, benchmark: row.benchmark },
    columns: columns && holdingsColumns.filter((column) => columns.includes(column)),
  };
}

/** `columns`: in the order of the table; those that everybody begins with are no choice. */
export function keepColumns(pool: Pool, userId: number, columns: readonly HoldingsColumn[]): Promise<void> {
  const isUsual = columns.join() === usualColumns.join();
  return personTransaction(pool, userId, async (client) => {
    await client.query(
      `insert into public.portfolio_choices (user_id, range_name, holdings_columns)
       values ($1, $2, $3)
       on conflict (user_id) do update
       set holdings_columns = excluded.holdings_columns`,
      [userId, rangeParameters(wholeTime).range, isUsual ? null : columns],
    );
  });
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

/** As a person's export has it. */
export const choiceRecord = {
  schema: z
    .record(z.string(), z.string())
    .nullable()
    .describe(
      "What was last looked at: `range`, or `from` and `to`, and `benchmark`; `holdings_columns`, of the holdings, where they were " +
        "chosen; null: nothing was chosen",
    ),
  read: async (client: PoolClient, userId: number): Promise<Record<string, string> | null> => {
    const { rows } = await client.query<ChoiceRow>(recallStatement(userId));
    const recalled = recalledFrom(rows);
    if (!recalled) return null;
    const { choice, columns } = recalled;
    return { ...choiceParameters(choice), ...(columns && { holdings_columns: columns.join() }) };
  },
};
