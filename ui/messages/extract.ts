/**
 * The messages of templates, code and scripts, and what of them each language lacks. `npm run messages` brings the catalogues in line
 * with them: new ones are empty, to be translated; what nobody says any more is out.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type CallExpression,
  type Expression,
  type Node,
  type Program,
  parse,
  type SpreadElement,
} from "acorn";
import { languageCodes } from "../../src/languages.ts";
import { definitionMessages } from "../../src/web/explain/definitions.ts";
import { messagesOf } from "../../src/web/messages/index.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Whose first argument is a message. */
const speakers = new Set(["t", "plain", "defineMessage"]);

const filesOf = (folder: string, ending: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(ending))
    .sort()
    .map((file) => join(root, folder, file));

/** Of a file: texts that have a name there, such as a choice that several of its messages have in them. */
type Constants = Map<string, string[]>;

/** The texts that an expression can be: both of a choice, the whole of a sum. Empty: what it is, is not written there. */
function textsOf(node: Expression, constants: Constants): string[] {
  const textsIn = (part: Expression): string[] => textsOf(part, constants);
  if (node.type === "Identifier") return constants.get(node.name) ?? [];
  if (node.type === "Literal") return typeof node.value === "string" ? [node.value] : [];
  if (node.type === "TemplateLiteral")
    return node.expressions.reduce(
      (texts, expression, index) =>
        texts.flatMap((text) =>
          textsIn(expression).map((value) => text + value + node.quasis[index + 1]!.value.cooked!),
        ),
      [node.quasis[0]!.value.cooked!],
    );
  if (node.type === "ConditionalExpression") return [...textsIn(node.consequent), ...textsIn(node.alternate)];
  if (node.type === "LogicalExpression") return [...textsIn(node.left), ...textsIn(node.right)];
  if (node.type === "BinaryExpression" && node.operator === "+" && node.left.type !== "PrivateIdentifier") {
    return textsIn(node.left).flatMap((left) => textsIn(node.right).map((right) => left + right));
  }
  return [];
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";

function constantsOf({ body }: Program): Constants {
  const constants: Constants = new Map();
  for (const statement of body)
    if (statement.type === "VariableDeclaration" && statement.kind === "const")
      for (const { id, init } of statement.declarations)
        if (id.type === "Identifier" && init) constants.set(id.name, textsOf(init, constants));
  return constants;
}

/** Throws SyntaxError where a message is not to be read from the code. */
function messagesOfFile(file: string): string[] {
  const source = readFileSync(file, "utf8");
  try {
    return file.endsWith(".ts")
      ? messagesOfCode(stripTypeScriptTypes(source), isMarked)
      : messagesOfCode(source, () => false);
  } catch (error) {
    throw new SyntaxError(`${relative(root, file)}: ${(error as Error).message}`, { cause: error });
  }
}

/** `isElsewhere`: may the speaker say what is written in another place? */
export function messagesOfCode(
  script: string,
  isElsewhere: (speaker: string, message: Expression) => boolean,
): string[] {
  const found: string[] = [];
  const program = parse(script, { ecmaVersion: "latest", sourceType: "module" });
  const constants = constantsOf(program);
  const visit = (node: Node): void => {
    if (isCall(node) && node.callee.type === "Identifier" && speakers.has(node.callee.name)) {
      for (const message of alternativesOf(node.arguments[0])) {
        const texts = textsOf(message, constants);
        if (texts.length === 0 && !isElsewhere(node.callee.name, message)) {
          const line = script.slice(0, node.start).split("\n").length;
          throw new SyntaxError(`line ${line}: expected a text, got: ${script.slice(node.start, node.end)}`);
        }
        found.push(...texts);
      }
    }
    for (const child of Object.values(node).flat()) if (isNode(child)) visit(child);
  };
  visit(program);
  return found.map((text) => text.replaceAll(/:(number|day)\}/g, "}"));
}

/** What `t` and `plain` are given and is no text is of the type that `defineMessage` gives: the compiler sees to that. */
export const isMarked = (speaker: string, { type }: Expression): boolean =>
  speaker !== "defineMessage" && type !== "TemplateLiteral" && type !== "BinaryExpression";

function alternativesOf(node: Expression | SpreadElement | undefined): Expression[] {
  if (node === undefined || node.type === "SpreadElement") return [];
  if (node.type === "ConditionalExpression") return [node.consequent, node.alternate].flatMap(alternativesOf);
  if (node.type === "LogicalExpression") return [node.left, node.right].flatMap(alternativesOf);
  return [node];
}

const isCall = (node: Node): node is CallExpression => node.type === "CallExpression";

/** Every message, in the order of the files; the definitions of figures are those of docs/metrics.md. */
export function allMessages(): string[] {
  const templates = ["ui/views", "ui/partials"].flatMap((folder) => filesOf(folder, ".hbs"));
  const messages = [
    ...templates.flatMap((file) => messagesOf(readFileSync(file, "utf8"))),
    ...["src", "assets"].flatMap((folder) => filesOf(folder, ".ts").flatMap(messagesOfFile)),
    ...filesOf("ui/static", ".js").flatMap(messagesOfFile),
    ...definitionMessages(readFileSync(join(root, "docs/metrics.md"), "utf8")),
  ];
  return [...new Set(messages)].filter((message) => /\p{L}/u.test(message));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const messages = allMessages();
  for (const language of languageCodes.filter((code) => code !== "en")) {
    const file = join(root, `ui/messages/${language}.json`);
    let known: Record<string, string> = {};
    try {
      known = JSON.parse(readFileSync(file, "utf8"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    const catalogue = Object.fromEntries(messages.map((message) => [message, known[message] ?? ""]));
    writeFileSync(file, `${JSON.stringify(catalogue, null, 2)}\n`);
    const missing = messages.filter((message) => !catalogue[message]).length;
    process.stdout.write(`${language}: ${messages.length} messages, ${missing} to be translated\n`);
  }
}
