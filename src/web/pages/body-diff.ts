/** What an edited body has that the published one has not, and the other way round, line by line. */
import { structuredPatch } from "diff";

export interface DiffLine {
  readonly kind: "added" | "removed" | "same";
  /** "+", "−" or a space: a colour alone would not do. */
  readonly sign: string;
  readonly text: string;
}

export interface BodyDiff {
  readonly added: number;
  readonly removed: number;
  /** Stretches of lines around what differs, each from a line of the edited body on. */
  readonly hunks: readonly { readonly from: number; readonly lines: readonly DiffLine[] }[];
}

/** Lines around a difference that stay as they were. */
const context = 3;

const kinds: Readonly<Record<string, Pick<DiffLine, "kind" | "sign">>> = {
  "+": { kind: "added", sign: "+" },
  "-": { kind: "removed", sign: "−" },
};

/** `hunks` is empty where the texts are the same. */
export function bodyDiff(published: string, edited: string): BodyDiff {
  const { hunks } = structuredPatch("", "", `${published}\n`, `${edited}\n`, undefined, undefined, {
    context,
  });
  const described = hunks.map(({ newStart, lines }) => ({
    from: newStart,
    lines: lines.map((line): DiffLine => {
      const { kind, sign } = kinds[line[0]!] ?? { kind: "same", sign: " " };
      return { kind, sign, text: line.slice(1) };
    }),
  }));
  const count = (kind: DiffLine["kind"]): number =>
    described.flatMap(({ lines }) => lines).filter((line) => line.kind === kind).length;
  return { added: count("added"), removed: count("removed"), hunks: described };
}
