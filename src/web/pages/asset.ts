/** One asset, for operators: all there is to know of it, and asking for it to be materialized. */
import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { requestRun } from "../../engine/index.ts";
import { operatorContext, type WebContext } from "../context.ts";
import { t } from "../messages/index.ts";
import { parseInput } from "../route.ts";
import { assetData } from "./asset-data.ts";
import {
  describeSteps,
  emptyForm,
  type FormErrors,
  formErrorsOf,
  parseForm,
  planRun,
  type RunScope,
} from "./materialize.ts";
import type { SendPage } from "./page.ts";

/** Of the form, whatever they are: it is parsed field by field. */
const fields = z.record(z.string(), z.unknown());

const assetQuery = z.object({ column: z.string().optional().catch(undefined) });

export function assetPage(context: WebContext, sendPage: SendPage): Router {
  const router = Router();

  const send = async (
    request: Request,
    response: Response,
    name: string,
    refused?: Refused,
  ): Promise<void> => {
    const { column } = parseInput(assetQuery, request.query);
    const data = await assetData(operatorContext(context, request), name, column);
    sendPage(request, response, {
      view: "asset",
      title: name,
      scripts: ["lineage.js", "asset.js"],
      status: refused ? 422 : 200,
      data: {
        ...data,
        partitionsLabel: t("Only these values of {column}", { column: data.asset.partition_column ?? "" }),
        values: refused?.values ?? emptyForm,
        errors: refused?.errors ?? {},
      },
    });
  };

  router.get("/assets/:asset", async (request, response) => {
    await send(request, response, request.params.asset);
  });

  router.get("/assets/:asset/plan", async (request, response) => {
    const own = operatorContext(context, request);
    const name = request.params.asset;
    const { graph } = own.registry();
    graph.get(name);
    const values = { ...emptyForm, ...parseInput(fields, request.query) };
    const planned = await planOf(own, name, values);
    if (planned.errors) return send(request, response, name, { values, errors: planned.errors });
    sendPage(request, response, {
      view: "plan",
      title: t("Plan of {asset}", { asset: name }),
      data: {
        asset: name,
        values,
        request: planned.request,
        steps: describeSteps(graph, planned.steps),
        broken: planned.steps.filter(({ problem }) => problem !== null).length,
      },
    });
  });

  router.post("/assets/:asset/materialize", async (request, response) => {
    const own = operatorContext(context, request);
    const name = request.params.asset;
    own.registry().graph.get(name);
    const values = { ...emptyForm, ...parseInput(fields, request.body ?? {}) };
    const planned = await planOf(own, name, values);
    if (planned.errors) return send(request, response, name, { values, errors: planned.errors });
    const runId = await requestRun(own.pool, {
      triggerKind: "manual",
      triggerName: own.operator.email,
      ...planned.request,
    });
    response.redirect(303, `/runs/${runId}`);
  });
  return router;
}

interface Refused {
  readonly values: object;
  readonly errors: FormErrors;
}

type Planned =
  | { readonly request: RunScope; readonly steps: Awaited<ReturnType<typeof planRun>>; readonly errors: null }
  | { readonly errors: FormErrors };

async function planOf(context: WebContext, name: string, form: unknown): Promise<Planned> {
  const { request, errors } = parseForm(name, form);
  if (errors) return { errors };
  const { partitionBy } = context.registry().graph.get(name).asset;
  try {
    return { request, steps: await planRun(context, request, partitionBy), errors: null };
  } catch (error) {
    const refused = formErrorsOf(error);
    if (!refused) throw error;
    return { errors: refused };
  }
}
