/** Which column of a price file is which, by what it is called and by what stands in it. Pure. */
import { spellField } from "../ledger/import/spelling.ts";

const roles = {
  date: "date tradedate tradingdate day datetime dtyyyymmdd",
  code: "code symbol ticker stockcode security isin",
  name: "name company companyname stockname securityname",
  open: "open openingprice openprice",
  high: "high dayhigh highprice",
  low: "low daylow lowprice",
  close: "close price dayprice last lastprice closingprice closeprice closelast",
  adjClose: "adjclose adjustedclose adjcloseprice",
  adjusted: "adjust adjusted adjustedprice",
  previous: "previous prevclose previousclose prev previousprice",
  volume: "volume vol tradedvolume volumetraded",
} as const;

export type Role = keyof typeof roles;

const roleNames = Object.keys(roles) as Role[];
const byName = new Map(
  roleNames.flatMap((role) => roles[role].split(" ").map((name) => [name, role] as const)),
);

/** Where each role's column is, from 0. */
export type Columns = Readonly<Partial<Record<Role, number>>> & {
  readonly date: number;
  readonly close: number;
};

/** What a code of an exchange looks like. */
export const codePattern = /^\^?[A-Z0-9][A-Z0-9&-]{0,11}$/;

/**
 * null: these are no names of columns of a price file. The first column of a name counts. A column called "Name" that holds
 * nothing but codes is the codes' column: files of one ticker have it so.
 */
export function columnsOf(header: readonly string[], rows: readonly (readonly string[])[]): Columns | null {
  const found: Partial<Record<Role, number>> = {};
  for (const [index, text] of header.entries()) {
    const role = byName.get(spellField(text));
    if (role !== undefined) found[role] ??= index;
  }
  const { date, close, name, ...others } = found;
  if (date === undefined || close === undefined) return null;
  const isCodes =
    name !== undefined &&
    others.code === undefined &&
    rows.length > 0 &&
    rows.every((cells) => codePattern.test(cells[name]?.trim() ?? ""));
  return isCodes
    ? { ...others, date, close, code: name }
    : { ...others, date, close, ...(name !== undefined && { name }) };
}
