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

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
