/** The security log: a person's own, and everybody's for operators. */
import { Router } from "express";
import { z } from "zod";
import { listOwnSecurityEvents, readSecurityEvents, securityEventKinds } from "../../accounts/index.ts";
import { characters } from "../../values.ts";
import { actorOf, requireOperator, requirePerson, type WebContext } from "../context.ts";
import { defineMessage, t } from "../messages/index.ts";
import { parseInput } from "../route.ts";
import { positiveId } from "../schemas.ts";
import type { SendPage } from "./page.ts";
import { describeEvent, describeOwnEvent, eventLabel } from "./security-event.ts";

const pageLength = 50;
const outcomes = ["done", "refused"] as const;
const outcomeLabels = { done: defineMessage("done"), refused: defineMessage("refused") };

/** What is not understood filters nothing. */
const ownQuery = z.object({ before: positiveId.optional().catch(undefined) });
const logQuery = ownQuery.extend({
  email: characters(0, 254).trim().optional().catch(undefined),
  kind: z.enum(securityEventKinds).optional().catch(undefined),
  outcome: z.enum(outcomes).optional().catch(undefined),
});

export function securityLogPages(context: WebContext, sendPage: SendPage): Router {
  const { pool } = context;
  const router = Router();

  router.get("/account/security", async (request, response) => {
    const { userId } = requirePerson(request);
    const { before } = parseInput(ownQuery, request.query);
    const events = await listOwnSecurityEvents(pool, userId, { before, limit: pageLength });
    sendPage(request, response, {
      view: "account-security",
      title: t("Security log"),
      data: {
        events: events.map(describeOwnEvent),
        newest: before === undefined ? null : "/account/security",
        older: events.length === pageLength ? `/account/security?before=${events.at(-1)!.event_id}` : null,
      },
    });
  });

  router.get("/people/log", async (request, response) => {
    requireOperator(request);
    const { before, ...filter } = parseInput(logQuery, request.query);
    const email = filter.email === "" ? undefined : filter.email;
    const events = await readSecurityEvents(pool, actorOf(request), {
      ...filter,
      email,
      before,
      limit: pageLength,
    });
    const chosen = Object.entries({ ...filter, email }).filter(([, value]) => value !== undefined);
    const page = (place?: number) =>
      `/people/log?${new URLSearchParams([
        ...(chosen as [string, string][]),
        ...(place === undefined ? [] : [["before", String(place)] as [string, string]]),
      ])}`;
    sendPage(request, response, {
      view: "security-log",
      title: t("Security log"),
      data: {
        values: { email: email ?? "" },
        kinds: securityEventKinds.map((value) => ({
          value,
          label: eventLabel(value),
          isChosen: value === filter.kind,
        })),
        outcomes: outcomes.map((value) => ({
          value,
          label: t(outcomeLabels[value]),
          isChosen: value === filter.outcome,
        })),
        isFiltered: chosen.length > 0,
        events: events.map(describeEvent),
        newest: before === undefined ? null : page(),
        older: events.length === pageLength ? page(events.at(-1)!.event_id) : null,
      },
    });
  });
  return router;
}
