/** The scope of a request: what it has done elsewhere is done on its behalf, and ends when nobody waits for the answer. */
import type { RequestHandler } from "express";
import type { Language } from "../languages.ts";
import { withinRequest } from "../request-scope.ts";
import { formatFor } from "./format.ts";
import { firstLanguage, type Listener, localesOf, speaking } from "./messages/index.ts";

export class RequestDroppedError extends Error {
  readonly code = "request_dropped";

  constructor() {
    super("who asked has gone without waiting for the answer");
  }
}

/** Before whatever asks the database: what does so outside of a request has no bounds. */
export const scopeRequest: RequestHandler = (request, response, next) => {
  const dropped = new AbortController();
  const drop = (): void => {
    if (!response.writableFinished) dropped.abort(new RequestDroppedError());
  };
  if (response.closed) drop();
  else response.once("close", drop);
  const scope = {
    signal: dropped.signal,
    // Who reads for another does so by their own share.
    personId: () => (request.reading?.reader ?? request.person)?.userId ?? null,
    address: request.ip ?? "",
  };
  const tags = request.acceptsLanguages();
  const byBrowser = firstLanguage(tags);
  const listenerIn = (language: Language): Listener => ({
    language,
    locale: formatFor(localesOf(language, tags)).locale,
  });
  // A page asks once for each of its sentences, and the answer changes only when it is known who asks.
  let known = listenerIn(byBrowser);
  const listener = (): Listener => {
    const language = (request.reading?.reader ?? request.person)?.language ?? byBrowser;
    if (language !== known.language) known = listenerIn(language);
    return known;
  };
  speaking(listener, () => withinRequest(scope, next));
};
