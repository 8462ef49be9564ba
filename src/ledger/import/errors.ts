/** How what a file says is refused, as a whole or a row of it. */
import { englishOf, type Plain, plain, quoted, SpokenError } from "../../plain.ts";
import { shown } from "../errors.ts";

export class InvalidCsvError extends Error {
  readonly code = "invalid_csv";
  readonly plain: Plain;

  constructor(problem: string) {
    super(`expected lines of values between the same delimiter, got: ${problem}`);
    this.plain = plain(
      "The lines of this text are not divided alike: check that each has the same commas, semicolons or tabs.",
    );
  }
}

/** A row says in another column that there was no such trade, or that it was taken back. */
export class ContradictedTradeError extends Error {
  readonly code = "contradicted_trade";
  readonly plain: Plain;

  constructor(text: string, column: string) {
    super(
      `expected a trade that stands, got: ${shown(text)} in the column ${column.slice(0, 60)}; leave the row out, or correct the file`,
    );
    this.plain = plain(
      "The column {column} says “{text}”, as of a trade that did not take place or was taken back. Leave the row out, or correct the file.",
      {
        column: quoted(column),
        text: quoted(text),
      },
    );
  }
}

export type OtherFile = "an Excel workbook or another archive" | "a PDF" | "a page" | "a document";

/** A workbook, a document or a page instead of a table of text. */
export class NotTextError extends Error {
  readonly code = "not_text";
  readonly plain: Plain;

  constructor(kind: OtherFile) {
    super(
      `expected a table as text, got ${kind}; open it and save it as CSV, or copy its table and paste it here`,
    );
    const kinds = { "a PDF": "pdf", "a page": "page", "a document": "document" } as const;
    this.plain = plain(
      "This is {kind, select, pdf {a PDF} page {a page} document {a document} other {an Excel workbook or another archive}} and no table of text. Open it and save it as CSV, or copy its table and paste it here.",
      { kind: kind in kinds ? kinds[kind as keyof typeof kinds] : "archive" },
    );
  }
}

export class EmptyCsvError extends Error {
  readonly code = "empty_csv";
  readonly plain: Plain;

  constructor() {
    super("expected a line of column names and a trade on each line below, got no such lines");
    this.plain = plain(
      "There are no rows here: a line with the names of the columns comes first, and a trade on each line below it.",
    );
  }
}

export class TooManyLinesError extends Error {
  readonly code = "too_many_lines";
  readonly plain: Plain;

  constructor(limit: number, lines: number) {
    super(`expected at most ${limit} trades in one file, got: ${lines}; import it in parts`);
    this.plain = plain(
      "This file has {lines:number} rows; {limit:number} can be imported at once. Import it in parts, by year say.",
      {
        lines: String(lines),
        limit: String(limit),
      },
    );
  }
}

export class FileTooLargeError extends Error {
  readonly code = "file_too_large";
  readonly plain: Plain;

  constructor(limit: number, characters: number) {
    super(`expected a file of at most ${limit} characters, got: ${characters}; export a shorter period`);
    this.plain = plain(
      "This file has {characters:number} characters; {limit:number} can be read at once. Export a shorter period.",
      {
        characters: String(characters),
        limit: String(limit),
      },
    );
  }
}

/** It was being read, and would not end. */
export class FileTooCostlyError extends SpokenError {
  readonly code = "file_too_costly";

  constructor() {
    super(
      plain(
        "It takes more time or memory to read than one file may; split it, by year say, and import the parts.",
      ),
    );
  }
}

export class FileTooWideError extends Error {
  readonly code = "file_too_wide";
  readonly plain: Plain;

  constructor(limit: number, columns: number) {
    super(`expected at most ${limit} values on a line, got: ${columns}; this is no list of trades`);
    this.plain = plain(
      "A line of this has {columns:number} values, which no list of trades has. Is it the right file?",
      { columns: String(columns) },
    );
  }
}

const columnNames = {
  date: plain("the date"),
  type: plain("the type"),
  ticker: plain("the ticker"),
  quantity: plain("the quantity"),
  price: plain("the price"),
} as const;

export class MissingColumnsError extends Error {
  readonly code = "missing_columns";
  readonly plain: Plain;

  constructor(missing: readonly (keyof typeof columnNames)[], headers: readonly string[]) {
    const names = shown(headers.join(", ").slice(0, 400)).slice(1, -1);
    super(`expected a column for each of ${missing.join(", ")} among: ${names}; say which column it is`);
    const columns = missing
      .map((field) => columnNames[field])
      .reduce((before, next) => plain("{before} and {next}", { before, next }));
    this.plain = plain("Which column has {columns}? Choose it below. The file has: {names}.", {
      columns,
      names,
    });
  }
}

export class ValueCountError extends Error {
  readonly code = "invalid_line";
  readonly plain: Plain;

  constructor(expected: number, count: number) {
    super(`expected ${expected} values as in the first line, got: ${count}`);
    this.plain = plain(
      "This line has {count:number} values, and the first line names {expected:number}. Correct it in the file.",
      {
        count: String(count),
        expected: String(expected),
      },
    );
  }
}

export class SplitFigureError extends Error {
  readonly code = "split_figure";
  readonly plain: Plain;

  constructor() {
    super(
      "expected a comma within a figure to stand in quotes, got: a line with more values than others, of which two may be one figure, such as 1,500",
    );
    this.plain = plain(
      "This line has more values than others: a figure such as 1,500 was cut at its comma. Put such figures in quotes.",
    );
  }
}

