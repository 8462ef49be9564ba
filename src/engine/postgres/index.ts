export { EngineError, isTransient, messageOf, sqlState } from "./errors.ts";
export { HeldSession } from "./held-session.ts";
export { quoteColumns, quoteIdentifier, quoteLiteral, quoteRelation } from "./identifiers.ts";
export { type Heartbeat, Listener, ListenerSilentError } from "./listener.ts";
export {
  lockAlerts,
  lockBarrier,
  lockBarrierShared,
  lockDeploy,
  lockInstallation,
  lockRebuild,
  lockRebuildIfFree,
  lockRunWorkForSession,
  runLockClass,
  runWorkLockClass,
} from "./locks.ts";
export type { Log } from "./log.ts";
export { mostPrepared, namedStatement } from "./named-statement.ts";
export { againAfterDeadlock, type OnBackend, transaction } from "./transaction.ts";
