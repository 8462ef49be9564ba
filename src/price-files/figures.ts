/** The figures of a price file. Pure. */
import { Big } from "big.js";
import { type DecimalMark, isBlank, readFigure } from "../ledger/import/figures.ts";

const multiples: Readonly<Record<string, number>> = { K: 1e3, M: 1e6, B: 1e9 };

/** No share costs more, in whatever unit, and no more are traded in a day. */
const largestPrice = 1e12;
const largestVolume = 1e15;

/**
 * null: nothing stands there. undefined: it is no figure, one of two, one with a currency beside it (which may be another one than the
 * exchange's), or beyond any price. It may be 0 or below.
 */
export function readPrice(cell: string | undefined, mark: DecimalMark | null): string | null | undefined {
  const text = cell?.trim() ?? "";
  if (isBlank(text)) return null;
  const figure = readFigure(text, mark);
  if (figure === null || figure.isAmbiguous || figure.unit !== null) return undefined;
  return Number(figure.value) > largestPrice ? undefined : figure.value;
}

/** As `readPrice`, of one that stands beside the close: above 0, or none. */
export function readSidePrice(cell: string | undefined, mark: DecimalMark | null): string | null | undefined {
  const price = readPrice(cell, mark);
  return price && !(Number(price) > 0) ? undefined : price;
}

/** Shares traded: "6.09M", "1,900.00". Of "1,900" that could be 1.9 the larger is meant: nobody trades a tenth of a share a day. */
export function readVolume(cell: string | undefined, mark: DecimalMark | null): string | null | undefined {
  const volume = volumeOf(cell, mark);
  return volume && !(Number(volume) >= 0 && Number(volume) <= largestVolume) ? undefined : volume;
}

function volumeOf(cell: string | undefined, mark: DecimalMark | null): string | null | undefined {
  const text = cell?.trim() ?? "";
  const times = multiples[text.at(-1)?.toUpperCase() ?? ""];
  if (times === undefined) {
    const plain = readPrice(text, mark);
    return plain === undefined && /^\d{1,3}(,\d{3})+$/.test(text) ? text.replaceAll(",", "") : plain;
  }
  const value = readPrice(text.slice(0, -1), mark);
  return value === null || value === undefined ? undefined : new Big(value).times(times).toFixed();
}
