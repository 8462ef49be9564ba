/**
 * Cases an accountant can read: a ledger, prices, what is expected. See tests/models/cases/README.md for the format.
 */
import { readFileSync } from "node:fs";
import Big from "big.js";
import type { Pool, PoolClient } from "pg";
import { expect } from "vitest";
import { recordCorporateAction } from "../../src/ledger/index.ts";
import { readTransferredCost } from "../../src/portfolio/index.ts";
import { fillModels } from "../support/models.ts";

interface Expectation {
  readonly model: string;
  /** true: the table has just these rows. false: it has these among others, found by the first column. */
  readonly whole: boolean;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Case {
  readonly title: string;
  /** Corporate actions, as they are said to the wizard that writes their rows. */
  readonly actions: readonly Readonly<Record<string, unknown>>[];
  readonly statements: readonly { readonly text: string; readonly values: readonly unknown[] }[];
  readonly expectations: readonly Expectation[];
}

type Statement = Case["statements"][number];

/** The main part of a ledger line, by what is in it; `options` follow it in any order. */
const ledgerShapes = [
  { pattern: /^(\S+) (\S+) @ (\S+)((?: .+)?)$/, columns: ["quantity", "ticker", "price"] },
  { pattern: /^(\S+) (\d+):(\d+)((?: .+)?)$/, columns: ["ticker", "numerator", "denominator"] },
  { pattern: /^([\d.]+) ([A-Z][A-Z.]*)((?: .+)?)$/, columns: ["quantity", "ticker"] },
  { pattern: /^([A-Z][A-Z.]*) (-?[\d.]+)((?: .+)?)$/, columns: ["ticker", "amount"] },
  { pattern: /^(-?[\d.]+)((?: .+)?)$/, columns: ["amount"] },
];

const ledgerOptions: Record<string, string> = {
  fee: "fee",
  tax: "tax",
  in: "currency",
  cost: "amount",
  bought: "acquired_on",
  by: "user_id",
};

/** Rows are numbered as they stand in the ledger: `lots 1:3,2:1` names purchases by that number. */
function ledgerRow(date: string, type: string, rest: string): Statement {
  const row: Record<string, unknown> = { transaction_date: date, transaction_type: type };
  let account: string | undefined;
  const shape = ledgerShapes.find(({ pattern }) => pattern.test(rest));
  if (!shape) throw new Error(`expected a line of the ledger, got: ${date} ${type} ${rest}`);
  const words = shape.pattern.exec(rest)!.slice(1);
  shape.columns.forEach((column, at) => {
    row[column] = words[at];
  });
  for (const [, name, value, unit] of words.at(-1)!.matchAll(/ (\S+) (\S+)(?: ([A-Z]{3}))?/g)) {
    if (name === "account") account = value;
    else if (name === "at") [row.fx_rate, row.fx_currency] = [value, unit];
    else if (name === "pair") row.transfer_id = `00000000-0000-4000-8000-${value!.padStart(12, "0")}`;
    else if (name === "lots")
      row.lots = JSON.stringify(Object.fromEntries(value!.split(",").map((lot) => lot.split(":"))));
    else if (ledgerOptions[name!]) row[ledgerOptions[name!]!] = value;
    else throw new Error(`expected an option of the ledger, got: ${name} (${date} ${type} ${rest})`);
  }
  const given = { fee: 0, user_id: 1, ...row };
  const columns = Object.keys(given);
  return {
    text: `insert into transactions (transaction_id, account_id, ${columns.join(", ")}) overriding system value
           values (
             (select coalesce(max(transaction_id), 0) + 1 from transactions),
             (select account_id from accounts where user_id = 1 and name = $1),
             ${columns.map((_, at) => `$${at + 2}`).join(", ")}
           )`,
    values: [account ?? null, ...Object.values(given)],
  };
}

/** What a line of a section says, as the row that it puts into bronze. */
const sections: Record<string, { pattern: RegExp; statement(...words: string[]): Statement }> = {
  accounts: {
    pattern: /^(\S+)(?: ([A-Z]{3}))?( cash)?( ledger)?$/,
    statement: (name, currency, cash, ledger) => ({
      text: `merge into accounts
             using (values ($1, $2, $3::boolean, $4)) as line (name, currency, tracks_cash, income)
               on user_id = 1 and accounts.name = line.name
             when matched then update set currency = line.currency, tracks_cash = line.tracks_cash, income = line.income
             when not matched then insert (user_id, name, currency, tracks_cash, income)
               values (1, line.name, line.currency, line.tracks_cash, line.income)`,
      values: [name, currency ?? null, Boolean(cash), ledger ? "ledger" : "market"],
    }),
  },
  ledger: {
    pattern: /^(\S+) ([A-Z_]+) (.+)$/,
    statement: (date, type, rest) => ledgerRow(date!, type!, rest!),
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
  sources: {
    pattern: /^(\S+) (yahoo|file|manual|url)$/,
    statement: (ticker, source) => ({
      text: "update raw_assets set source = $2 where ticker = $1",
      values: [ticker, source],
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
    pattern: /^(average|fifo|lifo|hifo)$/,
    statement: (method) => ({ text: "update users set cost_basis_method = $1", values: [method] }),
  },
};

/** `2024-01-03 spin_off OLD NEW 1:2 cost_share 0.25`: kind, ticker, new ticker and ratio where it has them, then other terms by name. */
function readAction(line: string): Case["actions"][number] {
  const [date, kind, ticker, ...words] = line.split(" ");
  const action: Record<string, unknown> = { date, kind, ticker };
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (/^\d+:\d+$/.test(word)) [action.numerator, action.denominator] = word.split(":");
    else if (/^[a-z_]+$/.test(word))
      action[word] = word === "is_exercised" ? words.shift() === "yes" : words.shift();
    else action.new_ticker = word;
  }
  return action;
}

/** Reads a case. Throws with the line that is not understood. */
export function parseCase(file: URL): Case {
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.trim().replace(/ +/g, " "))
    .filter((line) => line !== "" && !line.startsWith("--"));
  const [title = "", ...rest] = lines;
  const statements: Statement[] = [];
  const actions: Case["actions"][number][] = [];
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
    } else if (section === "actions") actions.push(readAction(line));
    else {
      const words = sections[section]?.pattern.exec(line);
      if (!words) throw new Error(`expected a line of section ${section}, got: ${line} (${file.pathname})`);
      statements.push(sections[section]!.statement(...words.slice(1)));
    }
  }
  return {
    title,
    statements,
    actions,
    expectations: expectations.map(({ table: [columns = [], ...rows], ...of }) => ({ ...of, columns, rows })),
  };
}

