/** Schedules and sensors: what they do, when they did it and will do it next, what waits, on or off. */
import cronstrue from "cronstrue";
import { Router } from "express";
import { z } from "zod";
import {
  type AutomationRecord,
  readAutomations,
  readWaitingChanges,
  runAutomation,
  type Schedule,
  type Sensor,
  setAutomationEnabled,
  type WaitingChanges,
} from "../../engine/index.ts";
import { requireOperator, type WebContext } from "../context.ts";
import { millisecondsBetween } from "./asset.ts";
import type { SendPage } from "./page.ts";

const switchForm = z.object({ enabled: z.stringbool() });

const pageQuery = z.object({ looked: z.string().optional().catch(undefined) });

/** Rows of waiting changes shown for a sensor; what was put off comes first. */
const mostWaiting = 50;

export function automationPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();

  router.get("/automation", async (request, response) => {
    requireOperator(request);
    const { looked } = pageQuery.parse(request.query);
    const registry = context.registry();
    const now = context.clock();
    const declared = new Map([...registry.schedules, ...registry.sensors].map((one) => [one.name, one]));
    const records = await readAutomations(context.pool, registry, now);
    const automations = await Promise.all(
      records.map((record) => automationData(context, record, declared.get(record.name)!, now)),
    );
    sendPage(request, response, {
      view: "automation",
      title: "Automation",
      data: { automations, looked: registry.sensors.find(({ name }) => name === looked)?.name },
    });
  });

  router.post("/automation/:name", async (request, response) => {
    requireOperator(request);
    const { enabled } = switchForm.parse(request.body);
    await setAutomationEnabled(context.pool, context.registry(), request.params.name, enabled);
    response.redirect(303, "/automation");
  });

  router.post("/automation/:name/run", async (request, response) => {
    const { email } = requireOperator(request);
    const { name } = request.params;
    const runId = await runAutomation(context.pool, context.registry(), name, email);
    response.redirect(303, runId === null ? `/automation?looked=${name}#${name}` : `/runs/${runId}`);
  });
  return router;
}

async function automationData(
  context: WebContext,
  record: AutomationRecord,
  declaration: Schedule | Sensor,
  now: Date,
) {
  const waiting =
    declaration.kind === "sensor"
      ? await readWaitingChanges(
          context.pool,
          declaration.sources.map(({ name }) => name),
          mostWaiting,
        )
      : [];
  return {
    ...record,
    isSensor: declaration.kind === "sensor",
    description: declaration.description,
    facts: facts(declaration),
    lastTick: record.ticks[0],
    ticks: record.ticks.map((tick) => ({
      ...tick,
      milliseconds: millisecondsBetween(tick.startedAt, tick.finishedAt),
    })),
    waiting: waiting.map((changes) => describeWaiting(changes, now)),
    postponed: waiting.filter(({ notBefore }) => notBefore !== null).length,
    isCut: waiting.length === mostWaiting,
  };
}

function describeWaiting(changes: WaitingChanges, now: Date) {
  const { notBefore } = changes;
  return { ...changes, retryAt: notBefore !== null && notBefore > now ? notBefore : null };
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
