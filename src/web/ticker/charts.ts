/** The charts of a ticker: its price with what happened on it, and the position over time. */
import { isOwnAsset } from "../../market/ticker.ts";
import type { CorporateAction, HeldDay, TickerFacts, TradeMark } from "../../portfolio/index.ts";
import type { Marker } from "../charts/markers.ts";
import { timeChart } from "../charts/time-chart.ts";
import type { Format } from "../format.ts";

/** A trade is newer than the newest close until the next fetch: its day has the close that it is valued at. */
function withNewestTrade({ prices, ledger }: TickerFacts): TickerFacts["prices"] {
  const [last, newest] = [prices.at(-1), ledger.last_date];
  return last && newest > last.price_date ? [...prices, { ...last, price_date: newest }] : prices;
}

/** `format`: in the ticker's own currency. */
export function priceChart(facts: TickerFacts, format: Format) {
  const { marks, actions } = facts;
  const isOwn = isOwnAsset(facts.ticker);
  const prices = withNewestTrade(facts);
  return timeChart(
    {
      id: "price",
      title: "Price",
      unit: "price",
      height: 280,
      dates: prices.map(({ price_date }) => price_date),
      series: [
        {
          name: "price",
          label: isOwn ? "As you entered it" : "Close, adjusted for splits",
          values: prices.map(({ close }) => Number(close)),
          shape: isOwn ? "step" : "line", // it stands until the next one
        },
      ],
      shade: "none",
      markers: [
        ...actions.map((action) => actionMarker(action, format)),
        ...marks.map((mark) => tradeMarker(mark, format)),
      ],
    },
    format,
  );
}

function tradeMarker(mark: TradeMark, format: Format): Marker {
  return {
    name: mark.transaction_type === "BUY" ? "buy" : "sell",
    date: mark.last_date,
    value: mark.adjusted_price === null ? null : Number(mark.adjusted_price),
    title: mark.trades === 1 ? tradeTitle(mark, format) : stretchTitle(mark, format),
  };
}

function tradeTitle(
  { transaction_type, last_date, quantity, price, currency, adjusted_price, is_split_since }: TradeMark,
  format: Format,
): string {
  const since =
    is_split_since && adjusted_price !== null ? `, ${format.price(adjusted_price)} in today’s shares` : "";
  return `${transaction_type} ${format.quantity(quantity)} at ${format.in(currency).price(price)} on ${format.date(last_date)}${since}`;
}

function stretchTitle(mark: TradeMark, format: Format): string {
  const { transaction_type, trades, first_date, last_date, quantity, adjusted_price } = mark;
  const days =
    first_date === last_date
      ? `on ${format.date(last_date)}`
      : `from ${format.date(first_date)} to ${format.date(last_date)}`;
  const since = mark.is_split_since ? ", in today’s shares" : "";
  const price = adjusted_price === null ? "" : ` at ${format.price(adjusted_price)} on average`;
  return `${format.count(trades)} times ${transaction_type}, ${format.quantity(quantity)}${price}, ${days}${since}`;
}

function actionMarker(action: CorporateAction, format: Format): Marker {
  const { action_type, action_date, numerator, denominator, cash_per_share } = action;
  const what =
    action_type === "split"
      ? `Split ${numerator}:${denominator}${action.is_accepted ? "" : ", not applied"}`
      : `Dividend ${format.price(cash_per_share ?? "0")} a share`;
  return {
    name: action_type,
    date: action_date,
    value: null,
    title: `${what} on ${format.date(action_date)}`,
  };
}

export function positionCharts(days: readonly HeldDay[], format: Format) {
  const dates = days.map(({ price_date }) => price_date);
  return {
    value: timeChart(
      {
        id: "position-value",
        title: "Value of the position",
        unit: "money",
        height: 190,
        dates,
        series: [
          {
            name: "value",
            label: "Market value",
            values: days.map(({ market_value }) => Number(market_value)),
            shape: "line",
          },
          {
            name: "contributions",
            label: "Cost basis",
            values: days.map(({ cost_basis }) => Number(cost_basis)),
            shape: "step",
          },
        ],
        shade: "between",
      },
      format,
    ),
    quantity: timeChart(
      {
        id: "position-quantity",
        title: "Quantity",
        unit: "quantity",
        height: 190,
        dates,
        series: [
          {
            name: "quantity",
            label: "Held, in today’s shares",
            values: days.map(({ quantity }) => Number(quantity)),
            shape: "step",
          },
        ],
        shade: "zero",
      },
      format,
    ),
  };
}
