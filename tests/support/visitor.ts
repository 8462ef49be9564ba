import { textOf } from "./html.ts";
import { keptTrade } from "./kept-trade.ts";
import type { Program } from "./program.ts";

interface Answer {
  readonly status: number;
  readonly location: string | null;
  readonly html: string;
}

/** A browser without a window: pages as text. */
export class Visitor {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  get(path: string): Promise<Answer> {
    return this.#send(path, {});
  }

  post(path: string, form: Record<string, string> = {}): Promise<Answer> {
    const sent = path === "/transactions" ? keptTrade(form) : form;
    return this.#send(path, { method: "POST", body: new URLSearchParams(sent) });
  }

  /** Of a form with several fields of one name. */
  postForm(path: string, form: URLSearchParams): Promise<Answer> {
    return this.#send(path, { method: "POST", body: form });
  }

  async #send(path: string, init: RequestInit): Promise<Answer> {
    const response = await fetch(this.#url + path, {
      ...init,
      headers: { Accept: "text/html", "Accept-Language": "en-US", Authorization: `Bearer ${this.#token}` },
      redirect: "manual",
    });
    const location = response.headers.get("Location");
    return { status: response.status, location, html: unescaped(await textOf(response)) };
  }
}

/** As a browser reads it, where tests look at addresses. */
const unescaped = (html: string): string => html.replaceAll("&#x3D;", "=").replaceAll("&amp;", "&");

/** Makes an account; the first one is an operator. */
export async function register({ url }: Program, email: string): Promise<Visitor> {
  const response = await fetch(`${url}/auth/register`, {
    method: "POST",
    headers: { Origin: url, "Content-Type": "application/json" },
    body: JSON.stringify({ email, password: "correct horse battery" }),
  });
  return new Visitor(url, ((await response.json()) as { token: string }).token);
}
