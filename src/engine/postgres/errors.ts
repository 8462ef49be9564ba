/** One class for each mistake that callers tell apart; `code` is what programs tell them apart by. */

/** Base of every error the engine raises on purpose. */
export abstract class EngineError extends Error {
  abstract readonly code: string;

  override get name(): string {
    return this.constructor.name;
  }
}

/** SQLSTATE of an error raised by PostgreSQL, or of what caused it; null of any other. */
export function sqlState(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const code = "code" in error ? error.code : null;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : sqlState(error.cause);
}

/** Deadlock, serialization failure, or the server ended the session: trying again is all it needs. */
export function isTransient(error: unknown): boolean {
  return ["40P01", "40001", "57P01"].includes(sqlState(error) ?? "");
}

/** Longer ones are cut: a message is stored with each step, and read by people. */
const longestMessage = 2000;

/**
 * What went wrong, for people, with its causes to the bottom, each said once: `fetch failed: connect ECONNREFUSED
 * 127.0.0.1:9`. Of several errors together (AggregateError) all are named.
 */
export function messageOf(error: unknown): string {
  const message = withCauses(error, new Set());
  return message.length > longestMessage ? `${message.slice(0, longestMessage - 1)}…` : message;
}

function withCauses(error: unknown, seen: Set<unknown>): string {
  if (!(error instanceof Error)) return typeof error === "object" ? JSON.stringify(error) : String(error);
  if (seen.has(error)) return "";
  seen.add(error);
  const together: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  const below = [
    [...new Set(together.map((each) => withCauses(each, seen)))].filter((text) => text !== "").join("; "),
    error.cause === undefined ? "" : withCauses(error.cause, seen),
  ];
  const own = error.message || ("code" in error ? String(error.code) : "");
  const parts = [own, ...below].filter((text, index, all) => text !== "" && all.indexOf(text) === index);
  const [first = error.name, ...others] = parts;
  return others.reduce((message, text) => (message.includes(text) ? message : `${message}: ${text}`), first);
}
