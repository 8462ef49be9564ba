export { writeComments } from "./comments.ts";
export { enforceContract } from "./contract.ts";
export { dropUndeclared, type Remains, readRemains } from "./drop.ts";
export { dropOrphans } from "./drop-build.ts";
export { type Keep, ownText, validatedRegistry } from "./kept-verdict.ts";
export { type RebuildOutcome, rebuild } from "./rebuild.ts";
export {
  belowRollback,
  NoPreviousVersionError,
  readWithdrawable,
  rollback,
  withdrawnAssets,
} from "./rollback.ts";
export { ForeignDependentError } from "./stable-views.ts";
export { validate } from "./validate.ts";
