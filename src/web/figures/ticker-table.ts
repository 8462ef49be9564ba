/** The table of tickers: its columns, and the order that the address asks for. */
import Big from "big.js";
import { isOwnAsset } from "../../market/ticker.ts";
import type { TickerCourse, TickerFigures } from "../../portfolio/index.ts";
import { sparkline } from "../charts/sparkline.ts";
import type { Format } from "../format.ts";
import { defineMessage, t } from "../messages/index.ts";
import { type Sort, sortBy, sorted, sortHeadings } from "./sort.ts";

const columns = [
  { name: "ticker", label: defineMessage("Ticker") },
  { name: "weight", label: defineMessage("Weight") },
  { name: "current_value", label: defineMessage("Value") },
  { name: "quantity", label: defineMessage("Quantity") },
  { name: "current_price", label: defineMessage("Price") },
  { name: "average_cost", label: defineMessage("Average cost") },
  { name: "unrealized_pnl", label: defineMessage("Unrealised, to date") },
  { name: "realized_pnl", label: defineMessage("Realised") },
  { name: "income", label: defineMessage("Income") },
  { name: "gain", label: defineMessage("Gain") },
  { name: "total_return", label: defineMessage("Return") },
] as const;

export type TickerSort = Sort<(typeof columns)[number]["name"]>;

export const tickerSort = sortBy(
  columns.map(({ name }) => name),
  "current_value",
);

/** Over the range. */
export const gainOf = ({ total_gain, opening_pnl }: TickerFigures): string =>
  new Big(total_gain).minus(opening_pnl).toFixed();

/** `href`: the page with these parameters added. */
export function tickerTable(
  tickers: readonly TickerCourse[],
  current: TickerSort,
  href: (parameters: Record<string, string>) => string,
  format: Format,
  /** There is some beside the tickers, which the allocation counts and their weights do not. */
  hasCash: boolean,
) {
  const weightLabel = t(hasCash ? "Weight of holdings" : "Weight");
  const rows = tickers.map((ticker) => {
    const spark = sparkline(ticker.closes);
    const known = ticker.closes.filter((close) => close !== null);
    const { price } = format.in(ticker.currency);
    return {
      ...ticker,
      gain: gainOf(ticker),
      isOwn: isOwnAsset(ticker.ticker),
      isClosed: Number(ticker.quantity) === 0,
      spark: spark && {
        ...spark,
        description: t("Price from {from} to {to}", {
          from: price(String(known[0])),
          to: price(String(known.at(-1))),
        }),
      },
    };
  });
  return {
    amountsIn: format.amountsIn,
    weightLabel,
    headings: sortHeadings(
      columns.map(({ name, label }) => ({ name, label: name === "weight" ? weightLabel : t(label) })),
      current,
      href,
    ),
    rows: sorted(rows, current),
  };
}