async function prepare(client: Pick<PoolClient, "query">, { statements }: Case): Promise<void> {
  await client.query(
    `insert into users (user_id, email, password_hash) values (1, 'a@example.org', ''), (2, 'b@example.org', '')`,
  );
  for (const { text, values } of statements) await client.query(text, [...values]);
}

/** Puts the case into bronze and compares what the models say, in a transaction that is rolled back. */
export async function playCase(client: PoolClient, one: Case): Promise<void> {
  await client.query("begin");
  try {
    await prepare(client, one);
    await fillModels(client);
    for (const expectation of one.expectations) await compare(client, expectation);
  } finally {
    await client.query("rollback");
  }
}

const ofMarket = ["raw_prices", "raw_corporate_actions", "raw_assets", "raw_fred"];

/** As playCase, with corporate actions, which are written in transactions of their own: so all is committed, and deleted again. */
export async function playActions(pool: Pool, one: Case): Promise<void> {
  const context = {
    pool,
    clock: () => new Date("2024-12-31T12:00:00Z"),
    log: { warn: () => {} },
    prices: {} as never, // all that is needed is known
  };
  try {
    await prepare(pool, one);
    // The ledger's lines are numbered by hand.
    await pool.query(
      "select setval(pg_get_serial_sequence('bronze.transactions', 'transaction_id'), (select max(transaction_id) from transactions))",
    );
    for (const action of one.actions) {
      await fillModels(pool);
      await recordCorporateAction(context, 1, action, {
        costOf: readTransferredCost,
        email: "a@example.org",
        isPreview: false,
      });
    }
    await fillModels(pool);
    for (const expectation of one.expectations) await compare(pool, expectation);
  } finally {
    await pool.query("delete from users");
    for (const table of ofMarket) await pool.query(`delete from ${table}`);
    // The dollar's own rate is there from the start.
    await pool.query("delete from raw_fx_rates where currency <> 'USD'");
  }
}

async function compare(
  client: Pick<PoolClient, "query">,
  { model, whole, columns, rows }: Expectation,
): Promise<void> {
  // Accounts by their names.
  const rowsOf = columns.includes("account")
    ? `(select model.*, accounts.name as account from ${model} model left join accounts using (account_id)) named`
    : model;
  const { rows: found } = await client.query<Record<string, unknown>>(
    `select ${columns.join(", ")} from ${rowsOf} order by ${columns.slice(0, 3).join(", ")}`,
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
