/** Somebody who reads pages: signed up, with a session cookie, and trades logged through the API. */

import { expect } from "vitest";
import { textOf as readText } from "../support/html.ts";
import type { Program } from "../support/program.ts";

export interface Reader {
  get(path: string): Promise<{ status: number; html: string }>;
  /** A form. */
  post(path: string, fields: Record<string, string>): Promise<{ status: number; location: string | null }>;
  trade(ticker: string, type: "BUY" | "SELL", quantity: string, price: string, date: string): Promise<void>;
}

export async function signUp(program: Program, email: string): Promise<Reader> {
  const response = await fetch(`${program.url}/create-account`, {
    method: "POST",
    headers: { Accept: "text/html", Origin: program.url },
    body: new URLSearchParams({ email, password: "correct horse battery" }),
    redirect: "manual",
  });
  expect(response.status).toBe(303);
  const headers = { Cookie: response.headers.getSetCookie()[0]!.split(";")[0]!, "Accept-Language": "en-US" };
  return {
    async get(path) {
      const answer = await fetch(program.url + path, { headers: { ...headers, Accept: "text/html" } });
      return { status: answer.status, html: await readText(answer) };
    },
    async post(path, fields) {
      const answer = await fetch(program.url + path, {
        method: "POST",
        headers: { ...headers, Accept: "text/html", Origin: program.url },
        body: new URLSearchParams(fields),
        redirect: "manual",
      });
      return { status: answer.status, location: answer.headers.get("Location") };
    },
    async trade(ticker, type, quantity, price, date) {
      const answer = await fetch(`${program.url}/api/transactions`, {
        method: "POST",
        headers: { ...headers, Origin: program.url, "Content-Type": "application/json" },
        body: JSON.stringify({ ticker, type, quantity, price, date }),
      });
      expect(answer.status, await answer.text()).toBe(201);
    },
  };
}

/** The sensor's part, here and now: fetch prices, refresh what changed. */
export async function settle(program: Program, ...tickers: string[]): Promise<void> {
  if (tickers.length > 0)
    await program.engine.run({
      triggerKind: "manual",
      triggerName: "test",
      selection: "raw_prices",
      partitions: tickers,
    });
  await program.engine.refresh("transaction_sensor");
}

const entities: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#x27;": "'",
  "&#x3D;": "=",
};

/** The text that a page's markup stands for. */
export const textOf = (html: string): string =>
  html.replaceAll(/&(?:amp|lt|gt|quot|#x27|#x3D);/g, (entity) => entities[entity]!);
