/** Tables as comma-separated text, quoted as other programs agree on. */
import { stringify } from "csv-stringify/sync";

/** With what a spreadsheet takes a cell for a formula, whatever stands in it; behind signs of ours. */
const formula = /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
const figure = /^-?\d+(\.\d+)?$/;

/** A text that a spreadsheet would calculate gets the sign by which it is taken for a text; a negative number is none. */
export function asText(cell: string): string {
  return formula.test(cell) && !figure.test(cell) ? `'${cell}` : cell;
}

/** The cell as it was before `asText`; any other one as it is. */
export function fromText(cell: string): string {
  return cell.startsWith("'") && formula.test(cell) ? cell.slice(1) : cell;
}

/** Batches of rows as text, the first with a header; each is asked for when `write` has taken the one before. */
export async function writeCsv(
  columns: readonly string[],
  batches: AsyncIterable<readonly object[]>,
  write: (text: string) => Promise<void>,
): Promise<void> {
  const options = {
    columns: [...columns],
    cast: { string: asText, date: (value: Date) => value.toISOString(), boolean: String },
  };
  const header = stringify([columns]);
  let isBegun = false;
  for await (const rows of batches) {
    await write((isBegun ? "" : header) + stringify([...rows], options));
    isBegun = true;
  }
  if (!isBegun) await write(header);
}
