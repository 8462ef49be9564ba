/** A table of evidence, and what its rows have in common. */
import type { Format } from "../format.ts";
import { t } from "../messages/index.ts";
import { shownTicker } from "../own-names.ts";

export interface Cell {
  readonly text: string;
  readonly href?: string;
}

interface Header {
  readonly label: string;
  readonly isNumber: boolean;
}

export interface Evidence {
  readonly title: string;
  readonly headers: readonly Header[];
  readonly rows: readonly (readonly Cell[])[];
  /** Set: there are more rows than are shown. */
  readonly note: string | null;
}

/** How tables are written, and for which account. */
export interface Asked {
  readonly format: Format;
  /** null: of all together. */
  readonly account: number | null;
  /** Names by id, of all accounts of the person. */
  readonly accounts: ReadonlyMap<number, string>;
}

export const rowLimit = 50;

/** The head of a column of numbers. */
export const numeric = (label: string): Header => ({ label, isNumber: true });

/** A table of the first rows. */
export function tableOf(
  title: string,
  heads: readonly (string | Header)[],
  rows: readonly Cell[][],
  length = rowLimit,
): Evidence {
  return {
    title,
    headers: heads.map((head) => (typeof head === "string" ? { label: head, isNumber: false } : head)),
    rows: rows.slice(0, length),
    note:
      rows.length > length
        ? t("The newest {count} are shown; there are more.", { count: String(rowLimit) })
        : null,
  };
}

/** Leads to the ticker as it is in the account that is asked for; null: cash. */
export function tickerCell(ticker: string | null, { account }: Asked): Cell {
  if (ticker === null) return { text: t("Cash") };
  const query = account === null ? "" : `?account=${account}`;
  return { text: shownTicker(ticker), href: `/tickers/${encodeURIComponent(ticker)}${query}` };
}

/** A column that tells the rows of several accounts apart; none where all are of one. */
export function accountCells(
  rows: readonly { readonly account_id: number }[],
  { accounts }: Asked,
): { labels: string[]; of: (row: { readonly account_id: number }) => Cell[] } {
  const areSeveral = new Set(rows.map(({ account_id }) => account_id)).size > 1;
  return {
    labels: areSeveral ? [t("Account")] : [],
    of: ({ account_id }) => (areSeveral ? [{ text: accounts.get(account_id) ?? "" }] : []),
  };
}

/** Cells that are there only where something was converted, or else needs them. */
export const where = (isNeeded: boolean, ...cells: Cell[]): Cell[] => (isNeeded ? cells : []);
