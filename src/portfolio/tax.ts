/** What happened in a person's tax year, or in one of their accounts in it: sales by lot, income, fees and taxes, and what does not count. */
import type { Pool, PoolClient } from "pg";
import { gold_income } from "../../assets/income.ts";
import { gold_fees_and_taxes, gold_realized_lots, gold_uncounted_transactions } from "../../assets/tax.ts";
import { personTransaction } from "../database/person.ts";
import { quoteColumns, quoteIdentifier, type RowOf } from "../engine/index.ts";
import { accountAskedFor, type NamedAccount, type OfAccount } from "./named-account.ts";
import { type TaxYear, taxYearOf, taxYearOn } from "./tax-year.ts";

async function readTaxYearStart(client: PoolClient, userId: number): Promise<string> {
  const { rows } = await client.query<{ start: string }>(
    "select tax_year_start as start from public.users where user_id = $1",
    [userId],
  );
  return rows[0]!.start;
}

export interface OfTaxYear<R> {
  readonly taxYear: TaxYear;
  readonly rows: readonly R[];
}

/** `year`: the calendar year in which the tax year begins. */
interface TaxYearRequest extends OfAccount {
  readonly year: number;
}

interface TaxModel {
  readonly name: string;
  readonly columns: readonly string[];
  /** Of the day that decides on the year. */
  readonly day: string;
  readonly order: readonly string[];
  /** Rows of earlier years, too. */
  readonly isToDate?: boolean;
}

/** Of what was sold, or paid: of an asset of the person's own it tells more than the ticker; null: not known. */
interface Named {
  readonly name: string | null;
}

/** The person's, which amounts are in. */
interface InBase {
  readonly base_currency: string;
}

/** Throws UnknownAccountError. */
function readTaxRows<R>(
  pool: Pool,
  userId: number,
  { year, account }: { readonly year: number; readonly account?: NamedAccount | undefined },
  { name, columns, day, order, isToDate = false }: TaxModel,
): Promise<OfTaxYear<R & Named & InBase>> {
  return personTransaction(pool, userId, async (client) => {
    const accountId = await accountAskedFor(client, userId, account);
    const taxYear = taxYearOf(year, await readTaxYearStart(client, userId));
    const { rows } = await client.query<R & Named & InBase>(
      `select
         ${quoteColumns(columns)},
         (select base_currency from public.users where user_id = $1) as base_currency,
         (select name from bronze.raw_assets where raw_assets.ticker = row.ticker) as name
       from ${quoteIdentifier(name)} as row
       where user_id = $1
         and ${quoteIdentifier(day)} between coalesce($2::date, '-infinity') and $3::date
         and ($4::bigint is null or account_id = $4)
       order by ${quoteColumns(order)}`,
      [userId, isToDate ? null : taxYear.from, taxYear.to, accountId],
    );
    return { taxYear, rows };
  });
}

const lotColumns = [
  "account_id",
  "ticker",
  "buy_date",
  "sell_date",
  "quantity",
  "cost",
  "proceeds",
  "gain",
  "term",
  "days_held",
  "currency",
  "local_cost",
  "local_proceeds",
  "local_gain",
  "is_rated",
  "is_cost_given",
] as const;

/** As a file has them. */
export const realizedColumns = [...lotColumns, "base_currency", "name"] as const;

type RealizedRow = Pick<RowOf<typeof gold_realized_lots>, (typeof lotColumns)[number]> & Named & InBase;

/** Sales by lot, or of a person on the moving average by sale. */
export const readRealized = (
  pool: Pool,
  userId: number,
  request: TaxYearRequest,
): Promise<OfTaxYear<RealizedRow>> =>
  readTaxRows(pool, userId, request, {
    name: gold_realized_lots.name,
    columns: lotColumns,
    day: "sell_date",
    order: ["sell_date", "sale_id", "buy_date", "transaction_id"],
  });

const paymentColumns = [
  "account_id",
  "ticker",
  "kind",
  "pay_date",
  "currency",
  "local_gross",
  "gross",
  "tax",
  "fee",
  "net",
  "source",
  "is_rated",
] as const;

