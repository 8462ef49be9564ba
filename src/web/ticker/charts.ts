/** The charts of a ticker: its price with what happened on it, and the position over time. */
import { isOwnAsset } from "../../market/ticker.ts";
import type { CorporateAction, HeldDay, TickerFacts, TradeMark } from "../../portfolio/index.ts";
import type { Marker } from "../charts/markers.ts";
import { timeChart } from "../charts/time-chart.ts";
import { typeName } from "../entry-words.ts";
import type { Format } from "../format.ts";
import { defineMessage, t } from "../messages/index.ts";

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
      title: t("Price"),
      unit: "price",
      height: 280,
      dates: prices.map(({ price_date }) => price_date),
      series: [
        {
          name: "price",
          label: t(isOwn ? "As you entered it" : "Close, adjusted for splits"),
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

function tradeTitle(mark: TradeMark, format: Format): string {
  const { transaction_type, last_date, quantity, price, currency, adjusted_price, is_split_since } = mark;
  const values = {
    type: typeName(transaction_type),
    quantity: format.quantity(quantity),
    price: format.in(currency).price(price),
    date: format.date(last_date),
  };
  return is_split_since && adjusted_price !== null
    ? t("{type} {quantity} at {price} on {date}, {adjusted} in today’s shares", {
        ...values,
        adjusted: format.price(adjusted_price),
      })
    : t("{type} {quantity} at {price} on {date}", values);
}

/** Several trades that stand too near each other to be marked one by one. */
function stretchTitle(mark: TradeMark, format: Format): string {
  const { transaction_type, trades, first_date, last_date, quantity, adjusted_price, is_split_since } = mark;
  const values = {
    count: format.count(trades),
    type: typeName(transaction_type),
    quantity: format.quantity(quantity),
    price: adjusted_price === null ? "" : format.price(adjusted_price),
    hasPrice: String(adjusted_price !== null),
    isOneDay: String(first_date === last_date),
    from: format.date(first_date),
    to: format.date(last_date),
    isSplitSince: String(is_split_since),
  };
  return t(
    defineMessage(
      "{count} times {type}, {quantity}{hasPrice, select, true { at {price} on average} other {}}, " +
        "{isOneDay, select, true {on {to}} other {from {from} to {to}}}" +
        "{isSplitSince, select, true {, in today’s shares} other {}}",
    ),
    values,
  );
}

function actionMarker(action: CorporateAction, format: Format): Marker {
  const { action_type, action_date, is_accepted } = action;
  const date = format.date(action_date);
  const ratio = { numerator: action.numerator ?? "", denominator: action.denominator ?? "", date };
  const title =
    action_type === "split"
      ? t(
          is_accepted
            ? "Split {numerator}:{denominator} on {date}"
            : "Split {numerator}:{denominator}, not applied on {date}",
          ratio,
        )
      : t("Dividend {amount} a share on {date}", {
          amount: format.price(action.cash_per_share ?? "0"),
          date,
        });
  return { name: action_type, date: action_date, value: null, title };
}

export function positionCharts(days: readonly HeldDay[], format: Format) {
  const dates = days.map(({ price_date }) => price_date);
  return {
    value: timeChart(
      {
        id: "position-value",
        title: t("Value of the position"),
        unit: "money",
        height: 190,
        dates,
        series: [
          {
            name: "value",
            label: t("Market value"),
            values: days.map(({ market_value }) => Number(market_value)),
            shape: "line",
          },
          {
            name: "contributions",
            label: t("Cost basis"),
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
        title: t("Quantity"),
        unit: "quantity",
        height: 190,
        dates,
        series: [
          {
            name: "quantity",
            label: t("Held, in today’s shares"),
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
