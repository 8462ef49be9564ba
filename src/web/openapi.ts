/** The API described in OpenAPI 3.1, from the schemas that parse what comes in. */
import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import { type ErrorCode, statusOf } from "./errors.ts";
import { isOperators, type Route } from "./route.ts";

type JsonSchema = Record<string, unknown>;

export interface OpenApi {
  readonly openapi: "3.1.0";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>;
  readonly components: object;
}

const descriptions: Readonly<Record<number, string>> = {
  200: "Done",
  201: "Made",
  202: "Accepted: it goes on in the background",
  204: "Done; there is nothing to say",
  400: "The request cannot be read",
  401: "Nobody is signed in, or the token is no longer good",
  403: "Not allowed to this person, or sent by another site",
  404: "Not there, or not this person's",
  409: "In the way of what stands already",
  413: "Too large",
  422: "The request can be read but not done: `code` and `field` say why",
  429: "Too often; Retry-After says when to come again",
  503: "Something this needs does not answer; try again",
};

/** Takes 0.3 s of computing, so that others have their turn between routes. */
export async function describeApi(
  routes: readonly Route[],
  version: string,
  sessionCookie: string,
): Promise<OpenApi> {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    await setImmediate();
    const path = route.path.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method]: operation(route) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Stratafolio",
      version,
      description:
        "Money and quantities are decimal strings, ratios are numbers, dates are YYYY-MM-DD. A request that changes " +
        "something and carries the session's cookie says that it comes from this site; programs need say nothing.",
    },
    paths,
    components: {
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description:
            "The token of a sign-in (a JWT), or an API token (`sf_...`), whose scope is read or write and never the " +
            "account itself",
        },
        session: { type: "apiKey", in: "cookie", name: sessionCookie },
      },
      schemas: { Error: errorSchema },
    },
  };
}

const errorSchema: JsonSchema = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "message"],
      properties: {
        code: { type: "string", description: "For programs: it does not change" },
        message: { type: "string", description: "For people: what was expected, what came, the way out" },
        field: { type: "string", description: "The part of the request that is meant" },
      },
    },
  },
};

function operation(route: Route): object {
  const body = bodyOf(route);
  return {
    summary: route.summary,
    ...(isPersonal(route) && { security: [{ token: [] }, { session: [] }] }),
    parameters: [
      ...fields(route.parameters, "path"),
      ...fields(route.query, "query"),
      ...Object.entries(route.headers ?? {}).map(([name, schema]) => ({
        name,
        in: "header",
        schema: jsonSchema(schema, "input"),
      })),
    ],
    ...(body && {
      requestBody: { required: true, content: { "application/json": { schema: jsonSchema(body, "input") } } },
    }),
    responses: { [route.status]: answer(route), ...otherAnswers(route), ...errorAnswers(route) },
  };
}

const isPersonal = ({ access }: Route): boolean => access !== "public" && access !== "anybody";

function bodyOf({ body, describedBody }: Route): z.ZodType | undefined {
  return body ?? describedBody;
}

function answer({ status, answer, mediaType }: Route): object {
  const description = descriptions[status];
  if (mediaType) return { description, content: { [mediaType]: { schema: { type: "string" } } } };
  if (!answer) return { description };
  return { description, content: { "application/json": { schema: jsonSchema(answer, "output") } } };
}

function otherAnswers({ otherAnswers = {} }: Route): Record<string, object> {
  return Object.fromEntries(
    Object.entries(otherAnswers).map(([status, schema]) => [
      status,
      {
        description: descriptions[Number(status)],
        content: { "application/json": { schema: jsonSchema(schema, "output") } },
      },
    ]),
  );
}

/** Every code that a route may answer with, the implied ones included. */
export function errorCodes(route: Route): readonly ErrorCode[] {
  const codes: ErrorCode[] = [...(route.errors ?? [])];
  if (isPersonal(route)) codes.push("unauthenticated", "too_many_requests");
  if (route.access !== "public") codes.push("database_busy", "statement_timeout");
  const asksProof = route.access === "proof" || route.access === "operator_proof";
  if (isOperators(route)) codes.push("forbidden");
  if (asksProof) codes.push("reauthentication_required");
  const isOfAccount = route.access === "session" || asksProof;
  if (isOfAccount || (isPersonal(route) && route.method !== "get")) codes.push("insufficient_scope");
  if (route.method !== "get") codes.push("csrf");
  if (bodyOf(route)) codes.push("invalid_json", "body_too_large");
  for (const schema of [route.query, bodyOf(route)])
    if (schema) codes.push(...Object.keys(properties(schema)).map((name): ErrorCode => `invalid_${name}`));
  return [...new Set(codes)];
}

function errorAnswers(route: Route): Record<string, object> {
  const byStatus = Map.groupBy(errorCodes(route), (code) => statusOf(code, route.method.toUpperCase())!);
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: `${descriptions[status]}. Codes: ${codes.join(", ")}`,
        content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
      },
    ]),
  );
}

function jsonSchema(schema: z.ZodType, io: "input" | "output"): JsonSchema {
  const { $schema: _, ...described } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return described;
}

function properties(schema: z.ZodType): Record<string, JsonSchema> {
  return (jsonSchema(schema, "input").properties as Record<string, JsonSchema> | undefined) ?? {};
}

function fields(schema: z.ZodType | undefined, where: "path" | "query"): object[] {
  if (!schema) return [];
  const required = (jsonSchema(schema, "input").required as string[] | undefined) ?? [];
  return Object.entries(properties(schema)).map(([name, property]) => ({
    name,
    in: where,
    required: where === "path" || required.includes(name),
    schema: property,
  }));
}
