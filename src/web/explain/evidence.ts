/** The rows behind a figure, as tables: trades, prices, dividends, sales, movements of money. Those of cash are in money-tables.ts. */
import Big from "big.js";
import type { PoolClient } from "pg";
import {
  type Extent,
  readDividendEvidence,
  readEffectEvidence,
  readHasOtherRows,
  readPositionEvidence,
  readSaleEvidence,
  readTradeEvidence,
  type TradeEvidence,
} from "../../portfolio/index.ts";
import { typeName } from "../entry-words.ts";
import type { Format } from "../format.ts";
import { t } from "../messages/index.ts";
import { ledgerPath } from "../pages/ledger-table.ts";
import type { FigureName } from "./figures.ts";
import { readBooked, readCash, readContributed, readCosts, readExpected } from "./money-tables.ts";
import { type Movements, movementTable } from "./movement-table.ts";
import {
  type Asked,
  accountCells,
  type Cell,
  type Evidence,
  numeric,
  rowLimit,
  tableOf,
  tickerCell,
  where,
} from "./table.ts";

type Kind =
  | "positions"
  | "cash"
  | "trades"
  | "contributed"
  | "sales"
  | "dividends"
  | "booked"
  | "expected"
  | "paid_out"
  | "booked_paid_out"
  | "movements"
  | "effects"
  | "fees"
  | "other_fees"
  | "taxes";

const gains: readonly Kind[] = [
  "positions",
  "cash",
  "sales",
  "dividends",
  "booked",
  "other_fees",
  "taxes",
  "contributed",
  "trades",
];
const returns: readonly Kind[] = ["positions", "cash", "trades", "dividends", "booked"];
const standing: readonly Kind[] = ["positions", "cash", "trades"];
const ofDay: readonly Kind[] = ["positions", "cash"];

/** What a figure does not have (cash of who keeps none) is left out, table and all. */
const kinds: Readonly<Record<FigureName, readonly Kind[]>> = {
  market_value: standing,
  change: gains,
  twr: returns,
  annualized_return: returns,
  xirr: ["movements", ...ofDay],
  money_weighted_return: ["movements", ...ofDay],
  daily_return: standing,
  best_day: ofDay,
  worst_day: ofDay,
  volatility: standing,
  sharpe: standing,
  sortino: standing,
  max_drawdown: ofDay,
  current_drawdown: ofDay,
  calmar: standing,
  net_contributions: ["contributed", "trades"],
  total_gain: gains,
  unrealized_pnl: ["positions", "trades"],
  realized_pnl: ["sales", "trades"],
  price_effect: ["effects", "positions"],
  currency_effect: ["effects", ...ofDay],
  price_return: ["effects", "positions", "dividends", "booked"],
  currency_return: ["effects", ...ofDay],
  income: ["dividends", "booked"],
  expected_income: ["expected"],
  income_yield: ["expected", "positions"],
  yield_on_cost: ["expected", "positions"],
  income_paid_out: ["paid_out", "booked_paid_out"],
  fees: ["fees"],
  other_fees: ["other_fees"],
  taxes: ["taxes"],
  cost_basis: ["positions", "trades"],
  average_cost: ["trades"],
  quantity: ["trades"],
  current_price: ["positions"],
  weight: ["positions"],
  total_return: ["positions", "trades", "dividends", "booked"],
  holding_days: ["trades"],
  regime: [],
  regime_days: ["trades"],
  regime_return: returns,
  regime_annualized_return: returns,
  regime_volatility: standing,
  regime_drawdown: standing,
  beta: standing,
  alpha: standing,
  benchmark_correlation: standing,
  tracking_error: standing,
  information_ratio: standing,
  up_capture: standing,
  down_capture: standing,
  value_at_risk_95: standing,
  expected_shortfall_95: standing,
  value_at_risk_99: standing,
  expected_shortfall_99: standing,
  omega: standing,
  hhi: ["positions"],
  largest_five_weight: ["positions"],
  return_contribution: ["positions", "trades", "dividends", "booked"],
  volatility_contribution: ["positions", "trades", "dividends", "booked"],
  correlation: [],
  rolling_volatility: standing,
  rolling_sharpe: standing,
  rolling_drawdown: standing,
  what_if: ["positions", "trades", "dividends", "booked"],
};

/** Of a ticker there is no cash, and fees and taxes of no trade are none of its figures. */
const ofAll: ReadonlySet<Kind> = new Set<Kind>(["cash", "contributed", "other_fees", "taxes"]);

