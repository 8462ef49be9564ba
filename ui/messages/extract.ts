/**
 * The messages of templates, code and scripts, and what of them each language lacks. `npm run messages` brings the catalogues in line
 * with them: new ones are empty, to be translated; what nobody says any more is out.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CallExpression, type Expression, type Node, parse } from "acorn";
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

/** The texts that an expression can be: both of a choice, the whole of a sum. */
function textsOf(node: Expression): string[] {
  if (node.type === "Literal") return typeof node.value === "string" ? [node.value] : [];
  if (node.type === "TemplateLiteral") return node.quasis.length === 1 ? [node.quasis[0]!.value.cooked!] : [];
  if (node.type === "ConditionalExpression") return [...textsOf(node.consequent), ...textsOf(node.alternate)];
  if (node.type === "LogicalExpression") return [...textsOf(node.left), ...textsOf(node.right)];
  if (node.type === "BinaryExpression" && node.operator === "+" && node.left.type !== "PrivateIdentifier") {
    return textsOf(node.left).flatMap((left) => textsOf(node.right).map((right) => left + right));
  }
  return [];
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";

function messagesOfCode(file: string): string[] {
  const source = readFileSync(file, "utf8");
  const script = file.endsWith(".ts") ? stripTypeScriptTypes(source) : source;
  const found: string[] = [];
  const visit = (node: Node): void => {
    if (isCall(node) && node.callee.type === "Identifier" && speakers.has(node.callee.name)) {
      const [message] = node.arguments;
      if (message && message.type !== "SpreadElement") found.push(...textsOf(message));
    }
    for (const child of Object.values(node).flat()) if (isNode(child)) visit(child);
  };
  visit(parse(script, { ecmaVersion: "latest", sourceType: "module" }));
  return found.map((text) => text.replaceAll(/:(number|day)\}/g, "}"));
}

const isCall = (node: Node): node is CallExpression => node.type === "CallExpression";

/** Every message, in the order of the files; the definitions of figures are those of docs/metrics.md. */
export function allMessages(): string[] {
  const templates = ["ui/views", "ui/partials"].flatMap((folder) => filesOf(folder, ".hbs"));
  const messages = [
    ...templates.flatMap((file) => messagesOf(readFileSync(file, "utf8"))),
    ...filesOf("src", ".ts").flatMap(messagesOfCode),
    ...filesOf("ui/static", ".js").flatMap(messagesOfCode),
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
