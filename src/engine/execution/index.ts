export { deploy, ensureAssets, modelsToBuild } from "./deploy.ts";
export { executeRun } from "./execute.ts";
export { Queue } from "./queue.ts";
export { recoverRuns } from "./recovery.ts";
export { dropOldRecords } from "./retention.ts";
