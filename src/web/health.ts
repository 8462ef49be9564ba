/** Can this process serve? It is ready when the database answers, is migrated, and holds every model. */
import { pendingMigrations } from "../database/migrate.ts";
import type { WebContext } from "./context.ts";

export interface Readiness {
  readonly ready: boolean;
  /** The first thing that is missing, for people. */
  readonly problem: string | null;
}

/** Never throws: that the database does not answer is an answer here. */
export async function readReadiness({ pool, registry, log }: WebContext): Promise<Readiness> {
  try {
    const pending = await pendingMigrations(pool);
    if (pending.length > 0) return notReady(`these migrations have not run: ${pending.join(", ")}`);
    const models = [...registry().graph.nodes.values()]
      .filter(({ asset }) => asset.kind === "model")
      .map(({ asset }) => asset.name);
    const { rows } = await pool.query<{ model: string }>(
      `select model
       from unnest($1::text[]) model
       where to_regclass(format('"default".%I', model)) is null`,
      [models],
    );
    if (rows.length > 0) return notReady(`not built yet: ${rows.map(({ model }) => model).join(", ")}`);
    return { ready: true, problem: null };
  } catch (error) {
    log.warn({ err: error }, "not ready");
    return notReady("the database does not answer");
  }
}

function notReady(problem: string): Readiness {
  return { ready: false, problem };
}
