/** Can this process serve? It is ready when the database answers, is migrated, and holds every model. */
import { pendingMigrations } from "../database/migrate.ts";
import { readUnbuiltModels } from "../portfolio/index.ts";
import { withinRequest } from "../request-scope.ts";
import type { WebContext } from "./context.ts";

export interface Readiness {
  readonly ready: boolean;
  /** The first thing that is missing, for people. */
  readonly problem: string | null;
}

/** Whoever asks this asks every few seconds, and takes no answer for a no. */
const patienceMilliseconds = 3000;

/** Within three seconds. Never throws: that the database does not answer is an answer here. */
export function readReadiness(context: WebContext): Promise<Readiness> {
  const signal = AbortSignal.timeout(patienceMilliseconds);
  return withinRequest({ signal, personId: () => null, address: "" }, () => askDatabase(context));
}

async function askDatabase({ pool, registry, log }: WebContext): Promise<Readiness> {
  try {
    const pending = await pendingMigrations(pool);
    if (pending.length > 0) return notReady(`these migrations have not run: ${pending.join(", ")}`);
    const unbuilt = await readUnbuiltModels(pool, registry());
    if (unbuilt.length > 0) return notReady(`not built yet: ${unbuilt.join(", ")}`);
    return { ready: true, problem: null };
  } catch (error) {
    log.warn({ err: error }, "not ready");
    return notReady("the database does not answer");
  }
}

function notReady(problem: string): Readiness {
  return { ready: false, problem };
}
