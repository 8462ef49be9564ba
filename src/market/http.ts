import { MarketDataUnavailableError } from "./errors.ts";

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Seconds, or an HTTP date; null when absent or neither. */
function retryAfterSeconds(headers: Headers): number | null {
  const text = headers.get("retry-after");
  if (text === null) return null;
  if (/^\d+$/.test(text.trim())) return Number(text);
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - Date.now()) / 1000));
}

/** The code of the error at the bottom (ECONNREFUSED), or what it says: `fetch failed` alone says nothing. */
function causeCode(error: unknown): string {
  const { cause, code, message } = error as { cause?: unknown; code?: unknown; message?: string };
  if (cause !== undefined && cause !== null && cause !== error) return causeCode(cause);
  return typeof code === "string" ? code : (message ?? String(error));
}

/**
 * One request, its body read to the end. Throws MarketDataUnavailableError for what the transport or a 429 or 5xx
 * says; the caller judges every other status. An abort by `init.signal` is thrown as its reason.
 */
export async function request(
  source: string,
  url: string,
  init: RequestInit,
  timeoutMs: number,
): Promise<Reply> {
  const timeout = AbortSignal.timeout(timeoutMs); // made here, when the request starts: time in a queue does not count
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
  let reply: Reply;
  try {
    const response = await fetch(url, { ...init, signal });
    reply = { status: response.status, headers: response.headers, body: await response.text() };
  } catch (error) {
    init.signal?.throwIfAborted();
    if (timeout.aborted)
      throw new MarketDataUnavailableError(source, "timeout", { detail: `${timeoutMs / 1000} s` });
    throw new MarketDataUnavailableError(source, "unreachable", { detail: causeCode(error) });
  }
  if (reply.status === 429)
    throw new MarketDataUnavailableError(source, "rate_limited", {
      retryAfterSeconds: retryAfterSeconds(reply.headers) ?? 0, // it did not say: the gate decides
    });
  if (reply.status >= 500)
    throw new MarketDataUnavailableError(source, "server_error", {
      detail: `status ${reply.status}`,
      retryAfterSeconds: retryAfterSeconds(reply.headers),
    });
  return reply;
}
