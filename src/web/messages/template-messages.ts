/**
 * The sentences of a template are its messages: what stands in a line of text, with places for what is written into it, in the
 * notation of ICU. A template is written in English, as it is read, and nothing in it is marked; one in another language is the same
 * template with other sentences.
 *
 * `<p>{{count n}} {{#if (eq n 1)}}row{{else}}rows{{/if}} of <a href="…">your file</a></p>` has the message
 * `{n} {n_count, plural, one {row} other {rows}} of <a>your file</a>`.
 */
import { type MessageFormatElement, parse, TYPE } from "@formatjs/icu-messageformat-parser";
import { type Block, type Node, nameOf, parseTemplate } from "./template-source.ts";

/** The message in the language; null: as it is in English. */
export type Translate = (message: string) => string | null;

/** What a message's place stands for in the template. */
interface Places {
  readonly values: Map<string, string>;
  readonly tags: Map<string, TagPlace>;
  readonly blocks: Map<string, Block>;
}

interface TagPlace {
  readonly open: string;
  readonly close: string;
  readonly trims: Trims;
}

/** Where a `~` at an end takes away the space before or after. */
interface Trims {
  readonly start: boolean;
  readonly end: boolean;
}

/** May stand within a sentence. */
const inlineTags = new Set(
  "a abbr b bdi br code data em i kbd q samp small span strong sub sup time var wbr".split(" "),
);
/** Attributes that are read, or heard. */
const spokenAttribute =
  /(?<=\s)(aria-label|aria-description|title|placeholder|alt|label|data-(?:label|says)[\w-]*)="((?:\{\{[\s\S]*?\}\}|[^"{]|\{(?!\{))*)"/g;
