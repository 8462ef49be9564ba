export { type Finding, inspect } from "./inspect.ts";
export { type InstallOptions, install, pendingInstallation } from "./install.ts";
export { prepareSources } from "./prepare-sources.ts";
export { secureRows } from "./row-policies.ts";
export {
  createPool,
  endWhenLost,
  type PoolOptions,
  runIdSetting,
  SessionSettingsError,
  sessionSettings,
} from "./session.ts";
