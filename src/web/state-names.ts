/** What the engine's words for states, actions and triggers are called on pages; in its answers and its log they are as they are. */
import { defineMessage, type Message, t } from "./messages/index.ts";

const names: Readonly<Record<string, Message | undefined>> = {
  // Of assets.
  fresh: defineMessage("fresh"),
  stale: defineMessage("stale"),
  broken: defineMessage("broken"),
  failed: defineMessage("failed"),
  // Of runs, steps and ticks.
  queued: defineMessage("queued"),
  pending: defineMessage("pending"),
  started: defineMessage("started"),
  running: defineMessage("running"),
  succeeded: defineMessage("succeeded"),
  skipped: defineMessage("skipped"),
  cancelled: defineMessage("cancelled"),
  // Of checks.
  passed: defineMessage("passed"),
  warned: defineMessage("warned"),
  // What a step does.
  ingest: defineMessage("ingest"),
  view: defineMessage("view"),
  rebuild: defineMessage("rebuild"),
  check: defineMessage("check"),
  refresh: defineMessage("refresh"),
  verify: defineMessage("verify"),
  // What begins a run.
  manual: defineMessage("manual"),
  schedule: defineMessage("schedule"),
  sensor: defineMessage("sensor"),
  watcher: defineMessage("watcher"),
  deploy: defineMessage("deploy"),
};

export function stateName(name: string): string {
  const known = names[name];
  return known === undefined ? name : t(known);
}
