export { dropBuild, dropOrphans } from "./build.ts";
export { writeComments } from "./comments.ts";
export { enforceContract } from "./contract.ts";
export { type RebuildResult, rebuild } from "./rebuild.ts";
export {
  belowRollback,
  NoPreviousVersionError,
  readWithdrawable,
  rollback,
  withdrawnAssets,
} from "./rollback.ts";
export { ForeignDependentError } from "./stable-views.ts";
