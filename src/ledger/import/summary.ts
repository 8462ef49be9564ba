/** What was understood of a file, in one sentence. Pure. */
import type { RowKind } from "./kinds.ts";
import type { ImportReview, ReviewedRow } from "./review.ts";
import { isForLedger } from "./rows.ts";

/** In words: one, and several. */
const kindNames: Readonly<Record<RowKind, readonly [string, string]>> = {
  BUY: ["purchase", "purchases"],
  SELL: ["sale", "sales"],
  DIVIDEND: ["dividend", "dividends"],
  INTEREST: ["interest payment", "interest payments"],
  DEPOSIT: ["deposit", "deposits"],
  WITHDRAWAL: ["withdrawal", "withdrawals"],
  FEE: ["fee", "fees"],
  TAX: ["tax", "taxes"],
  TRANSFER_IN: ["transfer in", "transfers in"],
  TRANSFER_OUT: ["transfer out", "transfers out"],
  FX_IN: ["conversion", "conversions"],
  FX_OUT: ["conversion out", "conversions out"],
  SPLIT: ["split", "splits"],
  RETURN_OF_CAPITAL: ["return of capital", "returns of capital"],
  BONUS: ["bonus", "bonuses"],
  CORPORATE_ACTION: ["corporate action", "corporate actions"],
  OPTION: ["option trade", "option trades"],
  CFD: ["CFD trade", "CFD trades"],
  SHORT_SALE: ["short sale", "short sales"],
  NOT_EXECUTED: ["order that was not executed", "orders that were not executed"],
  OTHER: ["other entry", "other entries"],
};

export const nameKind = (kind: RowKind, count: number): string => kindNames[kind][count === 1 ? 0 : 1];

export interface KeptGroup {
  readonly kind: RowKind;
  readonly rows: readonly ReviewedRow[];
  /** The file's own words for it, each once. */
  readonly words: readonly string[];
}

/** Rows that are no trades, the most numerous kind first. */
export function groupKept(rows: readonly ReviewedRow[]): KeptGroup[] {
  const groups = Map.groupBy(
    rows.filter(({ status }) => status === "KEPT"),
    ({ kind }) => kind!,
  );
  return [...groups]
    .map(([kind, group]) => ({
      kind,
      rows: group,
      words: [...new Set(group.map(({ entry }) => entry.word.slice(0, 60)))]
        .filter((word) => word !== "")
        .slice(0, 6),
    }))
    .toSorted((a, b) => b.rows.length - a.rows.length);
}

const plural = (count: number, [one, several]: readonly [string, string]): string =>
  `${count} ${count === 1 ? one : several}`;

const listed = (names: readonly string[]): string =>
  names.slice(0, 6).join(", ") + (names.length > 6 ? ` and ${names.length - 6} more` : "");

/** "Trading 212: 41 trades, 12 dividends, 3 deposits; times in UTC; 2 rows need you". */
export function summarise(review: ImportReview): string {
  const {
    rows,
    format,
    dateEvidence,
    notation,
    isUtc,
    isCurrencyAssumed,
    asides,
    hiddenCosts,
    unreadFigures,
  } = review;
  const trades = rows.filter(isForLedger).length;
  const kinds = groupKept(rows).map(({ kind, rows: group }) => plural(group.length, kindNames[kind]));
  const [needing = 0, doubted = 0] = ["ERROR", "WARNING"].map(
    (of) => rows.filter(({ status, isSelected }) => status === of && isSelected).length,
  );
  const named = new Set(rows.filter(isForLedger).flatMap(({ currency }) => currency ?? []));
  // Dollars alone go without saying.
  const currencies = named.size === 1 && named.has("USD") ? [] : [...named].toSorted();
  const read = [plural(trades, ["trade", "trades"]), ...kinds].join(", ");
  const details = [
    `${format ?? "A file of no known format"}: ${read}`,
    ...(isUtc ? ["times in UTC"] : []),
    ...(dateEvidence ? [`dates with the ${notation.dateOrder} first, since ${dateEvidence}`] : []),
    ...(currencies.length > 0 ? [`trades in ${currencies.join(", ")}`] : []),
    ...(isCurrencyAssumed ? ["no currency named, so taken as US dollars"] : []),
    ...(hiddenCosts.length > 0
      ? [`${hiddenCosts.join(" and ")} counted as a cost, since the amounts show it`]
      : []),
    ...(format === null && unreadFigures.length > 0 ? [`not used: ${listed(unreadFigures)}`] : []),
    ...(asides.length > 0
      ? [plural(asides.length, ["line without an entry", "lines without an entry"])]
      : []),
    ...(needing > 0 ? [plural(needing, ["row needs you", "rows need you"])] : []),
    ...(doubted > 0 ? [plural(doubted, ["row to look at", "rows to look at"])] : []),
    ...(needing + doubted === 0 ? ["nothing needs you"] : []),
  ];
  return details.join("; ");
}
