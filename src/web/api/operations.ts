/** For those who run the program: is it up, is it ready, how is it doing, what can it be asked. */
import type { Request } from "express";
import { z } from "zod";
import { requireOperator, type WebContext } from "../context.ts";
import { sessionCookieName } from "../cookies.ts";
import { type Deployment, isFromThisMachine } from "../deployment.ts";
import { readReadiness } from "../health.ts";
import type { Metrics } from "../metrics.ts";
import { describeApi } from "../openapi.ts";
import { type Route, route } from "../route.ts";
import { isSameText } from "../security.ts";

/** Routes beside `others`, which the OpenAPI document describes too. */
export function operationRoutes(context: WebContext, metrics: Metrics, others: readonly Route[]): Route[] {
  // Made when somebody asks: a start does not wait for it.
  let document: ReturnType<typeof describeApi> | undefined;
  const routes: Route[] = [
    route({
      method: "get",
      path: "/healthz",
      summary: "This process is up",
      access: "public",
      status: 200,
      answer: z.object({ status: z.literal("up"), version: z.string() }),
      handle: () => ({ status: "up" as const, version: context.version }),
    }),
    route({
      method: "get",
      path: "/readyz",
      summary: "The database answers, is migrated and holds every model; 503 with the problem when not",
      access: "public",
      status: 200,
      answer: z.object({ ready: z.boolean(), problem: z.string().nullable() }),
      handle: async ({ response }) => {
        const readiness = await readReadiness(context);
        if (!readiness.ready) response.status(503).json(readiness);
        return readiness;
      },
    }),
    route({
      method: "get",
      path: "/metrics",
      summary:
        "Figures for Prometheus; for operators, and for programs with METRICS_TOKEN or, if there is none, on the same machine",
      access: "anybody",
      status: 200,
      mediaType: "text/plain",
      errors: ["unauthenticated", "forbidden"],
      handle: async ({ request, response }) => {
        admitToMetrics(context.deployment, request);
        response.type(metrics.contentType).send(await metrics.read());
      },
    }),
    route({
      method: "get",
      path: "/api/openapi.json",
      summary: "This description",
      access: "public",
      status: 200,
      answer: z.looseObject({ openapi: z.string() }),
      handle: async () => {
        document ??= describeApi([...others, ...routes], context.version, sessionCookieName(context));
        return { ...(await document) };
      },
    }),
  ];
  return routes;
}

/** With a token only by it; without one from this machine. Operators may anyhow. Throws as requireOperator does. */
function admitToMetrics({ metricsToken }: Deployment, request: Request): void {
  const bearer = request.get("Authorization")?.replace(/^bearer +/i, "") ?? "";
  const isAdmitted = metricsToken === null ? isFromThisMachine(request) : isSameText(bearer, metricsToken);
  if (!isAdmitted) requireOperator(request);
}
