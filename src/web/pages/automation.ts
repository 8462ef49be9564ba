/** Schedules, sensors and the watcher: what they do, when they did it and will do it next, what waits, on or off. */
import cronstrue from "cronstrue";
import { Router } from "express";
import { z } from "zod";
import {
  type Automation,
  type AutomationRecord,
  automationsOf,
  type RefreshTimes,
  readAutomations,
  readRefreshTimes,
  readWaitingChanges,
  runAutomation,
  setAutomationEnabled,
  type Times,
  type WaitingChanges,
} from "../../engine/index.ts";
import type { Language } from "../../languages.ts";
import { operatorContext, type WebContext } from "../context.ts";
import { currentLanguage, defineMessage, type Message, t } from "../messages/index.ts";
import { parseInput } from "../route.ts";
import { millisecondsBetween } from "./asset-data.ts";
import type { SendPage } from "./page.ts";

const switchForm = z.object({ enabled: z.stringbool() });

const pageQuery = z.object({
  /** What was asked to go ahead just now, and how many of its changes are due by that. */
  asked: z.string().optional().catch(undefined),
  hastened: z.coerce.number().int().nonnegative().catch(0),
});

/** Rows of waiting changes shown for a sensor; what was put off comes first. */
const mostWaiting = 50;
/** Ticks that stand on the page; the others are a click away. */
const ticksShown = 5;

export function automationPages(context: WebContext, sendPage: SendPage): Router {
  const router = Router();

  router.get("/automation", async (request, response) => {
    const own = operatorContext(context, request);
    const { asked, hastened } = parseInput(pageQuery, request.query);
    const registry = context.registry();
    const now = context.clock();
    const declared = new Map(automationsOf(registry).map((one) => [one.name, one]));
    const records = await readAutomations(own.pool, registry, now);
    const automations = await Promise.all(
      records.map((record) => automationData(own, record, declared.get(record.name)!, now)),
    );
    const askedFor = asked === undefined ? undefined : declared.get(asked);
    sendPage(request, response, {
      view: "automation",
      title: t("Automation"),
      data: { automations, asked: askedFor?.name, isSensorAsked: askedFor?.kind === "sensor", hastened },
    });
  });

  router.post("/automation/:name", async (request, response) => {
    const { pool, registry } = operatorContext(context, request);
    const { name } = request.params;
    const { enabled } = parseInput(switchForm, request.body ?? {});
    await setAutomationEnabled(pool, registry(), name, enabled);
    response.redirect(303, `/automation#${name}`);
  });

  router.post("/automation/:name/run", async (request, response) => {
    const { pool, registry, clock, operator } = operatorContext(context, request);
    const { name } = request.params;
    const { runId, hastened } = await runAutomation(
      { pool, registry: registry(), clock },
      name,
      operator.email,
    );
    const answer = `/automation?${new URLSearchParams({ asked: name, hastened: String(hastened) })}#${name}`;
    response.redirect(303, runId === null ? answer : `/runs/${runId}`);
  });
  return router;
}

/** What the engine says of a watcher. */
defineMessage(
  "Materializes a model when its file is saved, and the tables below it. Off: the model is shown as stale, with what changed.",
);

const buttons: Readonly<Record<Automation["kind"], Message>> = {
  schedule: defineMessage("Run now"),
  sensor: defineMessage("Look now"),
  watcher: defineMessage("Materialize what was edited"),
};

/** In milliseconds; null: there was no refresh. */
function refreshTimes({ whole, steps }: RefreshTimes) {
  const inMilliseconds = ({ count, p50, p99 }: Times) => ({ count, p50: p50 * 1000, p99: p99 * 1000 });
  return (
    whole && {
      ...inMilliseconds(whole),
      last: whole.last * 1000,
      steps: steps.map((step) => ({ asset: step.asset, ...inMilliseconds(step) })),
    }
  );
}

async function automationData(
  context: WebContext,
  record: AutomationRecord,
  declaration: Automation,
  now: Date,
) {
  const isSensor = declaration.kind === "sensor";
  const sources = isSensor ? declaration.sources.map(({ name }) => name) : [];
  const waiting = isSensor ? await readWaitingChanges(context.pool, sources, mostWaiting) : [];
  const ticks = record.ticks.map((tick) => ({
    ...tick,
    milliseconds: millisecondsBetween(tick.startedAt, tick.finishedAt),
  }));
  return {
    ...record,
    isSensor,
    isSchedule: declaration.kind === "schedule",
    button: t(buttons[declaration.kind]),
    // One that is not of assets/ has no message, and stays as it is.
    description: t(declaration.description as Message),
    facts: await facts(declaration),
    lastTick: ticks[0],
    ticks: ticks.slice(0, ticksShown),
    earlierTicks: ticks.slice(ticksShown),
    lastTicks: t("Last ticks of {name}", { name: declaration.name }),
    earlierTicksLabel: t("Earlier ticks of {name}", { name: declaration.name }),
    waiting: waiting.map((changes) => describeWaiting(changes, now)),
    postponed: waiting.filter(({ notBefore }) => notBefore !== null && notBefore > now).length,
    isCut: waiting.length === mostWaiting,
    times: isSensor ? refreshTimes(await readRefreshTimes(context.pool, record.name)) : null,
  };
}

function describeWaiting(changes: WaitingChanges, now: Date) {
  const { notBefore } = changes;
  return { ...changes, retryAt: notBefore !== null && notBefore > now ? notBefore : null };
}

/** In Portuguese as in Brazil, as numbers and days are without a place. */
const cronLocales: Partial<Record<Language, string>> = { pt: "pt_BR" };

/** Loaded when needed: the descriptions of other languages take 1 MB. */
async function describeCron(cron: string): Promise<string> {
  const language = currentLanguage();
  const options = { use24HourTimeFormat: true };
  if (language === "en") return cronstrue.toString(cron, options);
  // Its types know of no default that is the same as of the English one.
  const { default: translated } = (await import("cronstrue/i18n.js")) as unknown as {
    default: typeof cronstrue;
  };
  return translated.toString(cron, { ...options, locale: cronLocales[language] ?? language });
}

async function facts(automation: Automation): Promise<{ label: string; value: string }[]> {
  switch (automation.kind) {
    case "watcher":
      return [{ label: t("When"), value: t("A file of sql-models is saved") }];
    case "sensor":
      return [
        { label: t("When"), value: t("As soon as a source changes") },
        { label: t("Watches"), value: automation.sources.map(({ name }) => name).join(", ") },
      ];
    case "schedule": {
      const { cron, timeZone, selection, verifies } = automation;
      return [
        { label: t("When"), value: `${await describeCron(cron)}, ${timeZone}` },
        { label: t("Cron"), value: cron },
        { label: t("Selection"), value: selection },
        ...(verifies
          ? [
              {
                label: t("Verifies"),
                value: t("{count, plural, one {# value} other {# values}} of each kind", {
                  count: verifies.valuesPerColumn,
                }),
              },
            ]
          : []),
      ];
    }
  }
}
