/**
 * Fetches what an operator's address names, and nothing of the network that this program stands in: only public addresses over
 * http(s), unless the host is one that whoever runs the installation allows. A name is resolved once, and the connection goes to the
 * very address that was looked at; each redirect is looked at again; size and time are bounded.
 */
import { lookup as resolve } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import { type Plain, plain, quoted } from "../plain.ts";
import { isPublicAddress } from "./public-address.ts";

export class UrlRefusedError extends Error {
  readonly code = "invalid_url";
  readonly field = "url";
  readonly plain: Plain | undefined;

  /** `words`: of an address that a person enters; what is wrong with it later on is kept, and said when it is looked at. */
  constructor(message: string, words?: Plain) {
    super(message);
    this.plain = words;
  }
}

export interface GuardOptions {
  /** "host" or "host:port", in lower case: their addresses may be any. */
  readonly allowedHosts: readonly string[];
  readonly signal?: AbortSignal;
  readonly mostBytes?: number;
  readonly seconds?: number;
}

const mostRedirects = 3;
const usualBytes = 7_000_000;
const usualSeconds = 20;

/** Throws UrlRefusedError for what no address of a source may be. */
export function parseSourceUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url)
    throw new UrlRefusedError(
      `expected an address, got: ${text.slice(0, 100)}`,
      plain("“{text}” is no address. Enter one that begins with https:// or http://.", {
        text: quoted(text),
      }),
    );
  if (url.protocol !== "https:" && url.protocol !== "http:")
    throw new UrlRefusedError(
      `expected an address that begins with https:// or http://, got: ${url.protocol}`,
      plain("Enter an address that begins with https:// or http://."),
    );
  if (url.username !== "" || url.password !== "")
    throw new UrlRefusedError(
      "expected an address without a user name and password",
      plain("Enter the address without a user name and a password."),
    );
  return url;
}

/** Without the brackets of IPv6. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase();

const isAllowed = (url: URL, allowedHosts: readonly string[]): boolean => {
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return allowedHosts.includes(hostOf(url)) || allowedHosts.includes(`${url.hostname.toLowerCase()}:${port}`);
};

/** The address to connect to. Of a name that has several, each has to be public: which one is taken is chance. */
async function addressOf(
  url: URL,
  allowedHosts: readonly string[],
): Promise<{ address: string; family: number }> {
  const host = hostOf(url);
  const literal = isIP(host);
  const found =
    literal !== 0 ? [{ address: host, family: literal }] : await resolve(host, { all: true }).catch(() => []);
  const [first] = found;
  if (!first) throw new UrlRefusedError(`expected a host that there is, got: ${host}`);
  if (!isAllowed(url, allowedHosts) && !found.every(({ address }) => isPublicAddress(address)))
    throw new UrlRefusedError(
      `expected a host on the public internet, got: ${host}; whoever runs this installation can allow it (PRICE_URL_HOSTS)`,
    );
  return first;
}

interface Reply {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: Buffer;
}

async function ask(url: URL, options: GuardOptions, signal: AbortSignal): Promise<Reply> {
  const { mostBytes = usualBytes, allowedHosts } = options;
  const { address, family } = await addressOf(url, allowedHosts);
  signal.throwIfAborted();
  const pinned: LookupFunction = (_host, { all }, answer) =>
    all ? answer(null, [{ address, family }]) : answer(null, address, family);
  // Not imported: Node would load its other client of the web beside it (see startWeb), in every process that may fetch some day.
  const { request: send } =
    url.protocol === "https:"
      ? process.getBuiltinModule("node:https")
      : process.getBuiltinModule("node:http");
  return new Promise((done, fail) => {
    const request = send(
      url,
      {
        lookup: pinned,
        agent: false,
        signal,
        headers: { Accept: "text/csv, application/json, text/plain, */*", "Accept-Encoding": "identity" },
      },
      (response) => {
        const parts: Buffer[] = [];
        let size = 0;
        response.on("data", (part: Buffer) => {
          size += part.length;
          parts.push(part);
          if (size <= mostBytes) return;
          fail(new UrlRefusedError(`expected at most ${mostBytes} bytes, got more`));
          request.destroy();
        });
        response.on("error", fail);
        response.on("end", () =>
          done({
            status: response.statusCode ?? 0,
            location: response.headers.location,
            body: Buffer.concat(parts),
          }),
        );
      },
    );
    request.on("error", fail).end();
  });
}

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** What stands there. Throws UrlRefusedError, the reason of `signal`, or what the transport says. */
export async function fetchGuarded(text: string, options: GuardOptions): Promise<Buffer> {
  const timeout = AbortSignal.timeout((options.seconds ?? usualSeconds) * 1000);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  let url = parseSourceUrl(text);
  for (let turn = 0; turn <= mostRedirects; turn++) {
    const { status, location, body } = await ask(url, options, signal);
    if (!redirects.has(status)) {
      if (status !== 200) throw new UrlRefusedError(`${url.host} answers with status ${status}`);
      return body;
    }
    if (location === undefined || !URL.canParse(location, url.href))
      throw new UrlRefusedError(`${url.host} leads on to no address`);
    url = parseSourceUrl(new URL(location, url.href).href);
  }
  throw new UrlRefusedError(`${text.slice(0, 100)} leads on more than ${mostRedirects} times`);
}
