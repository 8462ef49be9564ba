import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createTestDatabase } from "../support/database.ts";
import { prepareModels } from "../support/models.ts";
import { parseCase, playActions, playCase } from "./case.ts";

const folder = new URL("cases/", import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith(".txt"));

const { pool } = await createTestDatabase();
await prepareModels(pool);

test("docs/metrics.md names every case", () => {
  const text = readFileSync(new URL("../../docs/metrics.md", import.meta.url), "utf8");
  expect(files.filter((file) => !text.includes(`\`${file.replace(".txt", "")}\``))).toEqual([]);
});

test.each(files)("%s", async (file) => {
  const one = parseCase(new URL(file, folder));
  if (one.actions.length > 0) return playActions(pool, one);
  const client = await pool.connect();
  try {
    await playCase(client, one);
  } finally {
    client.release();
  }
});
