/** The movements of money that a rate of return is solved from, as a table. */
import Big from "big.js";
import type { Movement } from "../../portfolio/index.ts";
import type { Format } from "../format.ts";
import { defineMessage, type Message, t } from "../messages/index.ts";
import { type Evidence, numeric, tableOf } from "./table.ts";

export interface Movements {
  readonly movements: readonly Movement[];
  /** Money moves by purchases, sales and the market's dividends alone. */
  readonly areTrades: boolean;
}

const movementNames: Readonly<Record<Movement["kind"], Message>> = {
  start: defineMessage("Held at the start"),
  trades: defineMessage("Trades"),
  dividends: defineMessage("Dividends"),
  both: defineMessage("Trades and dividends"),
  end: defineMessage("Value at the end"),
};
/** Where it is not trades alone that move money. */
const moneyNames: Readonly<Record<Movement["kind"], Message>> = {
  ...movementNames,
  trades: defineMessage("Put in or taken out"),
  dividends: defineMessage("Income paid out"),
  both: defineMessage("Put in or taken out, and income paid out"),
};

/** Movements that are listed one by one; earlier ones are one row, since all are to be added up. */
const mostMovements = 500;

/** All of a figure's movements, the newest first. */
export function movementTable({ movements, areTrades }: Movements, format: Format): Evidence {
  const names = areTrades ? movementNames : moneyNames;
  const newest = movements.toReversed();
  const rows = newest
    .slice(0, mostMovements)
    .map(({ flow_date, amount, days, kind }) => [
      { text: format.date(flow_date) },
      { text: t(names[kind]) },
      { text: format.count(days) },
      { text: format.signedMoney(amount) },
    ]);
  const earlier = newest.slice(mostMovements);
  if (earlier.length > 0)
    rows.push([
      { text: t("until {date}", { date: format.date(earlier[0]!.flow_date) }) },
      {
        text: t("{count, plural, one {# earlier one} other {# earlier ones, added up}}", {
          count: earlier.length,
        }),
      },
      { text: "–" },
      {
        text: format.signedMoney(earlier.reduce((sum, { amount }) => sum.plus(amount), new Big(0)).toFixed()),
      },
    ]);
  return tableOf(
    t("Movements of money"),
    [t("Date"), t("What"), numeric(t("Days")), numeric(t("Amount"))],
    rows,
    rows.length,
  );
}
