/** A review as the import's page shows it: what needs the person first, what is in order folded away. */
import {
  groupKept,
  type ImportField,
  type ImportReview,
  importFields,
  type ReviewedRow,
  requiredFields,
  rowKinds,
  rowsToLeaveOut,
  spell,
} from "../../ledger/index.ts";
import { countOfKind, nameKind, typeName } from "../entry-words.ts";
import { defineMessage, type Message, t } from "../messages/index.ts";
import { inWords, spoken } from "../words.ts";
import { describeOthers } from "./import-others.ts";
import { pageOf, type RowPage, type ShownPages, writeLines } from "./import-rows.ts";
import { summarise } from "./import-summary.ts";

const labels: Readonly<Record<ImportField, Message>> = {
  date: defineMessage("Date"),
  type: defineMessage("Type"),
  ticker: defineMessage("Ticker"),
  identifier: defineMessage("ISIN or like number"),
  quantity: defineMessage("Quantity"),
  price: defineMessage("Price"),
  amount: defineMessage("Amount"),
  fee: defineMessage("Fee"),
  currency: defineMessage("Currency"),
};

const delimiterNames = {
  ",": defineMessage("commas"),
  ";": defineMessage("semicolons"),
  "\t": defineMessage("tabs"),
  "|": defineMessage("bars"),
} as const;

/** So many rows that are in order are shown at once; more are folded. */
const unfolded = 20;
/** Of each group that is kept. */
const shownKept = 50;

const needed = (field: ImportField, { columns }: ImportReview): boolean =>
  (requiredFields as readonly ImportField[]).includes(field) &&
  !(field === "price" && columns.amount !== null) &&
  !(field === "ticker" && columns.identifier !== null);

function describeColumns(review: ImportReview) {
  const { columns, headers, format } = review;
  return importFields.map((field) => {
    const chosen = columns[field];
    const options = chosen !== null && !headers.includes(chosen) ? [chosen, ...headers] : headers;
    // A format has what it needs, wherever it finds it.
    const isMissing = format === null && needed(field, review) && chosen === null;
    return {
      name: `column_${field}`,
      label: t(labels[field]),
      isRequired: needed(field, review),
      isMissing,
      options: options.map((header) => ({ header, isSelected: header === chosen })),
    };
  });
}

const statusNames: Readonly<Record<ReviewedRow["status"], Message>> = {
  OK: defineMessage("OK"),
  WARNING: defineMessage("WARNING"),
  ERROR: defineMessage("ERROR"),
  KEPT: defineMessage("KEPT"),
};

/** A row as it will be recorded; one that cannot be read, as it stands in the file. */
export function describeRow(row: ReviewedRow) {
  const { line, input, currency, values, status, errors, warnings, notes, isSelected } = row;
  const { correction, isCorrected } = row;
  return {
    line,
    correction: correction && spoken(correction.plain),
    isCorrected,
    hasRemarks: errors.length + warnings.length + notes.length > 0,
    input,
    // Where nothing says it, dollars are taken, or what a ticker is quoted in that is not known yet.
    currency: currency ?? (row.entry.isAsQuoted ? "" : "USD"),
    values,
    status,
    statusName: t(statusNames[status]),
    typeName: input && typeName(input.type),
    isSelected,
    remarks: [...errors, ...warnings].map((remark) => inWords(remark, remark.message)),
    notes: notes.map((note) => inWords(note, note.message)),
  };
}

function describeAside({ line, text, kind, lines = 1 }: ImportReview["asides"][number]) {
  if (kind === "merged")
    return { line, text: t("{text} (part of another line, or its repetition)", { text }) };
  if (kind === "table")
    return {
      line,
      text: t("{lines, plural, one {# line} other {# lines}} of another table: {name}", {
        lines,
        name: text,
      }),
    };
  return { line, text };
}

function describeKept(rows: readonly ReviewedRow[]) {
  return groupKept(rows.filter(({ group }) => !group)).map(({ kind, rows: group, words }) => ({
    name: countOfKind(kind, group.length),
    words: words.join(", "),
    reason: inWords(group[0]!.problem, group[0]!.problem?.message ?? ""),
    isMore: group.length > shownKept,
    rows: group.slice(0, shownKept).map(({ line, entry }) => ({
      line,
      day: entry.date ?? entry.texts.date,
      what: [entry.word, entry.instrument?.symbol || entry.instrument?.name]
        .filter(Boolean)
        .join(" · ")
        .slice(0, 120),
      figure: entry.amount ?? entry.quantity ?? "",
      currency: entry.amount === null ? "" : entry.currency,
    })),
  }));
}

