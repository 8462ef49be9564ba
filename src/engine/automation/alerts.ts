import { WakeLoop } from "../concurrency/index.ts";
import type { Context } from "../context.ts";
import { type AssetState, readStates } from "../planning/index.ts";
import { lockAlerts, messageOf, transaction } from "../postgres/index.ts";
import {
  type Alert,
  readFailedChanges,
  readFailedRuns,
  readFailingChecks,
  recordTroubles,
  sendAlerts,
  type Trouble,
} from "../records/index.ts";

/** Runs may end many times a second: a look follows the first of them after this. */
const gatherMilliseconds = 2_000;
const lookMilliseconds = 30_000;

/** Of an alert; the whole story is in the run. */
const longestMessage = 1_000;

/** Looks for what is wrong, or well again, whenever a run ends and every half minute, and sends word of it. */
export class AlertLoop {
  readonly #worker: WakeLoop;
  readonly #timer: NodeJS.Timeout;
  #gathering: NodeJS.Timeout | undefined;

  constructor(context: Context) {
    this.#worker = new WakeLoop(
      async () => {
        await alert(context);
      },
      (error) => context.log.error({ error }, `alerts: ${messageOf(error)}`),
    );
    this.#timer = setInterval(() => this.#worker.wake(), lookMilliseconds);
  }

  wake(): void {
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      this.#worker.wake();
    }, gatherMilliseconds);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    clearTimeout(this.#gathering);
    await this.#worker.stop();
  }
}

/** One look: records what is wrong and what is well again, says it in the log, and has it sent. Returns what was new. */
export async function alert(context: Context): Promise<Alert[]> {
  const { pool, log, alertSenders = [] } = context;
  const alerts = await transaction(
    pool,
    async (client) => {
      const states = await readStates(client, context.registry.graph, context.clock());
      const troubles: Trouble[] = [
        ...troublesOfRuns(await readFailedRuns(client), states),
        ...troublesOfChanges(await readFailedChanges(client)),
        ...troublesOfChecks(await readFailingChecks(client), states),
        ...overdueAssets(context, states),
      ];
      return await recordTroubles(
        client,
        troubles,
        alertSenders.map(({ name }) => name),
      );
    },
    { begin: `begin; ${lockAlerts}` },
  );
  for (const { event, alertId, message } of alerts) {
    if (event === "raised") log.error({ alertId }, message);
    else log.info({ alertId }, `well again: ${message}`);
  }
  await sendAlerts(pool, alertSenders);
  return alerts;
}

type States = ReadonlyMap<string, AssetState>;

/** A run with steps that failed is made good with them, by whatever run; another by one like it. */
function troublesOfRuns(runs: Awaited<ReturnType<typeof readFailedRuns>>, states: States): Trouble[] {
  const isStanding = (runId: number, assets: readonly string[]): boolean =>
    assets.length === 0 || assets.some((asset) => states.get(asset)?.failure?.runIds.includes(runId));
  return runs
    .filter(({ runId, assets }) => isStanding(runId, assets))
    .map(({ runId, subject, error, finishedAt, assets }) => {
      const why = [...new Set(assets.flatMap((asset) => states.get(asset)?.failure?.error ?? []))];
      const detail = why.length > 0 ? `${assets.join(", ")}: ${why.join("; ")}` : error;
      const message = `run ${runId} (${subject}) failed: ${detail}`.slice(0, longestMessage);
      const asset = assets.length === 1 ? assets[0]! : null;
      return { kind: "run", subject, message, asset, runId, since: finishedAt };
    });
}

function troublesOfChanges(failed: Awaited<ReturnType<typeof readFailedChanges>>): Trouble[] {
  return failed.map(({ asset, changes, since, error }) => ({
    kind: "run",
    subject: `refresh of ${asset}`,
    message: `${changes} ${changes === 1 ? "change" : "changes"} of ${asset} could not be carried on: ${error}`,
    asset,
    runId: null,
    since,
  }));
}

function troublesOfChecks(failing: Awaited<ReturnType<typeof readFailingChecks>>, states: States): Trouble[] {
  return failing
    .filter(({ asset }) => states.has(asset))
    .map(({ asset, check, severity, failingRows, runId, checkedAt }) => ({
      kind: "check",
      subject: `${asset}.${check}`,
      message: `check ${check} (${severity}) of ${asset} failed in run ${runId}: ${failingRows} ${failingRows === 1 ? "row" : "rows"}`,
      asset,
      runId,
      since: checkedAt,
    }));
}

function overdueAssets({ registry }: Context, states: States): Trouble[] {
  return [...states.values()]
    .filter(({ isOverdue, lastSuccessAt }) => isOverdue && lastSuccessAt !== null)
    .map(({ asset, lastSuccessAt }) => {
      const hours = registry.graph.get(asset).asset.freshness!.maximumAgeHours;
      const last = lastSuccessAt!.toISOString();
      return {
        kind: "overdue",
        subject: asset,
        message: `${asset} is overdue: last brought up to date at ${last}, its policy is every ${hours} hours`,
        asset,
        runId: null,
        since: new Date(lastSuccessAt!.getTime() + hours * 3_600_000),
      };
    });
}
