/**
 * Cases an accountant can read: a ledger, prices, what is expected. See tests/models/cases/README.md for the format.
 */
import { readFileSync } from "node:fs";
import Big from "big.js";
import type { PoolClient } from "pg";
import { expect } from "vitest";

interface Expectation {
  readonly model: string;
  /** true: the table has just these rows. false: it has these among others, found by the first column. */
  readonly whole: boolean;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Case {
  readonly title: string;
  readonly statements: readonly { readonly text: string; readonly values: readonly unknown[] }[];
  readonly expectations: readonly Expectation[];
}

type Statement = Case["statements"][number];

/** What a line of a section says, as the row that it puts into bronze. */
const sections: Record<string, { pattern: RegExp; statement(...words: string[]): Statement }> = {
  ledger: {
    pattern:
      /^(\S+) (BUY|SELL) (\S+) (\S+) @ (\S+)(?: ([A-Z]{3}))?(?: fee (\S+))?(?: at (\S+) ([A-Z]{3}))?(?: by (\d+))?$/,
    statement: (date, type, quantity, ticker, price, currency, fee, fxRate, fxCurrency, user) => ({
      text: `insert into transactions
               (transaction_date, transaction_type, quantity, ticker, price, currency, fee, fx_rate, fx_currency, user_id)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      values: [date, type, quantity, ticker, price, currency, fee ?? 0, fxRate, fxCurrency, user ?? 1],
    }),
  },
  prices: {
    pattern: /^(\S+) (\S+) (\S+)( provisional)?$/,
    statement: (date, ticker, close, provisional) => ({
      text: "insert into raw_prices (price_date, ticker, close, is_final) values ($1, $2, $3, $4)",
      values: [date, ticker, close === "-" ? null : close, !provisional],
    }),
  },
  bars: {
    pattern: /^(\S+) (\S+) (\S+) (\S+) (\S+) (\S+)$/,
    statement: (date, ticker, open, high, low, close) => ({
      text: "insert into raw_prices (price_date, ticker, open, high, low, close) values ($1, $2, $3, $4, $5, $6)",
      values: [date, ticker, open, high, low, close],
    }),
  },
  assets: {
    pattern: /^(\S+) (\S+)(?: (\S+))?$/,
    statement: (ticker, assetClass, quoteUnit = "USD") => ({
      text: `insert into raw_assets (ticker, name, asset_class, quote_unit, currency, unit_factor, exchange_timezone)
             values ($1, $1, $2, $3, upper($3), case when $3 = upper($3) then 1 else 0.01 end, 'UTC')`,
      values: [ticker, assetClass, quoteUnit],
    }),
  },
  splits: {
    pattern: /^(\S+) (\S+) (\S+):(\S+)$/,
    statement: (date, ticker, numerator, denominator) => ({
      text: `insert into raw_corporate_actions (action_date, ticker, action_type, numerator, denominator, ratio)
             values ($1, $2, 'split', $3::numeric, $4::numeric, $3::numeric / $4::numeric)`,
      values: [date, ticker, numerator, denominator],
    }),
  },
  dividends: {
    pattern: /^(\S+) (\S+) (\S+)$/,
    statement: (date, ticker, cashPerShare) => ({
      text: `insert into raw_corporate_actions (action_date, ticker, action_type, cash_per_share)
             values ($1, $2, 'dividend', $3)`,
      values: [date, ticker, cashPerShare],
    }),
  },
  gains: {
    pattern: /^(\S+) (\S+) (\S+)$/,
    statement: (date, ticker, cashPerShare) => ({
      text: `insert into raw_corporate_actions (action_date, ticker, action_type, cash_per_share)
             values ($1, $2, 'capital_gain', $3)`,
      values: [date, ticker, cashPerShare],
    }),
  },
  rates: {
    pattern: /^(\S+) (\S+)$/,
    statement: (date, value) => ({
      text: "insert into raw_fred (series_id, observation_date, value) values ('DTB3', $1, $2)",
      values: [date, value],
    }),
  },
  fx: {
    pattern: /^(\S+) ([A-Z]{3}) (\S+)$/,
    statement: (date, currency, dollars) => ({
      text: `insert into raw_fx_rates (rate_date, currency, usd_per_unit, source) values ($1, $2, $3, 'file')`,
      values: [date, currency, dollars],
    }),
  },
  base: {
    pattern: /^([A-Z]{3})(?: by (\d+))?$/,
    statement: (currency, user) => ({
      text: "update users set base_currency = $1 where user_id = coalesce($2, user_id)",
      values: [currency, user],
    }),
  },
  method: {
    pattern: /^(average|fifo)$/,
    statement: (method) => ({ text: "update users set cost_basis_method = $1", values: [method] }),
  },
};

/** Reads a case. Throws with the line that is not understood. */
export function parseCase(file: URL): Case {
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.trim().replace(/ +/g, " "))
    .filter((line) => line !== "" && !line.startsWith("--"));
  const [title = "", ...rest] = lines;
  const statements: Statement[] = [];
  const expectations: { model: string; whole: boolean; table: string[][] }[] = [];
  let section = "";
  for (const line of rest) {
    const heading = /^(?:(expect)(?: (rows of))? (\w+)|(\w+)):$/.exec(line);
    if (heading) {
      const [, , rowsOf, model, name] = heading;
      section = name ?? "expect";
      if (model) expectations.push({ model, whole: !rowsOf, table: [] });
    } else if (section === "expect") {
      const cells = line.split("|").map((cell) => cell.trim());
      expectations.at(-1)?.table.push(cells);
    } else {
      const words = sections[section]?.pattern.exec(line);
      if (!words) throw new Error(`expected a line of section ${section}, got: ${line} (${file.pathname})`);
      statements.push(sections[section]!.statement(...words.slice(1)));
    }
  }
  return {
    title,
    statements,
    expectations: expectations.map(({ table: [columns = [], ...rows], ...of }) => ({ ...of, columns, rows })),
  };
}

/** Puts the case into bronze and compares what the models say, in a transaction that is rolled back. */
export async function playCase(client: PoolClient, { statements, expectations }: Case): Promise<void> {
  await client.query("begin");
  try {
    await client.query(
      `insert into users (user_id, email, password_hash) values (1, 'a@example.org', ''), (2, 'b@example.org', '')`,
    );
    for (const { text, values } of statements) await client.query(text, [...values]);
    for (const expectation of expectations) await compare(client, expectation);
  } finally {
    await client.query("rollback");
  }
}

async function compare(client: PoolClient, { model, whole, columns, rows }: Expectation): Promise<void> {
  const { rows: found } = await client.query<Record<string, unknown>>(
    `select ${columns.join(", ")} from ${model} order by ${columns[0]}, ${columns[1] ?? columns[0]}`,
  );
  const actual = found.map((row) =>
    columns.map((column) => (row[column] === null ? "-" : String(row[column]))),
  );
  const compared = whole ? actual : actual.filter(([key]) => rows.some(([expected]) => expected === key));
  const shown = compared.map((row, at) =>
    row.map((value, column) => (agrees(value, rows[at]?.[column]) ? rows[at]![column] : value)),
  );
  expect(shown, `${model}: ${columns.join(" | ")}`).toEqual(rows);
}

/** To 9 decimals; a figure that ends in ~ to the decimals written. */
function agrees(actual: string, expected: string | undefined): boolean {
  if (expected === undefined || actual === expected) return actual === expected;
  if (!/^-?[\d.]+(e-?\d+)?$/.test(actual) || !/^-?[\d.]+~?$/.test(expected)) return false;
  const [digits = "", approximately] = expected.split(/(?=~)/);
  const places = approximately ? (digits.split(".")[1] ?? "").length : 9;
  return new Big(actual).minus(digits).abs().lte(new Big(10).pow(-places).div(2));
}
