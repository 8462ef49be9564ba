/** Tables as comma-separated text, quoted as other programs agree on. */
import { type Options, stringify } from "csv-stringify/sync";
import { mapInTurns } from "./event-loop.ts";

const rowsAtOnce = 100;

/** With a header; other requests are answered while it is made. */
export async function csvInTurns(
  rows: readonly object[],
  options: Pick<Options, "cast"> & { readonly columns: string[] },
): Promise<string> {
  const starts = Array.from(
    { length: Math.ceil(rows.length / rowsAtOnce) },
    (_, index) => index * rowsAtOnce,
  );
  const header = stringify([], { ...options, header: true });
  const parts = await mapInTurns(starts, (start) =>
    stringify(rows.slice(start, start + rowsAtOnce), options),
  );
  return header + parts.join("");
}
