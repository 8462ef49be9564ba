/** What is read of a file, a line of text for each row, for tests. */
import { type ImportFile, readImportFile } from "../../src/ledger/import/read.ts";
import { readRow } from "../../src/ledger/import/rows.ts";

export const clock = () => new Date("2026-01-15T12:00:00Z");

export const foreign = (currency = "USD") => (currency === "USD" ? "" : ` ${currency}`);

/** "2024-01-05 BUY 1 AAPL at 100 fee 0" and codes of warnings, or the codes of what is wrong, or the kind of what is kept. */
export const toldOf = (csv: string, given: Omit<ImportFile, "csv"> = {}): string[] =>
  readImportFile({ csv, ...given }, clock)
    .entries.map((entry) => readRow(entry, () => undefined, clock))
    .map(({ input, kind, errors, warnings }) => {
      if (errors.length > 0) return errors.map(({ code }) => code).join(" ");
      const warned = warnings.map(({ code }) => ` ${code}`).join("");
      return input
        ? `${input.date} ${input.type} ${input.quantity} ${input.ticker} at ${input.price}${foreign(input.currency)} fee ${input.fee}${warned}`
        : String(kind);
    });
