/** Schedules and sensors: what they do, when they did it and will do it next, on or off. */
import cronstrue from "cronstrue";
import { Router } from "express";
import { z } from "zod";
import { readAutomations, type Schedule, type Sensor, setAutomationEnabled } from "../../engine/index.ts";
import { requireOperator, type WebContext } from "../context.ts";
import type { SendPage } from "./page.ts";

const switchForm = z.object({ enabled: z.stringbool() });

export function automationPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();

  router.get("/automation", async (request, response) => {
    requireOperator(request);
    const registry = context.registry();
    const declared = new Map([...registry.schedules, ...registry.sensors].map((one) => [one.name, one]));
    const automations = await readAutomations(context.pool, registry, context.clock());
    sendPage(request, response, {
      view: "automation",
      title: "Automation",
      data: {
        automations: automations.map((automation) => {
          const declaration = declared.get(automation.name)!;
          return { ...automation, description: declaration.description, facts: facts(declaration) };
        }),
      },
    });
  });

  router.post("/automation/:name", async (request, response) => {
    requireOperator(request);
    const { enabled } = switchForm.parse(request.body);
    await setAutomationEnabled(context.pool, context.registry(), request.params.name, enabled);
    response.redirect(303, "/automation");
  });
  return router;
}

function facts(automation: Schedule | Sensor): { label: string; value: string }[] {
  if (automation.kind === "sensor") {
    const sources = automation.sources.map(({ name }) => name).join(", ");
    return [
      { label: "When", value: "As soon as a source changes" },
      { label: "Watches", value: sources },
    ];
  }
  const { cron, timeZone, selection } = automation;
  return [
    { label: "When", value: `${cronstrue.toString(cron, { use24HourTimeFormat: true })}, ${timeZone}` },
    { label: "Cron", value: cron },
    { label: "Selection", value: selection },
  ];
}