/** The tables for a figure; `day`: whose prices. Tables without a row are left out. */
export async function readEvidence(
  client: PoolClient,
  figure: FigureName,
  extent: Extent,
  day: string,
  movements: Movements,
  asked: Asked,
): Promise<Evidence[]> {
  const evidence: Evidence[] = [];
  for (const kind of kinds[figure]) {
    if (extent.ticker !== null && ofAll.has(kind)) continue;
    const isOfDay = kind === "positions" || kind === "cash";
    if (kind === "movements") evidence.push(movementTable(movements, asked.format));
    else evidence.push(await readers[kind](client, isOfDay ? { ...extent, end: day } : extent, asked));
  }
  return evidence.filter(({ rows }) => rows.length > 0);
}

type Reader = (client: PoolClient, extent: Extent, asked: Asked) => Promise<Evidence>;

const readers: Readonly<Record<Exclude<Kind, "movements">, Reader>> = {
  positions: readPositions,
  cash: readCash,
  trades: readTrades,
  contributed: readContributed,
  sales: readSales,
  dividends: (client, extent, asked) => readDividends(client, extent, asked, false),
  paid_out: (client, extent, asked) => readDividends(client, extent, asked, true),
  booked: (client, extent, asked) => readBooked(client, extent, asked, false),
  booked_paid_out: (client, extent, asked) => readBooked(client, extent, asked, true),
  expected: readExpected,
  effects: readEffects,
  fees: readFees,
  other_fees: (client, extent, asked) => readCosts(client, extent, asked, "other_fee"),
  taxes: (client, extent, asked) => readCosts(client, extent, asked, "tax"),
};

/** Whether any of the rows is in another currency than the person's figures. */
const isForeign = (rows: readonly { readonly currency: string }[], { currency }: Format): boolean =>
  rows.some((row) => row.currency !== currency);

async function readPositions(client: PoolClient, extent: Extent, asked: Asked): Promise<Evidence> {
  const { format } = asked;
  const rows = await readPositionEvidence(client, extent);
  const isConverted = isForeign(rows, format);
  const account = accountCells(rows, asked);
  return tableOf(
    t("Prices of {date}", { date: format.date(extent.end) }),
    [
      t("Ticker"),
      ...account.labels,
      numeric(t("Quantity")),
      numeric(t("Close")),
      t("Close of"),
      ...(isConverted ? [numeric(t("In its currency")), numeric(t("Exchange rate"))] : []),
      numeric(t("Value")),
      numeric(t("Cost")),
    ],
    rows.map((row) => [
      tickerCell(row.ticker, asked),
      ...account.of(row),
      { text: format.quantity(row.quantity) },
      { text: format.in(row.currency).price(row.close) },
      {
        text: closeOf(row, format),
      },
      ...where(
        isConverted,
        { text: format.in(row.currency).money(row.local_market_value) },
        { text: `× ${format.rate(row.rate)}` },
      ),
      { text: format.money(row.market_value) },
      { text: format.money(row.cost_basis) },
    ]),
  );
}

/** null: no bar is there yet. */
function closeOf(
  { bar_date, is_final }: { readonly bar_date: string | null; readonly is_final: boolean | null },
  format: Format,
): string {
  if (bar_date === null) return t("your own last trade: no bar yet");
  const date = format.date(bar_date);
  return is_final ? date : t("{date}, provisional", { date });
}

async function readTrades(client: PoolClient, extent: Extent, asked: Asked): Promise<Evidence> {
  return tradeTable(await readTradeEvidence(client, extent, rowLimit + 1), asked);
}

