/** The table of holdings: what is held at the end of the range, in the columns that a person chose. */
import Big from "big.js";
import { isOwnAsset } from "../../market/ticker.ts";
import { type HoldingsColumn, holdingsColumns, type OverviewFigures } from "../../portfolio/index.ts";
import type { Format } from "../format.ts";
import { defineMessage, type Message, t } from "../messages/index.ts";
import { type Sort, sortBy, sorted, sortHeadings } from "./sort.ts";
import { gainOf } from "./ticker-table.ts";

type Row = OverviewFigures["tickers"][number] & { readonly gain: string };

interface Column {
  readonly label: Message;
  /** Of docs/metrics.md. */
  readonly figure: string;
  /** null: not known, and `reason` says why. */
  readonly write: (row: Row, format: Format) => string | null;
  readonly reason?: (row: Row) => string | null;
  /** A gain or a loss. */
  readonly isSigned?: true;
}

const columns: Readonly<Record<HoldingsColumn, Column>> = {
  current_value: {
    label: defineMessage("Value"),
    figure: "market_value",
    write: ({ current_value }, format) => format.amount(current_value),
  },
  weight: {
    label: defineMessage("Weight"),
    figure: "weight",
    write: ({ weight }, format) => (weight === null ? null : format.percent(weight)),
    reason: ({ weight_reason }) => weight_reason,
  },
  day_gain: {
    label: defineMessage("1 day"),
    figure: "change",
    write: ({ day_gain }, format) => (day_gain === null ? null : format.signedAmount(day_gain)),
    reason: () => "bought since",
    isSigned: true,
  },
  gain: {
    label: defineMessage("Gain"),
    figure: "change",
    write: ({ gain }, format) => format.signedAmount(gain),
    isSigned: true,
  },
  total_return: {
    label: defineMessage("Gain, %"),
    figure: "total_return",
    write: ({ total_return }, format) => format.signedPercent(total_return),
    isSigned: true,
  },
  quantity: {
    label: defineMessage("Quantity"),
    figure: "quantity",
    write: ({ quantity }, format) => format.quantity(quantity),
  },
  current_price: {
    label: defineMessage("Price"),
    figure: "current_price",
    write: ({ local_price, currency }, format) => format.in(currency).price(local_price),
  },
  average_cost: {
    label: defineMessage("Average cost"),
    figure: "average_cost",
    write: ({ average_cost }, format) => (average_cost === null ? null : format.amount(average_cost)),
    reason: ({ average_cost_reason }) => average_cost_reason,
  },
  unrealized_pnl: {
    label: defineMessage("Unrealised, to date"),
    figure: "unrealized_pnl",
    write: ({ unrealized_pnl }, format) => format.signedAmount(unrealized_pnl),
    isSigned: true,
  },
  income: {
    label: defineMessage("Income"),
    figure: "income",
    write: ({ income }, format) => format.amount(income),
  },
};

export type HoldingsSort = Sort<"ticker" | HoldingsColumn>;

export const holdingsSort = sortBy(["ticker", ...holdingsColumns], "current_value");

interface Shown {
  readonly columns: readonly HoldingsColumn[];
  readonly sort: HoldingsSort;
  /** The parameters of the days, and of the account, that figures are explained of: of the range, and of its last day. */
  readonly scope: Readonly<Record<string, string>>;
  readonly dayScope: Readonly<Record<string, string>>;
  /** The page with these parameters added. */
  readonly href: (parameters: Record<string, string>) => string;
}

export function holdingsTable(
  { tickers, standing }: OverviewFigures,
  { columns: names, sort, scope, dayScope, href }: Shown,
  format: Format,
) {
  const held = tickers.filter(({ quantity }) => Number(quantity) !== 0);
  const cash = standing.cash.reduce((sum, { value }) => sum.plus(value), new Big(0)).toFixed();
  const hasCash = standing.cash.some(({ value }) => Number(value) !== 0);
  // There is some beside the holdings, which the allocation counts and their weights do not.
  const labelOf = (name: HoldingsColumn): string =>
    t(name === "weight" && hasCash ? "Weight of holdings" : columns[name].label);
  return {
    amountsIn: format.amountsIn,
    sold: tickers.length - held.length,
    /** Below the holdings, where their value stands. */
    cash:
      hasCash && names.includes("current_value")
        ? names.map((name) => ({ name, text: name === "current_value" ? format.amount(cash) : "" }))
        : null,
    columnsCount: names.length + 1,
    headings: sortHeadings(
      [
        { name: "ticker" as const, label: t("Name") },
        ...names.map((name) => ({ name, label: labelOf(name) })),
      ],
      sort,
      href,
    ),
    rows: sorted(
      held.map((ticker) => ({ ...ticker, gain: gainOf(ticker) })),
      sort,
    ).map((row) => ({
      ticker: row.ticker,
      name: row.name,
      isOwn: isOwnAsset(row.ticker),
      cells: names.map((name) => {
        const { figure, write, reason, isSigned } = columns[name];
        return {
          name,
          label: labelOf(name),
          figure,
          value: row[name],
          text: write(row, format),
          reason: reason?.(row) ?? null,
          isSigned,
          over: name === "day_gain" ? dayScope : scope,
        };
      }),
    })),
  };
}

/** What can be chosen, and what is. */
export const columnChoices = (chosen: readonly HoldingsColumn[]) =>
  holdingsColumns.map((name) => ({ name, label: t(columns[name].label), isChosen: chosen.includes(name) }));
