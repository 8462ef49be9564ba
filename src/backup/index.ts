/** Backups of an installation: what is in them, how they are written, checked and restored. */
export { keepDeletions } from "./deletions.ts";
export { checkBackup } from "./read.ts";
export { type Restored, restoreBackup } from "./restore.ts";
export { namedTables, savedTables } from "./tables.ts";
export { type WrittenBackup, writeBackup } from "./write.ts";
