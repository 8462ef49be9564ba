/**
 * Which of many values to draw: in each of `buckets` equal stretches the lowest and the highest, and both ends.
 * An extreme is never lost, so the deepest drawdown of a chart is the one the figures name.
 * Returns ascending indexes; all of them when there are few.
 */
export function decimate(values: readonly (number | null)[], buckets: number): number[] {
  if (values.length <= buckets * 2) return values.map((_, index) => index);
  const kept = new Set([0, values.length - 1]);
  for (let bucket = 0; bucket < buckets; bucket++) {
    const start = Math.floor((bucket * values.length) / buckets);
    const end = Math.floor(((bucket + 1) * values.length) / buckets);
    let lowest = start;
    let highest = start;
    for (let index = start; index < end; index++) {
      const value = values[index] ?? null;
      if (value === null) continue;
      if (value < (values[lowest] ?? Infinity)) lowest = index;
      if (value > (values[highest] ?? -Infinity)) highest = index;
    }
    kept.add(lowest).add(highest);
  }
  return [...kept].sort((left, right) => left - right);
}
