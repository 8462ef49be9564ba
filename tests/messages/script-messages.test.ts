import { readdirSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { catalogues } from "../../src/web/messages/catalogue.ts";
import { scriptMessages } from "../../src/web/messages/index.ts";
import { allMessages } from "../../ui/messages/extract.ts";

// What scripts say: found in them as by `npm run messages`, put into the page, and said by `t` of ui/static/messages.js.

const folder = new URL("../../ui/static/", import.meta.url);
const scripts = readdirSync(folder).filter((name) => name.endsWith(".js"));
const messagesScript = new URL("messages.js", folder).pathname;
const echo = () => new Proxy({}, { get: (_, message) => `de: ${String(message)}` });

describe("what a page is given", () => {
  test("is all that its scripts say, and what those say that they import; nothing in English", () => {
    catalogues.set("de", echo());
    const said: Record<string, string> = JSON.parse(scriptMessages("de", ["watch.js"])!);
    expect(said["Fetching the prices of {ticker} from {market}…"]).toMatch(/^de: /);
    expect(said["{market} is slow to answer. A ticker typed in full will do."]).toMatch(/^de: /);
    expect(said.Copied).toBeUndefined();
    expect(scriptMessages("de", ["menu.js"])).toBeNull();
    expect(scriptMessages("en", ["watch.js"])).toBeNull();
  });

  test("is found in every call of every script", () => {
    catalogues.set("de", echo());
    const found = Object.keys(JSON.parse(scriptMessages("de", scripts)!));
    const known = new Set(allMessages());
    expect(found.filter((message) => !known.has(message))).toEqual([]);
    for (const script of scripts) {
      const source = readFileSync(new URL(script, folder), "utf8").replaceAll(/^export function t\(/gm, "");
      const calls = source.match(/\bt\(/g)?.length ?? 0;
      const literals = source.match(/\bt\(\s*"/g)?.length ?? 0;
      expect(literals, `calls of t with a text in ${script}`).toBe(calls);
    }
  });

  test("ends no script, whatever a translator writes", () => {
    catalogues.set("de", { Copied: "</script><script>alert(1)</script>" });
    const json = scriptMessages("de", ["asset.js"])!;
    expect(json).not.toContain("<");
    expect(JSON.parse(json)).toEqual({ Copied: "</script><script>alert(1)</script>" });
  });
});

describe("t", () => {
  beforeEach(() => vi.resetModules());
  afterEach(() => vi.unstubAllGlobals());

  async function speak(lang: string, locale: string, messages?: Record<string, string>) {
    vi.stubGlobal("document", {
      documentElement: { lang, dataset: { locale } },
      getElementById: () => messages && { textContent: JSON.stringify(messages) },
    });
    // Of a browser, which the types of tests know nothing of.
    const script: { t: (message: string, values?: object) => string } = await import(messagesScript);
    return script.t;
  }

  test("fills places, with what has braces itself too", async () => {
    const t = await speak("en", "en-US");
    expect(t("Prices since {date}.", { date: "{ticker}" })).toBe("Prices since {ticker}.");
    expect(t("Price, {unit}")).toBe("Price, {unit}");
  });

  test("chooses plurals as the language has them, and writes their numbers as the reader does", async () => {
    const rows = "Import {rows, plural, one {# row} other {# rows}}";
    const english = await speak("en", "en-US");
    expect([1, 2, 1234].map((count) => english(rows, { rows: count }))).toEqual([
      "Import 1 row",
      "Import 2 rows",
      "Import 1,234 rows",
    ]);
    vi.resetModules();
    const french = await speak("fr", "fr-FR", {
      [rows]: "Importer {rows, plural, =0 {rien} one {# ligne} many {# de lignes} other {# lignes}}",
    });
    expect([0, 1, 1.5, 2].map((count) => french(rows, { rows: count }))).toEqual([
      "Importer rien",
      "Importer 1 ligne",
      "Importer 1,5 ligne",
      "Importer 2 lignes",
    ]);
  });
});
