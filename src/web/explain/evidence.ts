/** The rows behind a figure, as tables: trades, prices, dividends, sales, movements of money. */
import Big from "big.js";
import type { PoolClient } from "pg";
import {
  type Extent,
  type Movement,
  readDividendEvidence,
  readEffectEvidence,
  readPositionEvidence,
  readSaleEvidence,
  readTradeEvidence,
} from "../../portfolio/index.ts";
import type { Format } from "../format.ts";
import { ledgerPath } from "../pages/ledger-table.ts";
import type { FigureName } from "./figures.ts";

export interface Cell {
  readonly text: string;
  readonly href?: string;
}

export interface Evidence {
  readonly title: string;
  readonly headers: readonly { readonly label: string; readonly isNumber: boolean }[];
  readonly rows: readonly (readonly Cell[])[];
  /** Set: there are more rows than are shown. */
  readonly note: string | null;
}

type Kind = "positions" | "trades" | "sales" | "dividends" | "movements" | "effects";

const kinds: Readonly<Record<FigureName, readonly Kind[]>> = {
  market_value: ["positions", "trades"],
  change: ["positions", "sales", "dividends", "trades"],
  twr: ["positions", "trades", "dividends"],
  annualized_return: ["positions", "trades", "dividends"],
  xirr: ["movements", "positions"],
  money_weighted_return: ["movements", "positions"],
  daily_return: ["positions", "trades"],
  best_day: ["positions"],
  worst_day: ["positions"],
  volatility: ["positions", "trades"],
  sharpe: ["positions", "trades"],
  sortino: ["positions", "trades"],
  max_drawdown: ["positions"],
  current_drawdown: ["positions"],
  calmar: ["positions", "trades"],
  net_contributions: ["trades"],
  total_gain: ["positions", "sales", "dividends", "trades"],
  unrealized_pnl: ["positions", "trades"],
  realized_pnl: ["sales", "trades"],
  price_effect: ["effects", "positions"],
  currency_effect: ["effects", "positions"],
  price_return: ["effects", "positions", "dividends"],
  currency_return: ["effects", "positions"],
  income: ["dividends"],
  income_paid_out: ["dividends"],
  fees: ["trades"],
  cost_basis: ["positions", "trades"],
  average_cost: ["trades"],
  quantity: ["trades"],
  current_price: ["positions"],
  weight: ["positions"],
  total_return: ["positions", "trades", "dividends"],
  holding_days: ["trades"],
  regime: [],
  regime_days: ["trades"],
  regime_return: ["positions", "trades", "dividends"],
  regime_annualized_return: ["positions", "trades", "dividends"],
  regime_volatility: ["positions", "trades"],
  regime_drawdown: ["positions", "trades"],
};

const limit = 50;

/** The tables for a figure; `day`: whose prices. Tables without a row are left out. */
export async function readEvidence(
  client: PoolClient,
  figure: FigureName,
  extent: Extent,
  day: string,
  movements: readonly Movement[],
  format: Format,
): Promise<Evidence[]> {
  const evidence: Evidence[] = [];
  for (const kind of kinds[figure]) {
    if (kind === "movements") evidence.push(movementTable(movements, format));
    else
      evidence.push(
        await readers[kind](client, kind === "positions" ? { ...extent, end: day } : extent, format),
      );
  }
  return evidence.filter(({ rows }) => rows.length > 0);
}

type Reader = (client: PoolClient, extent: Extent, format: Format) => Promise<Evidence>;

const readers: Readonly<Record<Exclude<Kind, "movements">, Reader>> = {
  positions: readPositions,
  trades: readTrades,
  sales: readSales,
  dividends: readDividends,
  effects: readEffects,
};

/** A table of the first rows; labels that start with # are of numbers. */
export function tableOf(
  title: string,
  labels: readonly string[],
  rows: readonly Cell[][],
  length = limit,
): Evidence {
  return {
    title,
    headers: labels.map((label) => ({ label: label.replace("#", ""), isNumber: label.startsWith("#") })),
    rows: rows.slice(0, length),
    note: rows.length > length ? `The newest ${limit} are shown; there are more.` : null,
  };
}

const tickerCell = (ticker: string): Cell => ({
  text: ticker,
  href: `/tickers/${encodeURIComponent(ticker)}`,
});

/** Whether any of the rows is in another currency than the person's figures. */
const isForeign = (rows: readonly { readonly currency: string }[], { currency }: Format): boolean =>
  rows.some((row) => row.currency !== currency);

/** Cells that are there only where something was converted. */
const where = (isConverted: boolean, ...cells: Cell[]): Cell[] => (isConverted ? cells : []);

