/**
 * Every text that can be sent, hostile: every page, its addresses and forms, and every file that is imported. It is
 * answered below 500 and within a second, and nobody else waits for it longer than for anything else.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, test } from "vitest";
import {
  type Attack,
  addressText,
  bodyLength,
  type Call,
  encoded,
  hostilePaths,
  kinds,
  soundPath,
  startAttack,
} from "./hostile-requests.ts";

let attack: Attack;
beforeAll(async () => {
  attack = await startAttack();
});

// -- The pages, as their sources and templates have them, so that a new one is tried too.

const root = join(import.meta.dirname, "../..");
const textsOf = (folder: string, ending: string): string[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(join(root, folder, name), "utf8"));

const pageRoutes = textsOf("src/web/pages", ".ts").flatMap((source) =>
  [...source.matchAll(/router\.(get|post)\("([^"]+)"/g)].map(([, method, path]) => ({
    method: method!.toUpperCase(),
    path: path!,
    /** Names that its source speaks of. */
    reads: (name: string): boolean => new RegExp(`\\b${name}\\b`).test(source),
  })),
);
/** They end the session by which the others are asked, and read nothing. */
const endings = new Set(["/sign-out", "/account/sessions/sign-out"]);

const fieldNames = [
  ...new Set([
    ...["ui/views", "ui/partials"].flatMap((folder) =>
      textsOf(folder, ".hbs").flatMap((template) =>
        [...template.matchAll(/<(?:input|select|textarea|button)[^>]*?\sname="([\w-]+)"/gs)].map(
          ([, name]) => name!,
        ),
      ),
    ),
    // Of addresses, and of forms whose names are told by the file.
    ...[
      "closed",
      "edges",
      "column",
      "range",
      "order",
      "done",
      "next",
      "before",
      "after",
      "level",
      "step",
      "asked",
    ],
    ...["hastened", "recorded", "imported", "kept", "entered", "regime", "page", "sort", "__proto__"],
    ...["column_fee", "word:kauf", "ticker:BTC"],
  ]),
];
const form = { "Content-Type": "application/x-www-form-urlencoded", Accept: "text/html" };
const html = { Accept: "text/html" };

describe("pages", () => {
  test("in paths and addresses", async () => {
    const calls: Call[] = kinds.map(([what, make]) => ({
      method: "GET",
      path: `/assets?select=${encoded(make(1300))}`,
      headers: html,
      what: `${what} as a selection`,
    }));
    for (const { method, path, reads } of pageRoutes.filter((route) => route.method === "GET"))
      for (const [index, [what, make]] of kinds.entries()) {
        const text = addressText(make);
        const places = hostilePaths(path, text).map((place) => ({ place, what: `${what} in the path` }));
        // Each name that the page may read with every sixth kind, and all that there are at once.
        const read = fieldNames.filter((name, position) => reads(name) && (position + index) % 6 === 0);
        const single = read.map((name) => ({
          place: `${soundPath(path)}?${name}=${encoded(text.slice(0, 2000))}`,
          what: `${what} as ${name}`,
        }));
        const each = fieldNames.map((name) => `${name}=${encoded(text.slice(0, 3000 / fieldNames.length))}`);
        const together = { place: `${soundPath(path)}?${each.join("&")}`, what: `${what} as everything` };
        for (const { place, what } of [...places, ...single, together])
          calls.push({ method, path: place, headers: html, what });
      }
    await attack.expectAnswers(calls);
  }, 900_000);

  test("in forms", async () => {
    const calls: Call[] = [];
    const forms = pageRoutes.filter(({ method, path }) => method === "POST" && !endings.has(path));
    for (const { method, path, reads } of forms)
      for (const [index, [what, make]] of kinds.entries()) {
        const post = (place: string, fields: Record<string, string>, what: string): void => {
          calls.push({ method, path: place, headers: form, body: String(new URLSearchParams(fields)), what });
        };
        const text = (length: number) => make(length).toWellFormed();
        const short = text(bodyLength / fieldNames.length / 3);
        post(
          soundPath(path),
          Object.fromEntries(fieldNames.map((name) => [name, short])),
          `${what} as everything`,
        );
        for (const place of hostilePaths(path, addressText(make))) post(place, {}, `${what} in the path`);
        for (const name of fieldNames.filter((name, position) => reads(name) && (position + index) % 6 === 0))
          post(soundPath(path), { [name]: text(bodyLength / 3) }, `${what} as ${name}`);
      }
    await attack.expectAnswers(calls);
  }, 900_000);

  test("in files that are imported", async () => {
    const header = "date,type,ticker,quantity,price,fee";
    const row = ["2024-01-05", "BUY", "NORD", "1", "100", "0.5"];
    const files = kinds.flatMap(([what, make]): (readonly [string, string])[] => {
      const text = make(bodyLength).toWellFormed().replaceAll("\0", "");
      return [
        [`${what} alone`, text],
        [`${what} as a header`, `${text}\n${row.join(",")}`],
        [`${what} as a name`, `${header},${text.slice(0, 20_000).replaceAll(",", " ")}\n${row.join(",")},x`],
        [
          `${what} as every name`,
          `${Array(6)
            .fill(text.slice(0, 10_000).replaceAll(/[,\n"]/g, " "))
            .join(",")}\n${row.join(",")}`,
        ],
        ...row.map((_, index): [string, string] => [
          `${what} as ${header.split(",")[index]}`,
          `${header}\n${row.with(index, text.replaceAll(/[,\n]/g, " ")).join(",")}`,
        ]),
        [
          `${what} in every line`,
          `${header}\n${`${row.with(2, text.slice(0, 60).replaceAll(/[,\n"]/g, " ")).join(",")}\n`.repeat(800)}`,
        ],
        [
          `${what} in JSON`,
          JSON.stringify([{ [text.slice(0, 20_000)]: text.slice(0, 20_000), date: text.slice(0, 20_000) }]),
        ],
      ];
    });
    const posts = files.map(
      ([what, csv]): Call => ({
        method: "POST",
        path: "/transactions/import",
        headers: form,
        body: String(new URLSearchParams({ csv, step: "review" })),
        what,
      }),
    );
    const bytes = kinds.map(
      ([what, make]): Call => ({
        method: "POST",
        path: "/transactions/import/text",
        headers: { "Content-Type": "application/octet-stream" },
        body: Buffer.from(make(bodyLength), "utf16le"),
        what,
      }),
    );
    await attack.expectAnswers([...posts, ...bytes]);
  }, 900_000);
});

test("meanwhile the process answered who asked whether it is up", () => attack.expectHealth());
