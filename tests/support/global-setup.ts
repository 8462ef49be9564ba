import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { startEmbedded } from "../../src/database/embedded.ts";
import { migrate } from "../../src/database/migrate.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Connection string of the test server's `postgres` database; `template_migrated` is what tests clone. */
    serverUrl: string;
  }
}

/** One real PostgreSQL for all test files, with one migrated template database that each of them clones. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), "stratafolio-test-"));
  chmodSync(folder, 0o755); // the server of a root user runs as another user, who must reach its data
  const server = await startEmbedded({
    dataDirectory: folder,
    durable: false,
    settings: ["max_connections=300"],
  });
  const client = new pg.Client({ connectionString: server.connectionString });
  await client.connect();
  await client.query("create database template_migrated");
  await client.end();
  await migrate(server.connectionString.replace(/\/postgres$/, "/template_migrated"));
  project.provide("serverUrl", server.connectionString);
  return async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}
