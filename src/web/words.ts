/**
 * Errors as people are told of them. A sentence names days and numbers, and who makes it does not know how its reader writes them: it
 * marks them, and they are written when the page is sent.
 */

import type { Plain, Plainly } from "../plain.ts";
import type { Format } from "./format.ts";
import { type Message, t } from "./messages/index.ts";
import { withShownTickers } from "./own-names.ts";

/** Around what is to be written. Of private use: no text has it that means something. */
const mark = "\u{E001}";
const marked = new RegExp(`${mark}(number|day)(-?[\\d.]{1,60}|\\d{4}-\\d{2}-\\d{2})${mark}`, "g");
const marker =
  (kind: "number" | "day") =>
  (value: string): string =>
    `${mark}${kind}${value}${mark}`;

const forms = { number: /^-?[\d.]{1,60}$/, day: /^\d{4}-\d{2}-\d{2}$/ };
const places = { number: marker("number"), day: marker("day") };

/** An error's message as people read it. */
export function sentence(message: string): string {
  const end = /[.?!]$/.test(message) ? "" : ".";
  return withShownTickers(`${message.charAt(0).toUpperCase()}${message.slice(1)}${end}`);
}

/** What is said of an error to a person: its own words for that, or its message. */
export function inWords(error: unknown, message: string): string {
  const words = error instanceof Error || isRemark(error) ? (error as Plainly).plain : undefined;
  return words === undefined ? sentence(message) : spoken(words);
}

const isRemark = (value: unknown): value is Plainly =>
  typeof value === "object" && value !== null && "message" in value;

export const spoken = ({ text, values }: Plain): string => {
  const written = Object.entries(values).map(([name, value]) => {
    if (typeof value === "object") return [name, spoken(value)];
    if (typeof value === "number") return [name, value];
    const kind = text.includes(`{${name}:number}`) ? "number" : text.includes(`{${name}:day}`) ? "day" : null;
    return [name, kind && forms[kind].test(value) ? places[kind](value) : value];
  });
  // It is of `plain`, which says nothing but messages.
  const message = text.replaceAll(/:(number|day)\}/g, "}") as Message;
  return withShownTickers(t(message, Object.fromEntries(written)));
};

/** The markup with its days and numbers as the reader writes them; what is neither was not marked here. */
export function writeWords(html: string, format: Format): string {
  if (!html.includes(mark)) return html;
  return html.replaceAll(marked, (_, kind: string, value: string) => {
    if (kind === "number") return Number.isNaN(Number(value)) ? value : format.quantity(value);
    return Number.isNaN(Date.parse(value)) ? value : format.date(value);
  });
}
