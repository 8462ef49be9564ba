/**
 * Advisory locks. All but the run's are 64-bit hashes of a name; two names of one hash would only wait for each other.
 * - barrier: shared by every refresh, exclusive for a publication, which so sees all refreshes or none of each.
 * - rebuild: whatever publishes versions (a rebuild, a rollback), one at a time in a database. deploy, installation: likewise.
 * - run: held on a session by whoever executes the run; free means that the process is gone.
 * - column and value of it, or asset without a partition column: what a refresh is changing.
 */
export const lockBarrierShared = "select pg_advisory_xact_lock_shared(hashtextextended('engine barrier', 0))";
export const lockBarrier = "select pg_advisory_xact_lock(hashtextextended('engine barrier', 0))";
export const lockRebuild = "select pg_advisory_lock(hashtextextended('engine rebuild', 0))";
export const lockRebuildIfFree =
  "select pg_try_advisory_xact_lock(hashtextextended('engine rebuild', 0)) as free";
export const lockDeploy = "select pg_advisory_lock(hashtextextended('engine deploy', 0))";
export const lockInstallation = "select pg_advisory_xact_lock(hashtextextended('engine installation', 0))";
/** One look for alerts at a time, so that an older one is not recorded after a newer. */
export const lockAlerts = "select pg_advisory_xact_lock(hashtextextended('engine alerts', 0))";

/** First key of the two-key lock whose second key is the run's id. */
export const runLockClass = 7_246_010;
