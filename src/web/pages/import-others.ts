/** What a file has beside its trades, as the import's page shows it: by kind, with what recording it changes. */
import { Big } from "big.js";
import {
  type ImportReview,
  type RecordGroup,
  type ReviewedRow,
  recordGroups,
  type TransactionType,
} from "../../ledger/index.ts";
import { countOfKind, typeName } from "../entry-words.ts";
import { listed, t } from "../messages/index.ts";
import { inWords } from "../words.ts";

/** Of each kind; the sums are of all. */
const shown = 100;

/** "5 deposits, 1 withdrawal". */
function nameRows(rows: readonly ReviewedRow[]): string {
  const types = Map.groupBy(rows, ({ input }) => input!.type);
  return listed(
    [...types].map(([type, of]) => countOfKind(type, of.length)),
    "unit",
  );
}

function describeChoice(
  group: RecordGroup,
  { names, count }: { readonly names: string; readonly count: number },
  { account }: ImportReview,
) {
  const values = { names, count };
  const record = t("Record {names}", values);
  switch (group) {
    case "dividends":
      return account.income === "market"
        ? {
            record: t(
              "Record {names}, and count {count, plural, one {it} other {these}} instead of the market's",
              values,
            ),
            leave: t(
              "{count, plural, one {Leave it out} other {Leave them out}}: the market's are counted, as before",
              values,
            ),
          }
        : {
            record,
            leave: t(
              "{count, plural, one {Leave it out} other {Leave them out}}: the market's are not counted either",
              values,
            ),
          };
    case "cash":
      return account.tracks_cash
        ? {
            record,
            leave: t(
              "{count, plural, one {Leave it out: the account's cash lacks it} other {Leave them out: the account's cash lacks them}}",
              values,
            ),
          }
        : {
            record: t("Record {names}, and keep this account's cash", values),
            leave: t(
              "{count, plural, one {Leave it out} other {Leave them out}}: a purchase is money in and a sale money out, as before",
              values,
            ),
          };
    default:
      return { record, leave: t("{count, plural, one {Leave it out} other {Leave them out}}", values) };
  }
}

/** What changes with it, beside the rows themselves. */
function describeConsequence(
  group: RecordGroup,
  { account, accounts, earlierSince }: ImportReview,
): string[] {
  if (group === "dividends" && account.income === "market")
    return [
      t("From then on the dividends that are recorded count in this account, and no others."),
      ...(earlierSince
        ? [
            t(
              "It has purchases since {date}, before this file begins: dividends of that time are then missing until they are recorded, too.",
              { date: earlierSince },
            ),
          ]
        : []),
    ];
  if (group === "cash" && !account.tracks_cash)
    return [
      t(
        "From then on purchases are paid from its cash and sales go into it, and only deposits and withdrawals are money in and out.",
      ),
      ...(earlierSince
        ? [
            t(
              "It has purchases since {date}, before this file begins: they make its cash less than it is until the deposits of that time are recorded, too.",
              { date: earlierSince },
            ),
          ]
        : []),
    ];
  if (group === "shares" && accounts.length === 1)
    return [t("Where the other side of a transfer is in this account as well, leave both out.")];
  return [];
}

function sumsOf(rows: readonly ReviewedRow[]) {
  const sums = new Map<string, { amount: Big; tax: Big }>();
  for (const { input } of rows) {
    if (input?.amount === undefined || input.currency === undefined) continue;
    const key = `${input.type} ${input.currency}`;
    const { amount, tax } = sums.get(key) ?? { amount: new Big(0), tax: new Big(0) };
    sums.set(key, { amount: amount.plus(input.amount), tax: tax.plus(input.tax ?? 0) });
  }
  return [...sums].map(([key, { amount, tax }]) => {
    const [type, currency] = key.split(" ") as [TransactionType, string];
    return {
      type,
      typeName: typeName(type),
      currency,
      amount: amount.toFixed(),
      tax: tax.eq(0) ? null : tax.toFixed(),
    };
  });
}

const byType = (a: ReviewedRow, b: ReviewedRow): number =>
  a.input!.type < b.input!.type ? -1 : a.input!.type > b.input!.type ? 1 : a.line - b.line;

/** A conversion in one row is two of the ledger. */
const describeRow = ({ line, input, counterpart, notes }: ReviewedRow) => ({
  line,
  notes: notes.map((note) => inWords(note, note.message)),
  sides: [input!, counterpart].flatMap((side) => (side ? [{ ...side, typeName: typeName(side.type) }] : [])),
});

function describeProblem({ line, entry, problem }: ReviewedRow) {
  const { date, texts, word, instrument, amount, quantity } = entry;
  return {
    line,
    what: [date ?? texts.date, word, instrument?.symbol || instrument?.name, amount ?? quantity]
      .filter(Boolean)
      .join(" ")
      .slice(0, 160),
    reason: inWords(problem, problem!.message),
  };
}

function describeGroup(group: RecordGroup, review: ImportReview) {
  const own = review.rows.filter((row) => row.group === group);
  const problems = own.filter(({ problem }) => problem);
  const recordable = own.filter(({ input, problem }) => input !== null && !problem);
  const rows = recordable.filter(({ warnings }) => warnings.length === 0).toSorted(byType);
  const names = nameRows(rows);
  return {
    group,
    isThere: own.length > 0,
    hasRows: rows.length > 0,
    names,
    words: [...new Set(own.map(({ entry }) => entry.word.slice(0, 60)))]
      .filter(Boolean)
      .slice(0, 6)
      .join(", "),
    isRecorded: review.recording[group],
    count: rows.length,
    ...describeChoice(group, { names, count: rows.length }, review),
    consequences: rows.length === 0 ? [] : describeConsequence(group, review),
    rows: rows.slice(0, shown).map(describeRow),
    isOpen: rows.length <= 10,
    more: rows.length > shown ? rows.length - shown : 0,
    sums: rows.length > 1 ? sumsOf(rows) : [],
    known: recordable.length - rows.length,
    problems: problems.slice(0, shown).map(describeProblem),
    problemNames: t("{count, plural, one {# row cannot be recorded} other {# rows cannot be recorded}}", {
      count: problems.length,
    }),
    unrecorded: review.unrecorded[group],
  };
}

export function describeOthers(review: ImportReview) {
  const { account, accounts, rows, cashAfter } = review;
  const recorded = rows.filter(
    ({ status, isSelected, input }) => status === "KEPT" && isSelected && input !== null,
  );
  return {
    others: recordGroups.map((group) => describeGroup(group, review)).filter(({ isThere }) => isThere),
    otherCount: recorded.length,
    cashAfter,
    leftOut: review.leftOut,
    isBeforeDividends: account.income === "market" && !review.recording.dividends,
    // Our own export names each row's.
    accounts: rows.some(({ entry }) => entry.own) ? null : accountChoices(accounts, account.account_id),
    account,
  };
}

/** null: the person has one, and is not asked. */
export function accountChoices(accounts: ImportReview["accounts"], chosen: number | undefined) {
  if (accounts.length < 2) return null;
  return accounts
    .filter(({ closed_at, account_id }) => closed_at === null || account_id === chosen)
    .map(({ account_id, name }) => ({ value: account_id, label: name, isSelected: account_id === chosen }));
}
