/** What keeps one long computation from holding up every other request of the process. */
import { setImmediate } from "node:timers/promises";

/** So long work goes on before others get their turn. */
const turnMilliseconds = 10;

/** As Array.map, with a turn for others whenever one's own is over. */
export async function mapInTurns<T, R>(items: Iterable<T>, map: (item: T, index: number) => R): Promise<R[]> {
  const mapped: R[] = [];
  let endsAt = performance.now() + turnMilliseconds;
  for (const item of items) {
    mapped.push(map(item, mapped.length));
    if (performance.now() < endsAt) continue;
    await setImmediate();
    endsAt = performance.now() + turnMilliseconds;
  }
  return mapped;
}

/** As JSON.stringify of what each item is mapped to, in a list. */
export async function listInTurns<T>(
  items: Iterable<T>,
  map: (item: T, index: number) => unknown,
): Promise<string> {
  return `[${(await mapInTurns(items, (item, index) => JSON.stringify(map(item, index)) ?? "null")).join(",")}]`;
}

/** As JSON.stringify of an object whose fields are long lists: of them one item after the other. */
export async function jsonInTurns(fields: object): Promise<string> {
  const written: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    const json = Array.isArray(value)
      ? await listInTurns(value, (item: unknown) => item)
      : JSON.stringify(value);
    if (json !== undefined) written.push(`${JSON.stringify(name)}:${json}`);
  }
  return `{${written.join(",")}}`;
}
