/** A line without axes, as small as a word; the stylesheet gives it its size. */
import { line } from "d3-shape";

const width = 96;
const height = 24;

/** null: fewer than two values. A null value is a gap. */
export function sparkline(values: readonly (number | null)[]): { viewBox: string; path: string } | null {
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return null;
  const lowest = Math.min(...known);
  const extent = Math.max(...known) - lowest;
  const draw = line<number | null>()
    .defined((value) => value !== null)
    .x((_, index) => (index / (values.length - 1)) * width)
    .y((value) =>
      extent === 0 ? height / 2 : height - 1.5 - (((value ?? 0) - lowest) / extent) * (height - 3),
    )
    .digits(1);
  return { viewBox: `0 0 ${width} ${height}`, path: draw(values) ?? "" };
}
