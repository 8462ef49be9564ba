/** The definition of every figure: read from docs/metrics.md, so that pages and documentation cannot disagree. */
import { type Message, t } from "../messages/index.ts";

export interface Span {
  readonly text: string;
  readonly kind: "plain" | "strong" | "code";
}

/** A paragraph in spans, or a formula as it stands. */
export type Block =
  | { readonly formula: string; readonly spans: null }
  | { readonly formula: null; readonly spans: readonly Span[] };

export class MissingDefinitionError extends Error {
  readonly code = "missing_definition";

  constructor(figures: readonly string[]) {
    super(
      `expected a section "### <figure>" in docs/metrics.md for each figure, got none for: ${figures.join(", ")}`,
    );
  }
}

/**
 * The sections `### <figure>` of a Markdown text, by figure. Of Markdown, only what the file uses: paragraphs,
 * indented formulas, **strong** and `code`. Paragraphs that name the proofs are left out: they are for who reads the
 * tests. In the language of who is spoken to: its messages are the paragraphs and formulas, with their marks. Throws
 * MissingDefinitionError when a figure has no section.
 */
export function parseDefinitions(
  markdown: string,
  figures: readonly string[],
): ReadonlyMap<string, readonly Block[]> {
  const definitions = new Map(
    sectionsOf(markdown).map(([figure, blocks]) => [figure, blocks.map(parseBlock)]),
  );
  const missing = figures.filter((figure) => !definitions.get(figure)?.length);
  if (missing.length > 0) throw new MissingDefinitionError(missing);
  return definitions;
}

/** All that is said in the sections `### <figure>` of a Markdown text, for the catalogues. */
export const definitionMessages = (markdown: string): string[] =>
  sectionsOf(markdown).flatMap(([, blocks]) => blocks.map(({ message }) => message));

interface Source {
  readonly message: Message;
  readonly isFormula: boolean;
}

function sectionsOf(markdown: string): [figure: string, blocks: readonly Source[]][] {
  return markdown.split(/^(?=#{1,3} )/m).flatMap((section): [string, readonly Source[]][] => {
    const [heading = "", ...lines] = section.split("\n");
    return heading.startsWith("### ") ? [[heading.slice(4).trim(), blocksOf(lines.join("\n"))]] : [];
  });
}

function blocksOf(text: string): Source[] {
  return text
    .split(/\n{2,}/)
    .map((block) => block.replace(/^\n+|\s+$/g, ""))
    .filter((block) => block !== "" && !block.startsWith("Proof:"))
    .map((block) =>
      block.startsWith("    ")
        ? { message: block.replaceAll(/^ {4}/gm, "") as Message, isFormula: true }
        : { message: block.replaceAll("\n", " ") as Message, isFormula: false },
    );
}

// Without values nothing of the notation of ICU is read: marks and braces are as they stand.
const parseBlock = ({ message, isFormula }: Source): Block =>
  isFormula ? { formula: t(message), spans: null } : { formula: null, spans: parseSpans(t(message)) };

function parseSpans(text: string): Span[] {
  return text
    .split(/(\*\*[^*]+\*\*|`[^`]+`)/)
    .filter((part) => part !== "")
    .map((part) => {
      if (part.startsWith("**")) return { text: part.slice(2, -2), kind: "strong" };
      if (part.startsWith("`")) return { text: part.slice(1, -1), kind: "code" };
      return { text: part, kind: "plain" };
    });
}
