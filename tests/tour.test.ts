import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createTestDatabase } from "./support/database.ts";
import { deployedEngine } from "./support/engine.ts";

/** The statements of the page, each with the table below it (null: it has none), by heading. */
function statementsOf(page: string): { heading: string; sql: string; table: string[][] | null }[] {
  return page.split(/^## /m).flatMap((section) => {
    const heading = section.split("\n", 1)[0]!;
    return [...section.matchAll(/```sql\n(.*?)```\n*((?:\|[^\n]*\n)*)/gs)].map(([, sql, rows]) => ({
      heading,
      sql: sql!,
      table: rows
        ? rows
            .trim()
            .split("\n")
            .map(cellsOf)
            .filter((_, line) => line !== 1)
        : null,
    }));
  });
}

const cellsOf = (line: string): string[] =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());

const file = new URL("../docs/tour.md", import.meta.url);

/** Aligned, as it stands in the page. */
function tableOf(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  return [line(rows[0]!), line(widths.map((width) => "-".repeat(width))), ...rows.slice(1).map(line)].join(
    "\n",
  );
}

// UPDATE_DOCS=1 writes the tables instead.
test("the tour of one trade: every statement of docs/tour.md gives the table below it", async () => {
  const database = await createTestDatabase();
  const engine = await deployedEngine(database);
  await database.pool.query(
    "insert into users (user_id, email, password_hash) values (1, 'amina@example.org', 'x')",
  );
  await engine.refresh("transaction_sensor");
  const statements = statementsOf(readFileSync(file, "utf8"));
  expect(statements.length).toBeGreaterThan(10);
  let isRefreshed = false;
  for (const { heading, sql, table } of statements) {
    if (!isRefreshed && !heading.startsWith("Bronze")) {
      await engine.refresh("transaction_sensor");
      isRefreshed = true;
    }
    const { rows, fields } = await database.pool.query({ text: sql, rowMode: "array" });
    if (!table) continue;
    const found = [fields.map((field) => field.name), ...rows.map((row) => row.map(String))];
    if (!process.env.UPDATE_DOCS) expect(found, sql).toEqual(table);
    else {
      const page = readFileSync(file, "utf8");
      const after = page.indexOf(sql) + sql.length + "```\n\n".length;
      const end = page.indexOf("\n\n", after);
      writeFileSync(file, page.slice(0, after) + tableOf(found) + (end < 0 ? "\n" : page.slice(end)));
    }
  }
});
