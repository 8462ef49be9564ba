/** A program that builds the shops' models in the database that it is given, with all of a run's time, until it is killed. */
import { createPool } from "../../../src/database/pool.ts";
import { createEngine, loadRegistry } from "../../../src/engine/index.ts";
import { shops, silent } from "./shops.ts";

const [connectionString, bodiesFolder] = process.argv.slice(2);
if (!connectionString || !bodiesFolder) throw new Error("expected a connection string and a folder");
const engine = createEngine({
  pool: createPool({ connectionString, applicationName: "doomed" }),
  poolForRun: (runId) => createPool({ connectionString, applicationName: "doomed", runId }),
  registry: await loadRegistry(shops(), { bodiesFolder }),
  resources: null,
  clock: () => new Date(),
  log: silent,
  readerRole: "stratafolio_web",
  rowSecurity: null,
});
await engine.run({ triggerKind: "manual", triggerName: "x", selection: "daily_revenue", fullRefresh: true });
