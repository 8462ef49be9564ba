/** The charts of a ticker: its price with what happened on it, and the position over time. */
import type { CorporateAction, HeldDay, TickerFacts, TradeMark } from "../../portfolio/index.ts";
import type { Marker } from "../charts/markers.ts";
import { timeChart } from "../charts/time-chart.ts";
import type { Format } from "../format.ts";

/** A trade is newer than the newest close until the next fetch: its day has the close that it is valued at. */
function withNewestTrade({ prices, traded }: TickerFacts): TickerFacts["prices"] {
  const [last, newest] = [prices.at(-1), traded.last];
  return last && newest > last.price_date ? [...prices, { ...last, price_date: newest }] : prices;
}

export function priceChart(facts: TickerFacts, format: Format) {
  const { marks, actions } = facts;
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
          label: "Close, adjusted for splits",
          values: prices.map(({ close }) => Number(close)),
          shape: "line",
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
  const { transaction_type, transaction_date, trades, quantity, price, adjusted_price, is_split_since } =
    mark;
  const since = is_split_since ? `, ${format.price(adjusted_price)} in today’s shares` : "";
  return {
    name: transaction_type === "BUY" ? "buy" : "sell",
    date: transaction_date,
    value: Number(adjusted_price),
    title:
      trades > 1
        ? `${format.count(trades)} × ${transaction_type} in the month until ${format.date(transaction_date)}, ${format.quantity(quantity)} of today’s shares at ${format.price(price)} on average`
        : `${transaction_type} ${format.quantity(quantity)} at ${format.price(price)} on ${format.date(transaction_date)}${since}`,
  };
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
