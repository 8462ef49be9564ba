/** The definition of every figure: read from docs/metrics.md, so that pages and documentation cannot disagree. */

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
 * tests. Throws MissingDefinitionError when a figure has no section.
 */
export function parseDefinitions(
  markdown: string,
  figures: readonly string[],
): ReadonlyMap<string, readonly Block[]> {
  const sections = markdown.split(/^(?=#{1,3} )/m).flatMap((section): [string, readonly Block[]][] => {
    const [heading = "", ...lines] = section.split("\n");
    return heading.startsWith("### ") ? [[heading.slice(4).trim(), parseBlocks(lines.join("\n"))]] : [];
  });
  const definitions = new Map(sections);
  const missing = figures.filter((figure) => !definitions.get(figure)?.length);
  if (missing.length > 0) throw new MissingDefinitionError(missing);
  return definitions;
}

function parseBlocks(text: string): Block[] {
  return text
    .split(/\n{2,}/)
    .map((block) => block.replace(/^\n+|\s+$/g, ""))
    .filter((block) => block !== "" && !block.startsWith("Proof:"))
    .map((block) =>
      block.startsWith("    ")
        ? { formula: block.replaceAll(/^ {4}/gm, ""), spans: null }
        : { formula: null, spans: parseSpans(block.replaceAll("\n", " ")) },
    );
}

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