export class ForeignCurrencyError extends Error {
  readonly code = "unsupported_currency";
  readonly plain: Plain;

  constructor(currency: string, source: Plain) {
    super(
      `expected a price in a currency that is known here, got: ${shown(currency)} (${englishOf(source)})`,
    );
    this.plain = plain(
      "The price is in {currency}, which is no currency that is known here ({source}). Correct it in the file.",
      {
        currency: quoted(currency),
        source,
      },
    );
  }
}

export class AmbiguousCurrencyError extends Error {
  readonly code = "ambiguous_currency";
  readonly plain: Plain;

  constructor(currencies: readonly (string | Plain)[]) {
    const named = currencies.map((one) => (typeof one === "string" ? one : englishOf(one)));
    super(`expected one currency of the price, got: ${named.join(" and ")}; say which column has it`);
    this.plain = plain("Is the price in {currencies}? Choose the column that says it.", {
      currencies: currencies.reduce((before, next) => plain("{before} or {next}", { before, next })),
    });
  }
}

export class UnknownUnitError extends Error {
  readonly code = "unknown_unit";
  readonly plain: Plain;

  constructor(column: string, unit: string) {
    super(
      `expected figures as they are, got: ${shown(unit)} in the name of the column ${column.slice(0, 60)}; write them out in the file, and name the column so`,
    );
    this.plain = plain(
      "The name of the column {column} says “{unit}”: its figures are others than they look. Write them out in the file, and name the column so.",
      {
        column: quoted(column),
        unit: quoted(unit),
      },
    );
  }
}

export class AmbiguousDateError extends SpokenError {
  readonly code = "ambiguous_date";
  readonly field = "date";

  constructor(text: string, day: string, month: string) {
    super(
      plain("{text} is {day:day} or {month:day}, and no other date of the file tells which; say it above.", {
        text,
        day,
        month,
      }),
    );
  }
}

const ambiguousFigures = {
  quantity: (text: string) =>
    plain(
      "Quantity {text} is a whole number or a decimal, and no other figure of the file tells which; say it above.",
      { text },
    ),
  price: (text: string) =>
    plain(
      "Price {text} is a whole number or a decimal, and no other figure of the file tells which; say it above.",
      { text },
    ),
  gross: (text: string) =>
    plain(
      "Gross {text} is a whole number or a decimal, and no other figure of the file tells which; say it above.",
      { text },
    ),
  amount: (text: string) =>
    plain(
      "Amount {text} is a whole number or a decimal, and no other figure of the file tells which; say it above.",
      { text },
    ),
  fee: (text: string) =>
    plain(
      "Fee {text} is a whole number or a decimal, and no other figure of the file tells which; say it above.",
      { text },
    ),
} as const;

export type FigureField = keyof typeof ambiguousFigures;

export class AmbiguousFigureError extends SpokenError {
  readonly code = "ambiguous_figure";

  constructor(field: FigureField, text: string) {
    super(ambiguousFigures[field](text));
  }
}

export class UnknownKindError extends Error {
  readonly code = "invalid_type";
  readonly field = "type";
  readonly plain: Plain;

  constructor(word: string) {
    super(
      word === ""
        ? "expected a word or a sign that tells a purchase from a sale, got neither"
        : `expected a word for a purchase, a sale or another entry, got: ${shown(word)}; say above what it is`,
    );
    this.plain =
      word === ""
        ? plain(
            "Nothing tells whether this was a purchase or a sale. Add a word or a sign for it in the file.",
          )
        : plain("“{word}” may be a purchase, a sale or something else: say above what it is.", {
            word: quoted(word),
          });
  }
}

function wordsOfAsset(asset: "option" | "CFD" | "future", symbol: string): Plain {
  if (asset === "option")
    return plain("{symbol} is an option: it is never bought as shares here.", { symbol });
  if (asset === "CFD") return plain("{symbol} is a CFD: it is never bought as shares here.", { symbol });
  return plain("{symbol} is a future: it is never bought as shares here.", { symbol });
}

/** Something that the ledger would hold as if it were shares. */
export class UnsupportedAssetError extends SpokenError {
  readonly code = "unsupported_asset";
  readonly field = "ticker";

  constructor(asset: "option" | "CFD" | "future", symbol: string) {
    super(wordsOfAsset(asset, shown(symbol)));
  }
}

export class UnknownInstrumentError extends Error {
  readonly code = "unknown_ticker";
  readonly field = "ticker";
  readonly plain: Plain;

  constructor(identifier: string) {
    super(`expected an instrument that Yahoo Finance knows, got: ${shown(identifier)}; say its ticker above`);
    this.plain = plain("Yahoo Finance knows no “{identifier}”: say its ticker above.", {
      identifier: quoted(identifier),
    });
  }
}

export class DuplicateError extends SpokenError {
  readonly code = "potential_duplicate";

  /** `importedOn`: the day on which this very row was imported; null: the ledger has a trade like it. */
  constructor(importedOn: string | null) {
    super(
      importedOn === null
        ? plain("Potential duplicate: same date, ticker, type, quantity and price as a trade in the ledger.")
        : plain("Potential duplicate: this row was imported on {day:day}, and its trade is in the ledger.", {
            day: importedOn,
          }),
    );
  }
}

export class TickerNotCheckedError extends SpokenError {
  readonly code = "ticker_not_checked";

  constructor(ticker: string) {
    super(plain("{ticker} is new here and has not been looked up yet; check again to go on.", { ticker }));
  }
}
