/** A call of the API, declared once: what it reads, who may make it, what it answers. OpenAPI is made from the same. */
import type { Express, Request, RequestHandler, Response } from "express";
import { z } from "zod";
import type { Person } from "../accounts/index.ts";
import { jsonInTurns } from "../event-loop.ts";
import {
  operatorContext,
  requireOperator,
  requireOperatorProof,
  requirePerson,
  requireProof,
  requireScope,
  type WebContext,
} from "./context.ts";
import { type ErrorCode, InvalidInputError } from "./errors.ts";

/**
 * `session`: a person, but not by an API token: what is done to the account itself. `proof`: and one who proved within ten minutes
 * who they are. `operator_proof`: the same of an operator. `public`: who asks is not looked at, so that the answer takes no database.
 */
export type Access = "public" | "anybody" | "person" | "session" | "proof" | "operator" | "operator_proof";

export interface Input<P, Q, B, A extends Access> {
  readonly parameters: P;
  readonly query: Q;
  readonly body: B;
  readonly person: A extends "public" | "anybody" ? Person | undefined : Person;
  readonly request: Request;
  /** For headers, and for answers that are not JSON: what the handler has sent is not sent again. */
  readonly response: Response;
  readonly context: WebContext;
}

export interface RouteDefinition<P, Q, B, R, A extends Access> {
  readonly method: "get" | "post" | "delete";
  /** As Express writes it: `/api/runs/:run_id`. */
  readonly path: string;
  readonly summary: string;
  readonly access: A;
  readonly parameters?: z.ZodType<P>;
  readonly query?: z.ZodType<Q>;
  readonly body?: z.ZodType<B>;
  /** Instead of `body`, where what the route calls parses the body itself, with this. */
  readonly describedBody?: z.ZodType;
  /** Those that it reads, by name; they are parsed by what is called with them. */
  readonly headers?: Readonly<Record<string, z.ZodType>>;
  readonly status: 200 | 201 | 202 | 204;
  /** Of an object. Absent: nothing (204), or not JSON. */
  readonly answer?: z.ZodType<R>;
  /** What the handler sends by itself instead, by status. */
  readonly otherAnswers?: Readonly<Partial<Record<202, z.ZodType>>>;
  readonly mediaType?: "text/event-stream" | "text/plain" | "text/csv";
  /** Codes beside those that the access, the parameters and the body imply. */
  readonly errors?: readonly ErrorCode[];
  handle(input: Input<P, Q, B, A>): Promise<R> | R;
}

/** A route whatever its types: what the application mounts and OpenAPI describes. */
export type Route = Omit<RouteDefinition<unknown, unknown, unknown, unknown, Access>, "handle"> & {
  handle(input: Input<never, never, never, "person">): unknown;
};

/** Says nothing at run time; its types tie the handler to the schemas. */
export function route<P, Q, B, R, A extends Access>(definition: RouteDefinition<P, Q, B, R, A>): Route {
  return definition as unknown as Route;
}

/** Throws InvalidInputError for the first thing wrong, with the way to the field and what was expected. */
export function parseInput<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const unknownField = issue.code === "unrecognized_keys" ? issue.keys[0] : undefined;
  throw new InvalidInputError(unknownField ?? issue.path.join("."), issue.message);
}

/** Mounts the routes in the order given, each behind `guards` but those that are public. */
export function mountRoutes(
  app: Express,
  guards: readonly RequestHandler[],
  routes: readonly Route[],
  context: WebContext,
): void {
  for (const definition of routes) {
    const before = definition.access === "public" ? [] : guards;
    app[definition.method](definition.path, ...before, async (request, response) => {
      const person = admit(definition, request, context);
      response.set("Cache-Control", "no-store");
      const answer = (await definition.handle({
        parameters: parseInput(definition.parameters ?? z.unknown(), request.params) as never,
        query: parseInput(definition.query ?? z.unknown(), request.query) as never,
        body: parseInput(definition.body ?? z.unknown(), request.body ?? {}) as never,
        person: person as Person,
        request,
        response,
        context: isOperators(definition) ? operatorContext(context, request) : context,
      })) as object | undefined;
      if (response.headersSent) return;
      response.status(definition.status);
      if (answer === undefined) response.end();
      else response.type("json").send(await jsonInTurns(answer));
    });
  }
}

export const isOperators = ({ access }: Pick<Route, "access">): boolean =>
  access === "operator" || access === "operator_proof";

/** Before anything is parsed: who may not call learns nothing of what a call should look like. */
function admit({ access, method }: Route, request: Request, context: WebContext): Person | undefined {
  if (access === "public" || access === "anybody") return request.person;
  if (access === "proof") return requireProof(context, request);
  if (access === "operator_proof") return requireOperatorProof(context, request);
  const person = access === "operator" ? requireOperator(request) : requirePerson(request);
  requireScope(person, access === "session" ? "account" : method === "get" ? "read" : "write");
  return person;
}