/** The same of what a template gives to a partial. */
const spokenParameter = /(?<=\s)(label|hint|title|summary|unit)="(\p{Lu}[^"]*)"/gu;
const letters = /\p{L}/u;
const entity = /&[#\w]+;/g;

/** The messages of a template, in their order. */
export function messagesOf(source: string): string[] {
  const messages: string[] = [];
  localise(source, (message) => {
    messages.push(message);
    return null;
  });
  return messages;
}

/** The template with its messages in another language. Throws SyntaxError where one does not fit its place. */
export function localise(source: string, translate: Translate): string {
  return writeNodes(parseTemplate(source), translate);
}

function writeNodes(nodes: readonly Node[], translate: Translate): string {
  let written = "";
  let run: Node[] = [];
  const end = (): void => {
    written += writeRun(run, translate);
    run = [];
  };
  for (const node of nodes) {
    if (isInline(node)) {
      if (beginsAnew(run, node)) end();
      run.push(node);
      if (isSentences(node) && endsSentence(run.slice(0, -1))) end();
    } else {
      end();
      written += writeNode(node, translate);
    }
  }
  end();
  return written;
}

function writeNode(node: Node, translate: Translate): string {
  if (node.kind === "text") return node.source;
  if (node.kind === "tag") return writeTag(node.source, translate);
  if (node.kind === "value") return writeParameters(node.source, translate);
  return node.branches.map(({ open, nodes }) => open + writeNodes(nodes, translate)).join("") + node.close;
}

const writeTag = (source: string, translate: Translate): string =>
  source.replaceAll(spokenAttribute, (_, name: string, value: string) => {
    return `${name}="${writeNodes(parseTemplate(value), translate)}"`;
  });

const writeParameters = (source: string, translate: Translate): string =>
  source.replaceAll(spokenParameter, (_, name: string, value: string) => {
    return `${name}="${translate(value)?.replaceAll('"', "”") ?? value}"`;
  });

/** A line of text: one message, or none where all its letters are in one block, or in blocks of sentences. */
function writeRun(run: readonly Node[], translate: Translate): string {
  const wrapped = wrappedIn(run);
  if (wrapped) {
    const [before, inside, after] = wrapped;
    const write = (node: Node): string => writeNode(node, translate);
    return before.map(write).join("") + writeRun(inside, translate) + after.map(write).join("");
  }
  if (!isMessage(run)) return run.map((node) => writeNode(node, translate)).join("");
  const places: Places = { values: new Map(), tags: new Map(), blocks: new Map() };
  const { nodes, trims } = withoutTildes(run);
  const whole = messageOf(nodes, places);
  const [, before = "", message = "", after = ""] = /^(\s*)([\s\S]*?)(\s*)$/.exec(whole) ?? [];
  const other = translate(message.replaceAll(/\s+/g, " "));
  if (other === null) return run.map((node) => writeWithin(node, translate)).join("");
  const written = writeMessage(parse(other), places, translate);
  return (trims.start ? "" : before) + written + (trims.end ? "" : after);
}

/** In another language what stands at an end may stand elsewhere, where its `~` would join two words. */
function withoutTildes(nodes: readonly Node[]): { readonly nodes: readonly Node[]; readonly trims: Trims } {
  const [first, last] = [
    nodes.findIndex((node) => !isSpace(node)),
    nodes.findLastIndex((node) => !isSpace(node)),
  ];
  const trims = {
    start: first >= 0 && sourceOf(nodes[first]!).startsWith("{{~"),
    end: last >= 0 && sourceOf(nodes[last]!).endsWith("~}}"),
  };
  const bare = nodes.map((node, index) => {
    if (node.kind !== "value" && node.kind !== "block") return node;
    const begun = index === first ? withStart(node, (source) => source.replace(/^\{\{~/, "{{")) : node;
    return index === last ? withEnd(begun, (source) => source.replace(/~\}\}$/, "}}")) : begun;
  });
  return { nodes: bare, trims };
}

type Written = Extract<Node, { readonly kind: "value" | "block" }>;

function withStart(node: Written, change: (source: string) => string): Written {
  if (node.kind === "value") return { ...node, source: change(node.source) };
  const [first, ...others] = node.branches;
  return { ...node, branches: [{ ...first!, open: change(first!.open) }, ...others] };
}

const withEnd = (node: Written, change: (source: string) => string): Written =>
  node.kind === "value" ? { ...node, source: change(node.source) } : { ...node, close: change(node.close) };

const isSpace = (node: Node): boolean => node.kind === "text" && node.source.trim() === "";

/** The run without a tag around the whole of it, which a message need not have. */
function wrappedIn(run: readonly Node[]): readonly [Node[], Node[], Node[]] | null {
  const first = run.findIndex((node) => !isSpace(node));
  const last = run.findLastIndex((node) => !isSpace(node));
  if (first < 0 || endsOf(run).get(first) !== last) return null;
  return [run.slice(0, first + 1), run.slice(first + 1, last), run.slice(last)];
}

function isMessage(run: readonly Node[]): boolean {
  if (run.some((node) => node.kind === "text" && isText(node.source))) return true;
  return run.some(isFragment) && run.filter((node) => !isSpace(node)).length > 1;
}

/** What cannot be said without what stands around it: neither sentences, nor a label, nor in a tag of its own. */
function isFragment(node: Node): boolean {
  if (node.kind !== "block" || !hasText(node) || isSentences(node)) return false;
  const said = node.branches.filter(({ nodes }) => nodes.some((inner) => !isSpace(inner)));
  if (said.every(({ nodes }) => wrappedIn(nodes))) return false;
  return said.length > 1 || !/^\p{Lu}/u.test(textOf(said[0]!.nodes).trim());
}

/** Of what is in the message already, attributes and parameters alone have messages of their own. */
function writeWithin(node: Node, translate: Translate): string {
  if (node.kind !== "block") return writeNode(node, translate);
  const branches = node.branches.map(
    ({ open, nodes }) => open + nodes.map((inner) => writeWithin(inner, translate)).join(""),
  );
  return branches.join("") + node.close;
}

const isText = (text: string): boolean => letters.test(text.replaceAll(entity, ""));

function isInline(node: Node): boolean {
  if (node.kind === "tag") return inlineTags.has(node.name);
  if (node.kind !== "block") return true;
  if (!node.branches.every(({ nodes }) => nodes.every(isInline))) return false;
  return ["if", "unless"].includes(node.helper) || !hasText(node);
}

function hasText(node: Node): boolean {
  if (node.kind === "text") return isText(node.source);
  return node.kind === "block" && node.branches.some(({ nodes }) => nodes.some(hasText));
}

/** A block whose every branch is sentences stands for itself. */
const isSentences = (node: Node): boolean =>
  node.kind === "block" &&
  hasText(node) &&
  node.branches.every(({ nodes }) => {
    const text = textOf(nodes).trim();
    return text === "" || /^[\p{Lu}{<“][\s\S]*[.?!:]$/u.test(text);
  });

const textOf = (nodes: readonly Node[]): string =>
  nodes
    .map((node) => {
      if (node.kind === "text") return node.source;
      if (node.kind === "value") return "{}";
      return node.kind === "block" ? textOf(node.branches[0]!.nodes) : "";
    })
    .join("");

const endsSentence = (run: readonly Node[]): boolean => /(^|[.?!:])\s*$/.test(textOf(run));

const beginsAnew = (run: readonly Node[], node: Node): boolean =>
  run.length > 0 && isSentences(node) && endsSentence(run);

/** Writes down what its places stand for. */
function messageOf(nodes: readonly Node[], places: Places): string {
  let message = "";
  const ends = endsOf(nodes);
  for (let index = 0; index < nodes.length; index += 1) {
    const node = nodes[index]!;
    if (node.kind === "text") message += node.source.replaceAll(/[{}]/g, "'$&'");
    else if (node.kind === "value") message += valuePlace(node.source, node.name, places);
    else if (node.kind === "block") message += blockMessage(node, places);
    else {
      const end = ends.get(index);
      const inside = end === undefined ? [] : nodes.slice(index + 1, end);
      if (end === undefined || !inside.some(hasText)) {
        const source = nodes
          .slice(index, (end ?? index) + 1)
          .map(sourceOf)
          .join("");
        const inner = inside.find(({ kind }) => kind === "value" || kind === "block");
        message += valuePlace(source, inner ? nameOf(firstOf(inner)) : node.name, places);
      } else {
        const name = free(node.name, (taken) => places.tags.has(taken));
        const { nodes: within, trims } = withoutTildes(inside);
        places.tags.set(name, { open: node.source, close: sourceOf(nodes[end]!), trims });
        message += `<${name}>${messageOf(within, places)}</${name}>`;
      }
      index = end ?? index;
    }
  }
  return message;
}

/** Where each tag that is opened in the run is closed in it. */
function endsOf(nodes: readonly Node[]): Map<number, number> {
  const ends = new Map<number, number>();
  const open: number[] = [];
  nodes.forEach((node, index) => {
    if (node.kind !== "tag") return;
    if (node.form === "open") open.push(index);
    if (node.form === "close" && open.length > 0) ends.set(open.pop()!, index);
  });
  return ends;
}

const firstOf = (node: Node): string => {
  if (node.kind !== "block") return node.kind === "value" ? node.source : "";
  const inner = node.branches[0]!.nodes.find(({ kind }) => kind === "value" || kind === "block");
  return inner ? firstOf(inner) : node.branches[0]!.open;
};

const sourceOf = (node: Node): string =>
  node.kind === "block"
    ? node.branches.map(({ open, nodes }) => open + nodes.map(sourceOf).join("")).join("") + node.close
    : node.source;

/** The name, or the name with the first number that is free. */
function free(name: string, isTaken: (name: string) => boolean): string {
  for (let number = 1; ; number += 1) {
    const numbered = number === 1 ? name : `${name}${number}`;
    if (!isTaken(numbered)) return numbered;
  }
}

function valuePlace(source: string, name: string, { values }: Places): string {
  const place = free(name, (taken) => values.has(taken) && values.get(taken) !== source);
  values.set(place, source);
  return `{${place}}`;
}

const ofOne = /^\{\{~?#if \(eq ([^\s)]+) 1\)~?\}\}$/;

function blockMessage(block: Block, places: Places): string {
  if (!hasText(block)) return valuePlace(sourceOf(block), nameOf(firstOf(block)), places);
  const [first, ...others] = block.branches;
  const isCount = ofOne.test(first!.open);
  const kind = isCount ? "plural" : "select";
  const rest = others.length > 1 ? [elseBlock(block)] : (others[0]?.nodes ?? []);
  const source = {
    ...block,
    branches: [first!, ...(others.length > 0 ? [{ open: "{{else}}", nodes: rest }] : [])],
  };
  const name = `${first!.open.includes("(not ") ? "not_" : ""}${nameOf(first!.open)}_${isCount ? "count" : block.helper}`;
  const place = free(
    name,
    (taken) => places.blocks.has(taken) && openOf(places.blocks.get(taken)!) !== first!.open,
  );
  places.blocks.set(place, source);
  const [one, other] = [messageOf(first!.nodes, places), messageOf(rest, places)];
  return `{${place}, ${kind}, ${isCount ? "one" : "true"} {${one}} other {${other}}}`;
}

const openOf = ({ branches }: Block): string => branches[0]!.open;

/** `{{#if a}}…{{else if b}}…{{/if}}` as a block in the other branch. */
function elseBlock({ branches, ...block }: Block): Block {
  const [, second, ...others] = branches;
  const open = second!.open.replace(/else\s+/, "#").replaceAll("~", "");
  return { ...block, branches: [{ ...second!, open }, ...others], close: block.close.replaceAll("~", "") };
}

function writeMessage(
  elements: readonly MessageFormatElement[],
  places: Places,
  translate: Translate,
): string {
  return elements.map((element) => writeElement(element, places, translate)).join("");
}

/** A translation is text in a template, and neither markup nor one of its expressions. */
const asText = (text: string): string =>
  text.replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll("{", "&#123;");

function writeElement(element: MessageFormatElement, places: Places, translate: Translate): string {
  if (element.type === TYPE.literal) return asText(element.value);
  if (element.type === TYPE.argument) {
    const value = places.values.get(element.value);
    if (value === undefined)
      throw new SyntaxError(`expected a place of the message, got: {${element.value}}`);
    return parseTemplate(value)
      .map((node) => writeWithin(node, translate))
      .join("");
  }
  if (element.type === TYPE.tag) {
    const tag = places.tags.get(element.value);
    if (!tag) throw new SyntaxError(`expected a tag of the message, got: <${element.value}>`);
    const { open, close, trims } = tag;
    let inside = writeMessage(element.children, places, translate);
    if (trims.start) inside = inside.trimStart();
    if (trims.end) inside = inside.trimEnd();
    return writeTag(open, translate) + inside + close;
  }
  if (element.type !== TYPE.select && element.type !== TYPE.plural) {
    throw new SyntaxError("expected text, a place, a tag, plural or select");
  }
  const block = places.blocks.get(element.value);
  if (!block) throw new SyntaxError(`expected a choice of the message, got: {${element.value}}`);
  const { one, true: first = one, other } = element.options;
  const [write, open] = [(option = other) => writeMessage(option!.value, places, translate), openOf(block)];
  const otherwise = write(other);
  // Which numbers count as one is the language's own: 0 and 1 in French.
  const [, counted] = ofOne.exec(open) ?? [];
  const [begin, end] = counted ? [`{{#isOne ${counted}}}`, "{{/isOne}}"] : [open, block.close];
  return `${begin}${write(first)}${otherwise === "" ? "" : `{{else}}${otherwise}`}${end}`;
}
