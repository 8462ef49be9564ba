/** Schedules, sensors and the watcher, for operators: how they stand, on or off, and asking them to go ahead now. */
import { z } from "zod";
import { automationsOf, readAutomations, runAutomation, setAutomationEnabled } from "../../engine/index.ts";
import { snakeCased } from "../../snake-case.ts";
import { instant } from "../../values.ts";
import { type Route, route } from "../route.ts";

const tick = z.object({
  planned_at: instant,
  status: z.enum(["started", "succeeded", "failed", "skipped"]),
  run_id: z.int().nullable(),
  detail: z.string().nullable(),
  started_at: instant,
  finished_at: instant.nullable(),
});

const automation = z.object({
  name: z.string(),
  kind: z.enum(["schedule", "sensor", "watcher"]),
  description: z.string(),
  enabled: z.boolean(),
  next_tick_at: instant.nullable().describe("Of a schedule that is on"),
  ticks: z.array(tick).describe("The newest first"),
});

const parameters = z.object({ name: z.string() });

export const automationRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/api/automation",
    summary: "Every schedule and sensor, and the watcher of edited models, with their newest ticks",
    access: "operator",
    status: 200,
    answer: z.object({ automations: z.array(automation) }),
    handle: async ({ context: { pool, registry, clock } }) => {
      const descriptions = new Map(automationsOf(registry()).map((one) => [one.name, one.description]));
      const records = await readAutomations(pool, registry(), clock());
      return {
        automations: records.map((record) => ({
          ...snakeCased(record),
          description: descriptions.get(record.name)!,
          ticks: record.ticks.map(snakeCased),
        })),
      };
    },
  }),
  route({
    method: "post",
    path: "/api/automation/:name",
    summary: "Switch it on or off, for all orchestrators",
    access: "operator",
    parameters,
    body: z.strictObject({ enabled: z.boolean() }),
    status: 204,
    errors: ["unknown_automation"],
    handle: async ({ context: { pool, registry }, parameters: { name }, body: { enabled } }) => {
      await setAutomationEnabled(pool, registry(), name, enabled);
    },
  }),
  route({
    method: "post",
    path: "/api/automation/:name/run",
    summary:
      "Do now what it does by itself; a sensor looks, also at changes that were put off after a failure",
    access: "operator",
    parameters,
    status: 202,
    answer: z.object({
      run_id: z.int().nullable().describe("null: no run was needed, or a sensor looks"),
      hastened: z.int().describe("Changes that had been put off, and are due now"),
    }),
    errors: ["unknown_automation", "automation_off"],
    handle: async ({ context, person, parameters: { name } }) => {
      const { pool, registry, clock } = context;
      const { runId, hastened } = await runAutomation(
        { pool, registry: registry(), clock },
        name,
        person.email,
      );
      return { run_id: runId, hastened };
    },
  }),
];
