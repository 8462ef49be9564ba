/** The figures of a price file. Pure. */
import { Big } from "big.js";
import { type DecimalMark, isBlank, readFigure } from "../ledger/import/figures.ts";

const multiples: Readonly<Record<string, number>> = { K: 1e3, M: 1e6, B: 1e9 };

/** null: nothing stands there. undefined: it is no figure, or one of two. */
export function readPrice(cell: string | undefined, mark: DecimalMark | null): string | null | undefined {
  const text = cell?.trim() ?? "";
  if (isBlank(text)) return null;
  const figure = readFigure(text, mark);
  return figure === null || figure.isAmbiguous ? undefined : figure.value;
}

/** Shares traded: "6.09M", "1,900.00". Of "1,900" that could be 1.9 the larger is meant: nobody trades a tenth of a share a day. */
export function readVolume(cell: string | undefined, mark: DecimalMark | null): string | null | undefined {
  const text = cell?.trim() ?? "";
  const times = multiples[text.at(-1)?.toUpperCase() ?? ""];
  if (times === undefined) {
    const plain = readPrice(text, mark);
    return plain === undefined && /^\d{1,3}(,\d{3})+$/.test(text) ? text.replaceAll(",", "") : plain;
  }
  const value = readPrice(text.slice(0, -1), mark);
  return value === null || value === undefined ? undefined : new Big(value).times(times).toFixed();
}
