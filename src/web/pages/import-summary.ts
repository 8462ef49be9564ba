/** What was understood of a file, in one sentence. */
import { groupKept, type ImportReview, isForLedger } from "../../ledger/index.ts";
import { countOfKind } from "../entry-words.ts";
import { listed, t } from "../messages/index.ts";

const mostNamed = 6;

function nameSome(names: readonly string[]): string {
  const named = names.slice(0, mostNamed).join(", ");
  const more = names.length - mostNamed;
  return more > 0 ? t("{named} and {more, number} more", { named, more }) : named;
}

/** "dates with the day first, since 25/04/2024 can be read in one way only". */
function sayDateOrder({ dateEvidence, notation: { dateOrder } }: ImportReview): string[] {
  if (dateEvidence === null) return [];
  const values = { order: dateOrder ?? "day", text: dateEvidence.text };
  switch (dateEvidence.kind) {
    case "one_way":
      return [
        t(
          "dates with the {order, select, day {day} other {month}} first, since {text} can be read in one way only",
          values,
        ),
      ];
    case "points":
      return [
        t(
          "dates with the {order, select, day {day} other {month}} first, since with points the day comes first, as in {text}",
          values,
        ),
      ];
    case "future":
      return [
        t(
          "dates with the {order, select, day {day} other {month}} first, since {text} would be in the future otherwise",
          values,
        ),
      ];
    case "sequence":
      return [
        t(
          "dates with the {order, select, day {day} other {month}} first, since only so are the rows in order",
          values,
        ),
      ];
    case "format":
      return [
        t(
          "dates with the {order, select, day {day} other {month}} first, since {text} writes them so",
          values,
        ),
      ];
  }
}

/** "Trading 212: 41 trades, 12 dividends, 3 deposits". */
function sayRead({ rows, format }: ImportReview): string {
  const trades = rows.filter(isForLedger).length;
  const kinds = groupKept(rows).map(({ kind, rows: group }) => countOfKind(kind, group.length));
  const read = listed(
    [t("{count, plural, one {# trade} other {# trades}}", { count: trades }), ...kinds],
    "unit",
  );
  return format === null ? t("A file of no known format: {read}", { read }) : `${format}: ${read}`;
}

function sayNeeds({ rows }: ImportReview): string[] {
  const [needing = 0, doubted = 0] = ["ERROR", "WARNING"].map(
    (of) => rows.filter(({ status, isSelected }) => status === of && isSelected).length,
  );
  if (needing + doubted === 0) return [t("nothing needs you")];
  return [
    ...(needing > 0
      ? [t("{count, plural, one {# row needs you} other {# rows need you}}", { count: needing })]
      : []),
    ...(doubted > 0
      ? [t("{count, plural, one {# row to look at} other {# rows to look at}}", { count: doubted })]
      : []),
  ];
}

/** "Trading 212: 41 trades, 12 dividends, 3 deposits; times in UTC; 2 rows need you". */
export function summarise(review: ImportReview): string {
  const { rows, format, isUtc, isCurrencyAssumed, asides, hiddenCosts, unreadFigures } = review;
  const named = new Set(rows.filter(isForLedger).flatMap(({ currency }) => currency ?? []));
  // Dollars alone go without saying.
  const currencies = named.size === 1 && named.has("USD") ? [] : [...named].toSorted();
  return [
    sayRead(review),
    ...(isUtc ? [t("times in UTC")] : []),
    ...sayDateOrder(review),
    ...(currencies.length > 0 ? [t("trades in {currencies}", { currencies: currencies.join(", ") })] : []),
    ...(isCurrencyAssumed ? [t("no currency named, so taken as US dollars")] : []),
    ...(hiddenCosts.length > 0
      ? [t("{columns} counted as a cost, since the amounts show it", { columns: listed(hiddenCosts) })]
      : []),
    ...(format === null && unreadFigures.length > 0
      ? [t("not used: {columns}", { columns: nameSome(unreadFigures) })]
      : []),
    ...(asides.length > 0
      ? [
          t("{count, plural, one {# line without an entry} other {# lines without an entry}}", {
            count: asides.length,
          }),
        ]
      : []),
    ...sayNeeds(review),
  ].join("; ");
}
