/** Tables of features, of which each row names what shows it. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

export interface FeatureRow {
  readonly feature: string;
  /** "Yes", "Partly. … Missing: …" or "No. …". */
  readonly own: string;
  /** The tests that show it; "" for a "No". */
  readonly proof: string;
}

/** Of each table of the page: the first cell, and the last two. */
export function readFeatureRows(page: string): readonly FeatureRow[] {
  return readFileSync(join(root, page), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| ") && !/^\| (Feature|---)/.test(line))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .map((cells) => ({ feature: cells[0]!, own: cells.at(-2)!, proof: cells.at(-1)! }));
}

/** What a row has to say and lacks, in words; "": nothing. */
export function lackOf({ own, proof }: FeatureRow): string {
  const [answer] = /^(Yes|Partly|No)(?=[.,]|$)/.exec(own) ?? [];
  if (answer === undefined) return "no answer";
  if (answer === "Partly" && !/\. Missing: .{10,}/.test(own)) return "what is missing";
  if (answer === "No" && !/^No\. .{20,}/.test(own)) return "the reason";
  return (proof === "") === (answer === "No") ? "" : "a test, or none of what there is not";
}

/** Tests that a row names and that are not there, by file and name. */
export function missingTests({ proof }: FeatureRow): readonly string[] {
  return proof === "" ? [] : proof.split("; `").filter((one) => !isThere(one.replace(/^`/, "")));
}

/** `path` alone: a case that is played. `path "name"`: a test or a table of tests of that name. */
function isThere(proof: string): boolean {
  const [, path = "", name] = /^([\w./-]+)`(?: "(.+)")?$/.exec(proof) ?? [];
  if (!existsSync(join(root, path))) return false;
  if (name === undefined) return /^tests\/models\/cases\/\w+\.txt$/.test(path);
  const text = readFileSync(join(root, path), "utf8");
  return (
    text.includes(`test(${JSON.stringify(name)}`) ||
    text.includes(`)(${JSON.stringify(name)}`) ||
    isOnALineOfItsOwn(text, name)
  );
}

/** A test or a table whose name the formatter has moved to the next line. */
const isOnALineOfItsOwn = (text: string, name: string): boolean =>
  text.split("\n").some((line) => line.trim() === `${JSON.stringify(name)},`);