function tradeTable(rows: readonly TradeEvidence[], asked: Asked): Evidence {
  const { format } = asked;
  const isConverted = isForeign(rows, format);
  const isTaxed = rows.some(({ tax }) => Number(tax) !== 0);
  const account = accountCells(rows, asked);
  const orNone = (write: (value: string) => string, value: string | null): Cell => ({
    text: value === null ? "–" : write(value),
  });
  return tableOf(
    t("Transactions"),
    [
      t("Date"),
      t("Type"),
      t("Ticker"),
      ...account.labels,
      numeric(t("Quantity")),
      numeric(t("Price")),
      numeric(t("Fee")),
      ...(isTaxed ? [numeric(t("Tax"))] : []),
      numeric(t("Total")),
      ...(isConverted
        ? [numeric(t("Exchange rate")), numeric(t("In {currency}", { currency: format.currency }))]
        : []),
    ],
    rows.map((row) => {
      const own = format.in(row.currency);
      const { total, base_total } = row;
      return [
        { text: format.date(row.transaction_date), href: ledgerPath(row, asked.account) },
        { text: typeName(row.transaction_type) },
        tickerCell(row.ticker, asked),
        ...account.of(row),
        orNone(format.quantity, row.quantity),
        orNone(own.price, row.price),
        { text: own.money(row.fee) },
        ...where(isTaxed, { text: own.money(row.tax) }),
        orNone(own.money, total),
        ...where(
          isConverted,
          { text: total === null ? "–" : rateOf(base_total, total, format) },
          total === null || base_total !== null
            ? orNone(format.money, total && base_total)
            : { text: t("no rate is known") },
        ),
      ];
    }),
  );
}

/** What the amount was multiplied by. */
function rateOf(converted: string | null, amount: string, format: Format): string {
  if (converted === null || Number(amount) === 0) return "–";
  return `× ${format.rate(String(Number(converted) / Number(amount)))}`;
}

/** Who only bought and sold, and in one currency, reads them off the trades. */
async function readFees(client: PoolClient, extent: Extent, asked: Asked): Promise<Evidence> {
  const trades = await readTradeEvidence(client, extent, rowLimit + 1, extent.start);
  return isForeign(trades, asked.format) || (await readHasOtherRows(client, extent))
    ? readCosts(client, extent, asked, "fee")
    : tradeTable(trades, asked);
}

async function readSales(client: PoolClient, extent: Extent, asked: Asked): Promise<Evidence> {
  const { format } = asked;
  const rows = await readSaleEvidence(client, extent, rowLimit + 1);
  const account = accountCells(rows, asked);
  const isCapital = rows.some(({ is_return_of_capital }) => is_return_of_capital);
  return tableOf(
    t(isCapital ? "Sales and returns of capital" : "Sales"),
    [
      t("Date"),
      t("Ticker"),
      ...account.labels,
      numeric(t("Proceeds, net of fees")),
      numeric(t(isCapital ? "Cost that it took away" : "Cost of what was sold")),
      numeric(t("Realised")),
    ],
    rows.map((row) => [
      { text: format.date(row.valid_from) },
      tickerCell(row.ticker, asked),
      ...account.of(row),
      { text: format.money(row.sell_amount) },
      { text: format.money(row.cost) },
      { text: format.signedMoney(row.realized_pnl) },
    ]),
  );
}

async function readDividends(
  client: PoolClient,
  extent: Extent,
  asked: Asked,
  isPaidOut: boolean,
): Promise<Evidence> {
  const { format } = asked;
  const rows = await readDividendEvidence(client, extent, rowLimit + 1, isPaidOut);
  const isConverted = isForeign(rows, format);
  const account = accountCells(rows, asked);
  return tableOf(
    t("Dividends"),
    [
      t("Ex-date"),
      t("Ticker"),
      ...account.labels,
      numeric(t("Quantity held")),
      numeric(t("For each")),
      ...(isConverted ? [numeric(t("In its currency")), numeric(t("Exchange rate"))] : []),
      numeric(t("Amount")),
    ],
    rows.map((row) => [
      { text: format.date(row.ex_date) },
      tickerCell(row.ticker, asked),
      ...account.of(row),
      { text: format.quantity(row.quantity) },
      { text: format.in(row.currency).price(row.cash_per_share) },
      ...where(
        isConverted,
        { text: format.in(row.currency).money(row.local_amount) },
        { text: rateOf(row.amount, row.local_amount, format) },
      ),
      { text: format.money(row.amount) },
    ]),
  );
}

async function readEffects(client: PoolClient, extent: Extent, asked: Asked): Promise<Evidence> {
  const { format } = asked;
  const rows = await readEffectEvidence(client, extent);
  return tableOf(
    t("What prices and exchange rates did"),
    [
      t("Ticker"),
      t("Currency"),
      numeric(t("Price effect")),
      numeric(t("Currency effect")),
      numeric(t("Together")),
    ],
    rows.map((row) => [
      tickerCell(row.ticker, asked),
      { text: row.currency },
      { text: format.signedMoney(row.price_effect) },
      { text: format.signedMoney(row.currency_effect) },
      { text: format.signedMoney(new Big(row.price_effect).plus(row.currency_effect).toFixed()) },
    ]),
    rows.length,
  );
}
