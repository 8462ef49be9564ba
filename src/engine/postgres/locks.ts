/**
 * Advisory locks. All but the run's are 64-bit hashes of a name; two names of one hash would only wait for each other.
 * - barrier: shared by every refresh, exclusive for a publication, which so sees all refreshes or none of each.
 * - rebuild: whatever publishes versions (a rebuild, a rollback), one at a time in a database. deploy, installation: likewise.
 * - run, and work for a run: two keys, below. The first is held on a session by whoever executes the run; free means that the process is gone.
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

/**
 * The same for what works for a run: shared, held by each of its transactions and sessions. When the run is found dead, who
 * holds it is a server process that does not know so yet, and may go on for an hour.
 */
export const runWorkLockClass = 7_246_011;
export const lockRunWork = (runId: number): string =>
  `select pg_advisory_xact_lock_shared(${runWorkLockClass}, ${Number(runId)})`;
export const lockRunWorkForSession = (runId: number): string =>
  `select pg_advisory_lock_shared(${runWorkLockClass}, ${Number(runId)})`;