function questionsOf(review: ImportReview) {
  return {
    words: review.unknownWords.map((word) => ({ word, name: `word:${spell(word)}` })),
    kinds: rowKinds.map((kind) => ({ kind, name: nameKind(kind) })),
    symbols: review.symbols.slice(0, 100),
  };
}

/** null: nobody is asked. */
function describeCurrency({ isCurrencyAsked, notation: { currency } }: ImportReview) {
  if (!isCurrencyAsked) return null;
  const choices = [
    { value: "", label: t("US dollars, unless the file says otherwise") },
    { value: "quoted", label: t("what each instrument is quoted in") },
    ...Intl.supportedValuesOf("currency").map((code) => ({ value: code, label: code })),
  ];
  return choices.map((choice) => ({ ...choice, isSelected: choice.value === (currency ?? "") }));
}

/** The lines that the page does not show and that its form says all the same. */
function describeUnshown(trades: readonly ReviewedRow[], pages: readonly RowPage[]) {
  const shown = new Set(pages.flatMap(({ rows }) => rows));
  const unshown = trades.filter((row) => !shown.has(row));
  const ticked = unshown.filter(({ isSelected }) => isSelected);
  const linesOf = (rows: readonly ReviewedRow[]): string => writeLines(rows.map(({ line }) => line));
  return {
    lines: linesOf(ticked),
    problems: ticked.filter(({ status }) => status === "ERROR").length,
    ticked: ticked.length,
    corrected: linesOf(unshown.filter(({ isCorrected }) => isCorrected)),
  };
}

export function describeReview(review: ImportReview, shown: ShownPages) {
  const { headers, notation, problem, rows, lookup, delimiter, format } = review;
  const count = (isCounted: (row: ReviewedRow) => boolean) => rows.filter(isCounted).length;
  const selected = count(({ isSelected, status }) => isSelected && status !== "KEPT");
  const trades = rows.filter(({ status }) => status !== "KEPT");
  const needing = ["ERROR", "WARNING"].flatMap((status) => trades.filter((row) => row.status === status));
  const good = trades.filter(({ status }) => status === "OK");
  const pages = { needing: pageOf(needing, shown.needing), good: pageOf(good, shown.good) };
  const blocking = count((row) => row.isSelected && row.status === "ERROR");
  return {
    review,
    summary: problem ? null : summarise(review),
    readingProblem: problem && inWords(problem, problem.message),
    delimiterName: delimiter && t(delimiterNames[delimiter]),
    hasColumns: headers.length > 0,
    columns: describeColumns(review),
    isMappingOpen:
      problem !== null ||
      format === null ||
      !review.isDateOrderCertain ||
      !review.isDecimalMarkCertain ||
      review.isCurrencyAsked,
    priceCurrencies: describeCurrency(review),
    dateOrder: notation.dateOrder,
    decimalMark: notation.decimalMark,
    ...questionsOf(review),
    hasRows: rows.length > 0,
    hasNeeding: needing.length > 0,
    pages,
    unshown: describeUnshown(trades, [pages.needing, pages.good]),
    isGoodOpen: good.length <= unfolded || shown.isGoodOpen,
    ready: selected - blocking,
    doubted: count((row) => row.isSelected && row.status === "WARNING"),
    correctable: count(({ correction }) => correction !== null),
    keptGroups: describeKept(rows),
    keptCount: count(
      ({ status, isSelected, warnings }) => status === "KEPT" && !isSelected && warnings.length === 0,
    ),
    ...describeOthers(review),
    asides: review.asides.slice(0, 20).map(describeAside),
    asideCount: review.asides.length,
    counts: {
      ok: good.length,
      warning: count((row) => row.status === "WARNING"),
      error: count((row) => row.status === "ERROR"),
    },
    selected,
    isOneSelected: selected === 1,
    blocking,
    leaving: rowsToLeaveOut(review).length,
    duplicates: trades.filter((row) => row.warnings.some(({ code }) => code === "potential_duplicate"))
      .length,
    isAllDuplicates: trades.length > 0 && !rows.some(({ isSelected }) => isSelected),
    isLookupUnfinished: lookup.checked < lookup.total,
  };
}
