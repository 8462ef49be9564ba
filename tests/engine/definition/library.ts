import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import {
  type AnyAsset,
  type Definitions,
  Graph,
  loadRegistry,
  type Node,
  type Registry,
  type RegistryOptions,
  type SqlAsset,
  sensor,
  sourceAsset,
  sqlAsset,
} from "../../../src/engine/definition/index.ts";

const text = { type: "text", description: "" } as const;
const bigint = { type: "bigint", description: "" } as const;
const date = { type: "date", description: "" } as const;
const numeric = { type: "numeric", description: "" } as const;

/** A library: members borrow books, which a catalogue prices day by day. */
export const loans = sourceAsset({
  name: "loans",
  schema: "bronze",
  description: "Who borrowed what.",
  columns: { loan_id: bigint, member_id: bigint, book: text, loaned_on: date },
  key: ["loan_id"],
  partitionBy: "member_id",
  timeColumn: "loaned_on",
});

export const fees = sourceAsset({
  name: "fees",
  schema: "bronze",
  description: "The daily fee of a book.",
  columns: { book: text, fee_date: date, fee: numeric },
  key: ["book", "fee_date"],
  partitionBy: "book",
  timeColumn: "fee_date",
  tags: ["catalogue"],
  freshness: { maximumAgeHours: 24 },
  ingest: () => Promise.resolve({ rowsInserted: 0, rowsUpdated: 0, rowsDeleted: 0, failed: new Map() }),
});

export const titles = sourceAsset({
  name: "titles",
  schema: "bronze",
  description: "Written by the function of fees.",
  columns: { book: text, title: { ...text, nullable: true } },
  key: ["book"],
  partitionBy: "book",
  tags: ["catalogue"],
  producedBy: fees,
});

export const stg_loans = sqlAsset({
  name: "stg_loans",
  layer: "staging",
  description: "Loans, cleaned.",
  columns: { member_id: bigint, book: text, loaned_on: date },
  key: ["member_id", "book", "loaned_on"],
  partitionBy: "member_id",
  timeColumn: "loaned_on",
  materialized: "view",
  deps: [loans],
});

export const stg_fees = sqlAsset({
  name: "stg_fees",
  layer: "staging",
  description: "Fees, cleaned.",
  columns: { book: text, fee_date: date, fee: numeric },
  key: ["book", "fee_date"],
  partitionBy: "book",
  timeColumn: "fee_date",
  materialized: "view",
  deps: [fees],
});

export const int_loan_periods = sqlAsset({
  name: "int_loan_periods",
  layer: "intermediate",
  description: "One row for each loan, until the same member's next of that book.",
  columns: { member_id: bigint, book: text, valid_from: date, valid_to: { ...date, nullable: true } },
  key: ["member_id", "book", "valid_from"],
  partitionBy: "member_id",
  timeColumn: "valid_from",
  timeEndColumn: "valid_to",
  materialized: "incremental",
  deps: [{ asset: stg_loans, time: "everything" }],
  owner: "desk",
});

export const int_charges = sqlAsset({
  name: "int_charges",
  layer: "intermediate",
  description: "What each member owes for each day.",
  columns: { member_id: bigint, book: text, fee_date: date, charge: numeric },
  key: ["member_id", "book", "fee_date"],
  partitionBy: "member_id",
  timeColumn: "fee_date",
  materialized: "incremental",
  deps: [int_loan_periods, { asset: stg_fees, via: int_loan_periods }],
  owner: "desk",
});

export const gold_members = sqlAsset({
  name: "gold_members",
  layer: "gold",
  description: "What each member owes.",
  columns: { member_id: bigint, charged: numeric, last_day: date },
  key: ["member_id"],
  partitionBy: "member_id",
  materialized: "view",
  deps: [int_charges],
  tags: ["front_page"],
});

export const gold_books = sqlAsset({
  name: "gold_books",
  layer: "gold",
  description: "What each book earned.",
  columns: { book: text, title: { ...text, nullable: true }, earned: numeric },
  key: ["book"],
  materialized: "table",
  deps: [int_charges, titles],
});

export const library: readonly AnyAsset[] = [
  loans,
  fees,
  titles,
  stg_loans,
  stg_fees,
  int_loan_periods,
  int_charges,
  gold_members,
  gold_books,
];

/** All that is borrowed and priced is watched. */
export const librarian = sensor({ name: "librarian", description: "", sources: [loans, fees, titles] });

export const bodies: Readonly<Record<string, string>> = {
  "staging/stg_loans.sql": `
select
  member_id,
  lower(book) as book,
  loaned_on
from bronze.loans
`,
  "staging/stg_fees.sql": "select book, fee_date, fee from fees",
  "intermediate/int_loan_periods.sql": `
-- one period for each loan
select
  member_id,
  book,
  loaned_on as valid_from,
  lead(loaned_on) over (partition by member_id, book order by loaned_on) as valid_to
from stg_loans;
`,
  "intermediate/int_charges.sql": `
select
  p.member_id,
  p.book,
  f.fee_date,
  f.fee as charge
from int_loan_periods p
join stg_fees f on f.book = p.book
where f.fee_date >= p.valid_from
  and (p.valid_to is null or f.fee_date < p.valid_to)
`,
  "gold/gold_members.sql": `
select
  member_id,
  sum(charge) as charged,
  max(fee_date) as last_day
from int_charges
group by member_id
`,
  "gold/gold_books.sql": `
with earned as (
  select book, sum(charge) as earned
  from int_charges
  group by book
)
select book, t.title, e.earned
from earned e
left join bronze.titles t using (book)
`,
};

/** A folder with these files, gone after the test. */
export function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "library-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

/** The library, with some of its definitions and files replaced. */
export function loadLibrary(
  changes: Partial<Definitions> & {
    readonly files?: Readonly<Record<string, string>>;
    readonly functionDefinitions?: RegistryOptions["functionDefinitions"];
  } = {},
): Promise<Registry> {
  const { files, functionDefinitions, ...definitions } = changes;
  return loadRegistry(
    { assets: library, schedules: [], sensors: [librarian], ...definitions },
    {
      bodiesFolder: folderOf({ ...bodies, ...files }),
      ...(functionDefinitions ? { functionDefinitions } : {}),
    },
  );
}

/** A model of nothing but edges, for laws that hold on any graph. */
export function model(name: string, deps: readonly AnyAsset[], rest: Partial<SqlAsset> = {}): SqlAsset {
  return {
    ...sqlAsset({
      name,
      layer: "staging",
      description: "",
      columns: { id: bigint },
      key: ["id"],
      materialized: "table",
      deps,
    }),
    ...rest,
  };
}

export function nodeOf(asset: AnyAsset): Node {
  return {
    asset,
    body: null,
    file: null,
    codeVersion: "00000000",
    lineage: [],
    reaches: new Map(),
    problems: [],
  };
}

export function graphOf(assets: readonly AnyAsset[]): Graph {
  return new Graph(assets.map(nodeOf));
}
