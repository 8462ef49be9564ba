import { z } from "zod";
import { type Route, route } from "../route.ts";

export const eventRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/api/events",
    summary:
      "Server-sent events: `portfolio` {as_of, run_id} when this person's figures changed; `run` {run_id} for operators",
    access: "person",
    headers: {
      "Last-Event-ID": z
        .string()
        .describe("What a reconnecting browser heard last; it is then told at once to look again"),
    },
    status: 200,
    mediaType: "text/event-stream",
    errors: ["too_many_connections"],
    handle: ({ context, person, request, response }) =>
      context.events.open(person, response, request.get("Last-Event-ID")),
  }),
];
