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
import { typeName } from "../entry-words.ts";
import type { Format } from "../format.ts";
import { defineMessage, type Message, t } from "../messages/index.ts";
import { ledgerPath } from "../pages/ledger-table.ts";
import {
  type Asked,
  accountCells,
  type Evidence,
  numeric,
  rowLimit,
  tableOf,
  tickerCell,
  where,
} from "./table.ts";

export async function readCash(client: PoolClient, extent: Extent, asked: Asked): Promise<Evidence> {
  const { format } = asked;
  const rows = await readCashEvidence(client, extent);
  const account = accountCells(rows, asked);
  return tableOf(
    t("Cash of {date}", { date: format.date(extent.end) }),
    [
      t("Currency"),
      ...account.labels,
      numeric(t("Balance")),
      numeric(t("Exchange rate")),
      numeric(t("Value")),
    ],
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

const contributionNames: Readonly<Record<ContributionKind, Message>> = {
  bought: defineMessage("Purchase"),
  sold: defineMessage("Sale"),
  deposited: defineMessage("Deposit"),
  withdrawn: defineMessage("Withdrawal"),
  cash_in: defineMessage("Cash transferred in"),
  cash_out: defineMessage("Cash transferred out"),
  shares_in: defineMessage("Shares transferred in, at the day’s price"),
  shares_out: defineMessage("Shares transferred out, at the day’s price"),
  costs: defineMessage("Fee or tax, paid from outside"),
};

/** Empty where it is purchases and sales alone: the trades say it. */
export async function readContributed(client: PoolClient, extent: Extent, asked: Asked): Promise<Evidence> {
  const { format } = asked;
  const all = await readContributionEvidence(client, extent, rowLimit + 1);
  const rows = all.every(({ kind }) => kind === "bought" || kind === "sold") ? [] : all;
  const account = accountCells(rows, asked);
  return tableOf(
    t("Put in and taken out"),
    [t("Date"), t("What"), t("Ticker"), ...account.labels, numeric(t("Amount"))],
    rows.map((row) => [
      { text: format.date(row.transaction_date), href: ledgerPath(row, asked.account) },
      { text: t(contributionNames[row.kind]) },
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
    t("Income as booked"),
    [
      t("Date"),
      t("Ticker"),
      ...account.labels,
      ...(isConverted ? [numeric(t("As paid"))] : []),
      numeric(t("Before tax")),
      numeric(t("Tax")),
      numeric(t("Fee")),
      numeric(t("What is left")),
    ],
    rows.map((row) => [
      { text: format.date(row.pay_date) },
      row.ticker === null ? { text: t("Interest") } : tickerCell(row.ticker, asked),
      ...account.of(row),
      ...where(isConverted, { text: format.in(row.currency).money(row.local_gross) }),
      { text: format.money(row.gross) },
      { text: format.money(row.tax) },
      { text: format.money(row.fee) },
      { text: format.money(row.net) },
    ]),
  );
}

const costTitles = {
  fee: defineMessage("Fees"),
  other_fee: defineMessage("Other fees"),
  tax: defineMessage("Taxes"),
} as const;

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
    t(costTitles[kind]),
    [
      t("Date"),
      t("Type"),
      t("Ticker"),
      ...account.labels,
      ...(isConverted ? [numeric(t("As paid"))] : []),
      numeric(t(kind === "tax" ? "Tax" : "Fee")),
    ],
    rows.map((row) => [
      { text: format.date(row.transaction_date), href: ledgerPath(row, asked.account) },
      { text: typeName(row.transaction_type) },
      tickerCell(row.ticker, asked),
      ...account.of(row),
      ...where(isConverted, { text: format.in(row.currency).money(row.own_amount) }),
      { text: format.money(row.amount) },
    ]),
  );
}

function paidOn(
  { paid_on, source }: { readonly paid_on: string; readonly source: string },
  format: Format,
): string {
  const date = format.date(paid_on);
  return source === "ledger" ? t("{date}, as booked", { date }) : date;
}

/** Every payment of the last year that is expected once more: all, since they are to be added up. */
export async function readExpected(client: PoolClient, extent: Extent, asked: Asked): Promise<Evidence> {
  const { format } = asked;
  const rows = await readExpectedEvidence(client, extent, extent.ticker);
  const isConverted = rows.some(({ currency }) => currency !== format.currency);
  const account = accountCells(rows, asked);
  return tableOf(
    t("What each share paid, expected once more a year later"),
    [
      t("Paid on"),
      t("Ticker"),
      ...account.labels,
      numeric(t("For each share")),
      numeric(t("Quantity held now")),
      ...(isConverted ? [numeric(t("Exchange rate"))] : []),
      numeric(t("Expected")),
    ],
    rows.map((row) => [
      { text: paidOn(row, format) },
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
