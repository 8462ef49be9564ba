/** The request on whose behalf something is done: known to what it calls without being handed through every signature. */
import { AsyncLocalStorage } from "node:async_hooks";

export interface RequestScope {
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Who is signed in; null: nobody, or not known yet. */
  personId(): number | null;
  /** From where it came. */
  readonly address: string;
  /** Set: whatever transaction acts for a person on its behalf is read only. */
  readonly isReadOnly?: true;
}

const scopes = new AsyncLocalStorage<RequestScope>();

/** Runs `work`, and all that it begins, on behalf of a request. */
export function withinRequest<T>(scope: RequestScope, work: () => T): T {
  return scopes.run(scope, work);
}

/** Runs `work`, of a request, so that the database refuses whatever it would write for a person. Throws TypeError outside of one. */
export function readingOnly<T>(work: () => T): T {
  const scope = currentRequest();
  if (!scope) throw new TypeError("expected a request");
  return withinRequest({ ...scope, isReadOnly: true }, work);
}

/** undefined: what is done is nobody's request: the program's own work, a command. */
export function currentRequest(): RequestScope | undefined {
  return scopes.getStore();
}

/** Whose share the request takes, where shares are counted: the person's, or of strangers the address's. */
export function requesterKey({ personId, address }: RequestScope): string {
  const id = personId();
  return id === null ? `address ${address}` : `person ${id}`;
}
