/** The table of tickers: its columns, and the order that the address asks for. */
import Big from "big.js";
import { z } from "zod";
import { isOwnAsset } from "../../market/ticker.ts";
import type { TickerFigures } from "../../portfolio/index.ts";
import { sparkline } from "../charts/sparkline.ts";
import type { Format } from "../format.ts";
import { parseInput } from "../route.ts";

const columns = [
  { name: "ticker", label: "Ticker" },
  { name: "weight", label: "Weight" },
  { name: "current_value", label: "Value" },
  { name: "quantity", label: "Quantity" },
  { name: "current_price", label: "Price" },
  { name: "average_cost", label: "Average cost" },
  { name: "unrealized_pnl", label: "Unrealised, to date" },
  { name: "realized_pnl", label: "Realised" },
  { name: "income", label: "Income" },
  { name: "gain", label: "Gain" },
  { name: "total_return", label: "Return" },
] as const;

type ColumnName = (typeof columns)[number]["name"];

export interface Sort {
  readonly sort: ColumnName;
  readonly order: "ascending" | "descending";
}

const byValue: Sort = { sort: "current_value", order: "descending" };

const sortQuery = z.object({
  sort: z.enum(columns.map(({ name }) => name)).catch(byValue.sort),
  order: z.enum(["ascending", "descending"]).catch(byValue.order),
});

export const parseSort = (query: unknown): Sort => parseInput(sortQuery, query);

/** How the address names an order; the usual one needs no name. */
export function sortParameters({ sort, order }: Sort): Record<string, string> {
  return sort === byValue.sort && order === byValue.order ? {} : { sort, order };
}

/** `href`: the page with these parameters added. */
export function tickerTable(
  tickers: readonly TickerFigures[],
  current: Sort,
  href: (parameters: Record<string, string>) => string,
  format: Format,
  /** There is some beside the tickers, which the allocation counts and their weights do not. */
  hasCash: boolean,
) {
  const weightLabel = hasCash ? "Weight of holdings" : "Weight";
  const rows = tickers.map((ticker) => {
    const spark = sparkline(ticker.closes);
    const known = ticker.closes.filter((close) => close !== null);
    const { price } = format.in(ticker.currency);
    return {
      ...ticker,
      gain: new Big(ticker.total_gain).minus(ticker.opening_pnl).toFixed(),
      isOwn: isOwnAsset(ticker.ticker),
      isClosed: Number(ticker.quantity) === 0,
      spark: spark && {
        ...spark,
        description: `Price from ${price(String(known[0]))} to ${price(String(known.at(-1)))}`,
      },
    };
  });
  return {
    amountsIn: format.amountsIn,
    weightLabel,
    headings: columns.map(({ name, label }) => {
      const isCurrent = name === current.sort;
      // Figures are first wanted largest first, names from A.
      const first = name === "ticker" ? "ascending" : "descending";
      const other = current.order === "ascending" ? "descending" : "ascending";
      return {
        name,
        label: name === "weight" ? weightLabel : label,
        isNumber: name !== "ticker",
        ariaSort: isCurrent ? current.order : null,
        href: href({ sort: name, order: isCurrent ? other : first }),
      };
    }),
    rows: rows.sort((left, right) => {
      const sign = current.order === "ascending" ? 1 : -1;
      return compare(left[current.sort], right[current.sort], sign) || compare(left.ticker, right.ticker, 1);
    }),
  };
}

/** What is not known comes last, whichever the order. */
function compare(left: string | number | null, right: string | number | null, sign: number): number {
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  const [first, second] = [Number(left), Number(right)];
  const isNumber = !Number.isNaN(first) && !Number.isNaN(second);
  return sign * (isNumber ? first - second : String(left) < String(right) ? -1 : left === right ? 0 : 1);
}
