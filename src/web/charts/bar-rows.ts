/**
 * The geometry of bars, one below the other, each with its name and its figure above it; ui/partials/bar-rows.hbs draws them. In
 * percent, so that one markup fits a phone and a desk, and labels have a line of their own, so that none runs into a bar.
 */

/** What a bar says: a sum, money that came or went, what was gained or lost, or a share of something. */
export type BarKind = "total" | "flow" | "gain" | "loss" | "share";

export interface BarRow {
  readonly label: string;
  /** As it is written. */
  readonly text: string;
  readonly kind: BarKind;
  /** Where it begins and where it ends; of a figure by itself it begins at 0. */
  readonly from: number;
  readonly to: number;
}

const rowHeight = 34;
const barTop = 17;
const barHeight = 11;
/** What is there at all can be seen: of a width of 300 pixels, one. */
const leastWidth = 0.35;

const percentOf = (share: number): string => `${share.toFixed(3)}%`;

/**
 * All over one scale, which has 0 in it. `isChained`: each begins where the one before ended, and a line leads there (a waterfall).
 * Throws RangeError for a bar that is no number.
 */
export function barRows(rows: readonly BarRow[], isChained: boolean) {
  const ends = rows.flatMap(({ from, to }) => [from, to]);
  if (!ends.every(Number.isFinite)) throw new RangeError("bars: every end is a number");
  const lowest = Math.min(0, ...ends);
  const extent = Math.max(0, ...ends) - lowest || 1;
  const place = (value: number): number => ((value - lowest) / extent) * 100;
  return {
    height: rows.length * rowHeight,
    barHeight,
    zero: percentOf(place(0)),
    rows: rows.map(({ label, text, kind, from, to }, index) => {
      const [left, right] = [place(Math.min(from, to)), place(Math.max(from, to))];
      const width = from === to ? 0 : Math.max(leastWidth, right - left);
      const top = index * rowHeight;
      return {
        label,
        text,
        kind,
        labelY: top + 12,
        y: top + barTop,
        x: percentOf(Math.min(left, 100 - width)),
        width: percentOf(width),
        // From the end of this one down to the next.
        link:
          isChained && index < rows.length - 1
            ? { x: percentOf(place(to)), from: top + barTop, to: top + rowHeight + barTop + barHeight }
            : null,
      };
    }),
  };
}
