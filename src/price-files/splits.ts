/** Splits of a series of prices as they were traded, by the column that has them adjusted. Pure. */
import type { FileBar, FileSplit } from "./reading.ts";

/** Sides of a ratio that changes quantities; what needs larger ones is no split. */
const largestSide = 20;
/** Smaller steps are roundings, or rights. */
const smallestStep = 1.04;

/** How many times the adjusted close the close is, and how far the adjusted one's last digit leaves that open, as a share. */
function factorOf({ close, adjusted }: FileBar): { factor: number; tolerance: number } {
  if (adjusted === null) return { factor: 1, tolerance: 0 };
  const digits = adjusted.split(".")[1]?.length ?? 0;
  return { factor: Number(close) / Number(adjusted), tolerance: (0.6 * 10 ** -digits) / Number(adjusted) };
}

function fractionNear(ratio: number, tolerance: number): readonly [number, number] | null {
  for (let denominator = 1; denominator <= largestSide; denominator++) {
    const numerator = Math.round(ratio * denominator);
    if (numerator > largestSide * denominator || (numerator > largestSide && denominator > 1)) continue;
    if (numerator !== denominator && Math.abs(numerator / denominator / ratio - 1) <= tolerance)
      return [numerator, denominator];
  }
  return null;
}

/**
 * A split is where the factor between the two columns steps by a ratio of small whole numbers, and the price falls with it on the same day. A
 * step without such a fall is the column's own: it is adjusted as of another day.
 */
export function splitsOf(bars: readonly FileBar[]): FileSplit[] {
  const found: FileSplit[] = [];
  for (const [index, bar] of bars.entries()) {
    const before = bars[index - 1];
    if (before === undefined || (bar.adjusted === null && before.adjusted === null)) continue;
    const [old, now] = [factorOf(before), factorOf(bar)];
    const step = old.factor / now.factor;
    const fall = Number(before.close) / Number(bar.close);
    if (Math.abs(Math.log(step)) < Math.log(smallestStep)) continue;
    const share = Math.log(fall) / Math.log(step);
    if (share < 0.5 || share > 1.5) continue;
    const fraction = fractionNear(step, old.tolerance + now.tolerance + 0.002);
    if (fraction === null) continue;
    const [numerator, denominator] = fraction;
    found.push({
      date: bar.date,
      numerator,
      denominator,
      detail: `${numerator}:${denominator} by the adjusted column, with the price from ${before.close} to ${bar.close}`,
    });
  }
  return found;
}