export const taxIncomeColumns = [...paymentColumns, "base_currency", "name"] as const;

type TaxIncomeRow = Pick<RowOf<typeof gold_income>, (typeof paymentColumns)[number]> & Named & InBase;

/** Dividends and interest by day, ticker and account. */
export const readTaxIncome = (
  pool: Pool,
  userId: number,
  request: TaxYearRequest,
): Promise<OfTaxYear<TaxIncomeRow>> =>
  readTaxRows(pool, userId, request, {
    name: gold_income.name,
    columns: paymentColumns,
    day: "pay_date",
    order: ["pay_date", "ticker", "account_id", "kind", "currency", "source"],
  });

const feeColumns = [
  "account_id",
  "transaction_id",
  "transaction_date",
  "transaction_type",
  "ticker",
  "kind",
  "currency",
  "own_fee",
  "own_tax",
  "fee",
  "tax",
  "is_rated",
] as const;

export const costColumns = [...feeColumns, "base_currency", "name"] as const;

type CostRow = Pick<RowOf<typeof gold_fees_and_taxes>, (typeof feeColumns)[number]> & Named & InBase;

/** Fees and taxes of every ledger row that has any. */
export const readFeesAndTaxes = (
  pool: Pool,
  userId: number,
  request: TaxYearRequest,
): Promise<OfTaxYear<CostRow>> =>
  readTaxRows(pool, userId, request, {
    name: gold_fees_and_taxes.name,
    columns: feeColumns,
    day: "transaction_date",
    order: ["transaction_date", "transaction_id"],
  });

const uncountedColumns = [
  "account_id",
  "transaction_id",
  "transaction_date",
  "transaction_type",
  "ticker",
  "quantity",
  "currency",
  "own_gross_amount",
  "reason",
] as const;

export type UncountedRow = Pick<
  RowOf<typeof gold_uncounted_transactions>,
  (typeof uncountedColumns)[number]
> &
  Named;

/** Ledger rows up to the end of the year that are in none of the figures, earlier ones too: what they hold may be paid dividends in it. */
export const readUncounted = (
  pool: Pool,
  userId: number,
  request: TaxYearRequest,
): Promise<OfTaxYear<UncountedRow>> =>
  readTaxRows(pool, userId, request, {
    name: gold_uncounted_transactions.name,
    columns: uncountedColumns,
    day: "transaction_date",
    order: ["transaction_date", "transaction_id"],
    isToDate: true,
  });

export interface TaxYears {
  /** Those with a sale, income, a fee, a tax or what does not count, and the one that `today` is in: the latest first. */
  readonly years: readonly TaxYear[];
  /** The latest with anything in it; where there is none, the one that `today` is in. */
  readonly latest: TaxYear;
  /** Month and day on which they begin. */
  readonly start: string;
}

export function readTaxYears(
  pool: Pool,
  userId: number,
  today: string,
  { account }: OfAccount,
): Promise<TaxYears> {
  return personTransaction(pool, userId, async (client) => {
    const accountId = await accountAskedFor(client, userId, account);
    const start = await readTaxYearStart(client, userId);
    const { rows } = await client.query<{ year: number }>(
      `with days as (
         select sell_date as day, account_id from gold_realized_lots where user_id = $1
         union all
         select pay_date, account_id from gold_income where user_id = $1
         union all
         select transaction_date, account_id from gold_fees_and_taxes where user_id = $1
         union all
         select transaction_date, account_id from gold_uncounted_transactions where user_id = $1
       )
       select distinct extract(year from day)::integer - (to_char(day, 'MM-DD') < $2)::integer as year
       from days
       where $3::bigint is null or account_id = $3`,
      [userId, start, accountId],
    );
    const current = taxYearOn(today, start);
    const known = rows.map(({ year }) => year).toSorted((a, b) => b - a);
    const years = [...new Set([current.year, ...known])].toSorted((a, b) => b - a);
    return {
      years: years.map((year) => taxYearOf(year, start)),
      latest: known[0] === undefined ? current : taxYearOf(known[0], start),
      start,
    };
  });
}
