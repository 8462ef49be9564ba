/** The rows of money behind a figure, as tables: cash, what was put in and taken out, income as booked, fees and taxes. */
import type { PoolClient } from "pg";
import {
  type ContributionKind,
  type Extent,
  readBookedEvidence,
  readCashEvidence,
  readContributionEvidence,
  readCostEvidence,
  readExpectedEvidence,
} from "../../portfolio/index.ts";
import { ledgerPath } from "../pages/ledger-table.ts";
import { type Asked, accountCells, type Evidence, rowLimit, tableOf, tickerCell, where } from "./table.ts";

export async function readCash(client: PoolClient, extent: Extent, asked: Asked): Promise<Evidence> {
  const { format } = asked;
  const rows = await readCashEvidence(client, extent);
  const account = accountCells(rows, asked);
  return tableOf(
    `Cash of ${format.date(extent.end)}`,
    ["Currency", ...account.labels, "#Balance", "#Exchange rate", "#Value"],
    rows.map((row) => [
      { text: row.currency },
      ...account.of(row),
      { text: format.in(row.currency).money(row.balance) },
      { text: row.currency === format.currency ? "–" : `× ${format.rate(row.rate)}` },
      { text: format.money(row.market_value) },
    ]),
    rows.length,
  );
}

const contributionNames: Readonly<Record<ContributionKind, string>> = {
  bought: "Purchase",
  sold: "Sale",
  deposited: "Deposit",
  withdrawn: "Withdrawal",
  cash_in: "Cash transferred in",
  cash_out: "Cash transferred out",
  shares_in: "Shares transferred in, at the day’s price",
  shares_out: "Shares transferred out, at the day’s price",
  costs: "Fee or tax, paid from outside",
};

/** Empty where it is purchases and sales alone: the trades say it. */
export async function readContributed(client: PoolClient, extent: Extent, asked: Asked): Promise<Evidence> {
  const { format } = asked;
  const all = await readContributionEvidence(client, extent, rowLimit + 1);
  const rows = all.every(({ kind }) => kind === "bought" || kind === "sold") ? [] : all;
  const account = accountCells(rows, asked);
  return tableOf(
    "Put in and taken out",
    ["Date", "What", "Ticker", ...account.labels, "#Amount"],
    rows.map((row) => [
      { text: format.date(row.transaction_date), href: ledgerPath(row, asked.account) },
      { text: contributionNames[row.kind] },
      tickerCell(row.ticker, asked),
      ...account.of(row),
      { text: format.signedMoney(row.amount) },
    ]),
  );
}

/** `isPaidOut`: of accounts that keep no cash. */
export async function readBooked(
  client: PoolClient,
  extent: Extent,
  asked: Asked,
  isPaidOut: boolean,
): Promise<Evidence> {
  const { format } = asked;
  const rows = await readBookedEvidence(client, extent, rowLimit + 1, isPaidOut);
  const isConverted = rows.some(({ currency }) => currency !== format.currency);
  const account = accountCells(rows, asked);
  return tableOf(
    "Income as booked",
    [
      "Date",
      "Ticker",
      ...account.labels,
      ...(isConverted ? ["#As paid"] : []),
      "#Before tax",
      "#Tax",
      "#Fee",
      "#What is left",
    ],
    rows.map((row) => [
      { text: format.date(row.pay_date) },
      row.ticker === null ? { text: "Interest" } : tickerCell(row.ticker, asked),
      ...account.of(row),
      ...where(isConverted, { text: format.in(row.currency).money(row.local_gross) }),
      { text: format.money(row.gross) },
      { text: format.money(row.tax) },
      { text: format.money(row.fee) },
      { text: format.money(row.net) },
    ]),
  );
}

const costTitles = { fee: "Fees", other_fee: "Other fees", tax: "Taxes" } as const;

export async function readCosts(
  client: PoolClient,
  extent: Extent,
  asked: Asked,
  kind: keyof typeof costTitles,
): Promise<Evidence> {
  const { format } = asked;
  const rows = await readCostEvidence(client, extent, kind, rowLimit + 1);
  const isConverted = rows.some(({ currency }) => currency !== format.currency);
  const account = accountCells(rows, asked);
  return tableOf(
    costTitles[kind],
    [
      "Date",
      "Type",
      "Ticker",
      ...account.labels,
      ...(isConverted ? ["#As paid"] : []),
      kind === "tax" ? "#Tax" : "#Fee",
    ],
    rows.map((row) => [
      { text: format.date(row.transaction_date), href: ledgerPath(row, asked.account) },
      { text: row.transaction_type.replaceAll("_", " ") },
      tickerCell(row.ticker, asked),
      ...account.of(row),
      ...where(isConverted, { text: format.in(row.currency).money(row.own_amount) }),
      { text: format.money(row.amount) },
    ]),
  );
}

/** Every payment of the last year that is expected once more: all, since they are to be added up. */
export async function readExpected(client: PoolClient, extent: Extent, asked: Asked): Promise<Evidence> {
  const { format } = asked;
  const rows = await readExpectedEvidence(client, extent, extent.ticker);
  const isConverted = rows.some(({ currency }) => currency !== format.currency);
  const account = accountCells(rows, asked);
  return tableOf(
    "What each share paid, expected once more a year later",
    [
      "Paid on",
      "Ticker",
      ...account.labels,
      "#For each share",
      "#Quantity held now",
      ...(isConverted ? ["#Exchange rate"] : []),
      "#Expected",
    ],
    rows.map((row) => [
      { text: `${format.date(row.paid_on)}${row.source === "ledger" ? ", as booked" : ""}` },
      tickerCell(row.ticker, asked),
      ...account.of(row),
      { text: format.in(row.currency).price(row.cash_per_share) },
      { text: format.quantity(row.quantity) },
      ...where(isConverted, {
        text: row.currency === format.currency ? "–" : `× ${format.rate(row.rate)}`,
      }),
      { text: format.money(row.gross) },
    ]),
    rows.length,
  );
}