async function readPositions(client: PoolClient, extent: Extent, format: Format): Promise<Evidence> {
  const rows = await readPositionEvidence(client, extent);
  const isConverted = isForeign(rows, format);
  return tableOf(
    `Prices of ${format.date(extent.end)}`,
    [
      "Ticker",
      "#Quantity",
      "#Close",
      "Close of",
      ...(isConverted ? ["#In its currency", "#Exchange rate"] : []),
      "#Value",
      "#Cost",
    ],
    rows.map((row) => [
      tickerCell(row.ticker),
      { text: format.quantity(row.quantity) },
      { text: format.in(row.currency).price(row.close) },
      {
        text:
          row.bar_date === null
            ? "your own last trade: no bar yet"
            : `${format.date(row.bar_date)}${row.is_final ? "" : ", provisional"}`,
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

async function readTrades(client: PoolClient, extent: Extent, format: Format): Promise<Evidence> {
  const rows = await readTradeEvidence(client, extent, limit + 1);
  const isConverted = isForeign(rows, format);
  return tableOf(
    "Transactions",
    [
      "Date",
      "Type",
      "Ticker",
      "#Quantity",
      "#Price",
      "#Fee",
      "#Total",
      ...(isConverted ? ["#Exchange rate", `#In ${format.currency}`] : []),
    ],
    rows.map((row) => {
      const own = format.in(row.currency);
      return [
        { text: format.date(row.transaction_date), href: ledgerPath(row) },
        { text: row.transaction_type },
        tickerCell(row.ticker),
        { text: format.quantity(row.quantity) },
        { text: own.price(row.price) },
        { text: own.money(row.fee) },
        { text: own.money(row.total) },
        ...where(
          isConverted,
          { text: rateOf(row.base_total, row.total, format) },
          { text: row.base_total === null ? "no rate is known" : format.money(row.base_total) },
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

async function readSales(client: PoolClient, extent: Extent, format: Format): Promise<Evidence> {
  const rows = await readSaleEvidence(client, extent, limit + 1);
  return tableOf(
    "Sales",
    ["Date", "Ticker", "#Proceeds, net of fees", "#Cost of what was sold", "#Realised"],
    rows.map((row) => [
      { text: format.date(row.valid_from) },
      tickerCell(row.ticker),
      { text: format.money(row.sell_amount) },
      { text: format.money(row.cost) },
      { text: format.signedMoney(row.realized_pnl) },
    ]),
  );
}

async function readDividends(client: PoolClient, extent: Extent, format: Format): Promise<Evidence> {
  const rows = await readDividendEvidence(client, extent, limit + 1);
  const isConverted = isForeign(rows, format);
  return tableOf(
    "Dividends",
    [
      "Ex-date",
      "Ticker",
      "#Quantity held",
      "#For each",
      ...(isConverted ? ["#In its currency", "#Exchange rate"] : []),
      "#Amount",
    ],
    rows.map((row) => [
      { text: format.date(row.ex_date) },
      tickerCell(row.ticker),
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

async function readEffects(client: PoolClient, extent: Extent, format: Format): Promise<Evidence> {
  const rows = await readEffectEvidence(client, extent);
  return tableOf(
    "What prices and exchange rates did",
    ["Ticker", "Currency", "#Price effect", "#Currency effect", "#Together"],
    rows.map((row) => [
      tickerCell(row.ticker),
      { text: row.currency },
      { text: format.signedMoney(row.price_effect) },
      { text: format.signedMoney(row.currency_effect) },
      { text: format.signedMoney(new Big(row.price_effect).plus(row.currency_effect).toFixed()) },
    ]),
    rows.length,
  );
}

const movementNames: Readonly<Record<Movement["kind"], string>> = {
  start: "Held at the start",
  trades: "Trades",
  dividends: "Dividends",
  both: "Trades and dividends",
  end: "Value at the end",
};

/** Movements that are listed one by one; earlier ones are one row, since all are to be added up. */
const mostMovements = 500;

function movementTable(movements: readonly Movement[], format: Format): Evidence {
  const newest = movements.toReversed();
  const rows = newest
    .slice(0, mostMovements)
    .map(({ flow_date, amount, days, kind }) => [
      { text: format.date(flow_date) },
      { text: movementNames[kind] },
      { text: format.count(days) },
      { text: format.signedMoney(amount) },
    ]);
  const earlier = newest.slice(mostMovements);
  if (earlier.length > 0)
    rows.push([
      { text: `until ${format.date(earlier[0]!.flow_date)}` },
      { text: `${format.count(earlier.length)} earlier ones, added up` },
      { text: "–" },
      {
        text: format.signedMoney(earlier.reduce((sum, { amount }) => sum.plus(amount), new Big(0)).toFixed()),
      },
    ]);
  return tableOf("Movements of money", ["Date", "What", "#Days", "#Amount"], rows, rows.length);
}
