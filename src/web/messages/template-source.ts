/**
 * A template as far as its sentences need it: text, what is written into it, tags and blocks. Handlebars reads the blocks and no
 * markup, and a parser of markup knows no blocks; a sentence may have both in it.
 */

/** `source` is what stood in the template, whole. */
export type Node =
  | { readonly kind: "text"; readonly source: string }
  | { readonly kind: "value"; readonly source: string; readonly name: string }
  | { readonly kind: "tag"; readonly source: string; readonly name: string; readonly form: TagForm }
  | Block;

type TagForm = "open" | "close" | "void";

/** `{{#if a}}…{{else if b}}…{{else}}…{{/if}}` has three branches. */
export interface Block {
  readonly kind: "block";
  readonly helper: string;
  readonly branches: readonly Branch[];
  /** `{{/if}}` */
  readonly close: string;
}

interface Branch {
  /** `{{#if a}}`, `{{else if b}}`, `{{else}}` */
  readonly open: string;
  readonly nodes: readonly Node[];
}

const piece =
  /(?<comment>\{\{~?!--[\s\S]*?--~?\}\}|\{\{~?![^}]*\}\}|<!--[\s\S]*?-->)|(?<value>\{\{\{?[\s\S]*?\}\}\}?)|(?<tag><\/?[a-z!][^\s>{/]*(?:\{\{[\s\S]*?\}\}|"(?:\{\{[\s\S]*?\}\}|[^"{]|\{(?!\{))*"|[^>"{])*>)|(?<text>(?:(?!\{\{|<\/?[a-z!])[\s\S])+|<)/g;

const voidTags = new Set(["br", "hr", "img", "input", "link", "meta", "wbr", "!doctype"]);

/** Throws SyntaxError where a block does not end, or ends twice. */
export function parseTemplate(source: string): readonly Node[] {
  const top: Node[] = [];
  const open: { helper: string; branches: { open: string; nodes: Node[] }[] }[] = [];
  const nodes = (): Node[] => open.at(-1)?.branches.at(-1)?.nodes ?? top;
  for (const { 0: found, groups = {} } of source.matchAll(piece)) {
    if (groups.comment !== undefined) continue;
    if (groups.text !== undefined) nodes().push({ kind: "text", source: found });
    else if (groups.tag !== undefined) nodes().push(tagOf(found));
    else {
      const [, sign = "", helper = ""] = /^\{\{~?(#>|[#/^]|else\b)?\s*([\w-]*)/.exec(found) ?? [];
      if (sign.startsWith("#")) open.push({ helper, branches: [{ open: found, nodes: [] }] });
      else if (sign === "else" || sign === "^") open.at(-1)?.branches.push({ open: found, nodes: [] });
      else if (sign === "/") {
        const ended = open.pop();
        if (ended?.helper !== helper) throw new SyntaxError(`expected the end of a block, got: ${found}`);
        nodes().push({ kind: "block", ...ended, close: found });
      } else nodes().push({ kind: "value", source: found, name: nameOf(found) });
    }
  }
  if (open.length > 0) throw new SyntaxError(`expected an end of {{#${open.at(-1)!.helper}}}`);
  return top;
}

function tagOf(source: string): Node {
  const [, end, name = ""] = /^<(\/)?([a-z!][\w-]*)/i.exec(source) ?? [];
  const isVoid = voidTags.has(name.toLowerCase()) || source.endsWith("/>");
  return { kind: "tag", source, name, form: end ? "close" : isVoid ? "void" : "open" };
}

/** What is written, in a word: `{{date span.first}}` and `{{#if span.first}}` -> "first". */
export function nameOf(source: string): string {
  const words = source.replaceAll(/[\w-]+=(?:"[^"]*"|\S+)|"[^"]*"|[(){}~#>/^]/g, " ").split(/\s+/);
  const paths = words.filter((word) => /^[@\w./-]+$/.test(word) && !/^[\d.]+$/.test(word));
  const named = paths.filter((word) => !["if", "unless", "else", "eq", "not", "isKnown"].includes(word));
  const last = (named[1] ?? named[0] ?? "value").split(/[./]/).at(-1) || "this";
  return last.replaceAll(/[^\w]/g, "_");
}
