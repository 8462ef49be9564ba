/** Errors as programs are told of them; and a page's script, which shows them to its reader. */
import type { ErrorRequestHandler } from "express";
import type { Log } from "../log.ts";
import { describeError, ourOwn } from "./errors.ts";
import { formatFor } from "./format.ts";
import { currentListener } from "./messages/index.ts";
import { loggedPath } from "./shared-links.ts";
import { inWords, writeWords } from "./words.ts";

/** Logs what is ours, and answers every error as JSON: in English, or with `X-Shown` in the reader's language. */
export function errorResponses(log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.closed) return; // nobody waits for the answer
    if (response.headersSent) return next(error); // half an answer is out: Express cuts the connection
    const id = crypto.randomUUID();
    const { status, retryAfterSeconds, message, ...rest } = describeError(error, request.method, id);
    if (status >= 500)
      log.error({ err: error, id, method: request.method, path: loggedPath(request.path) }, "request failed");
    if (retryAfterSeconds !== undefined) response.set("Retry-After", String(retryAfterSeconds));
    const shown = request.get("X-Shown") === undefined ? message : inReaderWords(ourOwn(error, id), message);
    response.status(status).json({ error: { ...rest, message: shown } });
  };
}

const inReaderWords = (error: unknown, message: string): string =>
  writeWords(inWords(error, message), formatFor([currentListener().locale]));
