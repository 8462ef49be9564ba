import { beforeAll, expect, test } from "vitest";
import { type Program, startProgram } from "../support/program.ts";
import { register, type Visitor } from "../support/visitor.ts";

// A broker's whole file into an account that keeps cash: what lies there afterwards is what the broker says lies there.

let program: Program;

beforeAll(async () => {
  program = await startProgram();
  // By nobody but the test, so that no look-up of rates is waited for.
  await program.database.pool.query(
    `insert into bronze.raw_fx_rates (currency, rate_date, usd_per_unit, is_final, source, fetched_at)
     values ('EUR', '2023-01-02', 1.1, true, 'file', now()), ('CHF', '2023-01-02', 1.2, true, 'file', now())`,
  );
});

const path = "/transactions/import";
const hidden = (html: string, name: string): string =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? "";

interface Imported {
  readonly html: string;
  readonly location: string | null;
}

/** As a person does: a look, everything recorded, Import. */
async function importWhole(who: Visitor, csv: string, more: Record<string, string> = {}): Promise<Imported> {
  const groups = ["dividends", "costs", "cash"];
  const chosen = Object.fromEntries(groups.map((group) => [`record_${group}`, "1"]));
  const first = (await who.post(path, { csv, step: "review", ...more })).html;
  const header = hidden(first, "header");
  const { html } = await who.post(path, { csv, step: "review", header, ...more, ...chosen });
  const ticked = [...html.matchAll(/name="line"\s+value="(\d+)"/g)].map(([, line]) => ["line", line!]);
  const seen = groups.map((group) => [`unrecorded_${group}`, hidden(html, `unrecorded_${group}`)]);
  const form = new URLSearchParams([
    ...Object.entries({
      csv,
      step: "import",
      header,
      fingerprint: hidden(html, "fingerprint"),
      ...more,
      ...chosen,
    }),
    ...seen,
    ...ticked,
  ] as [string, string][]);
  const { location } = await who.postForm(path, form);
  return { html, location };
}

/** By currency, as the figures have it and as the rows add up. */
async function cashOf(email: string): Promise<Record<string, string>> {
  await program.engine.refresh("transaction_sensor");
  const { rows } = await program.database.pool.query<{ currency: string; balance: string }>(
    `select distinct on (currency) currency, trim_scale(balance) as balance
     from "default".int_cash_daily
     join public.users using (user_id)
     where email = $1
     order by currency, cash_date desc`,
    [email],
  );
  return Object.fromEntries(rows.map(({ currency, balance }) => [currency, balance]));
}

test("Swissquote's balance, with a dividend, what was withheld of it, a fee and interest", async () => {
  const who = await register(program, "swissquote@example.org");
  const csv = `Date;Order #;Transaction;Symbol;Name;ISIN;Quantity;Unit price;Costs;Accrued Interest;Net Amount;Balance;Currency
02-01-2024 09:00:00;00000000;Payment;;;;1.0;5000.00;0.00;0.00;5000.00;5000.00;USD
05-01-2024 15:30:02;113947121;Buy;WRLD;WORLD;US5949181045;10.0;200.20;5.96;0.00;-2007.96;2992.04;USD
29-01-2024 11:17:26;00000000;Dividend;WRLD;WORLD;US5949181045;10.0;0.50;0.75;0.00;4.25;2996.29;USD
30-01-2024 07:00:15;00000000;Custody Fees;;;;1.0;20.00;0.00;0.00;-20.00;2976.29;USD
31-01-2024 07:00:15;00000000;Interest;;;;1.0;1.10;0.00;0.00;1.10;2977.39;USD
05-02-2024 15:30:02;113947122;Sell;WRLD;WORLD;US5949181045;4.0;201.00;5.96;0.00;798.04;3775.43;USD
06-02-2024 15:30:02;00000000;Withdrawal;;;;1.0;1000.00;0.00;0.00;-1000.00;2775.43;USD
`;
  const { html, location } = await importWhole(who, csv);
  expect(html).toMatch(/The account's cash comes to\s*\$2,775\.43\./);
  expect(location).toBe("/transactions?imported=2&others=5");
  expect(await cashOf("swissquote@example.org")).toEqual({ USD: "2775.43" });
});

test("Fidelity's balance, of which a sweep within the broker is no part", async () => {
  const who = await register(program, "fidelity@example.org");
  const csv = `Run Date,Action,Symbol,Description,Type,Quantity,Price ($),Commission ($),Fees ($),Accrued Interest ($),Amount ($),Cash Balance ($),Settlement Date
01/16/2024,"FOREIGN TAX PAID WORLD (WRLD) (Cash)", WRLD,"WORLD",Cash,,,,,,-0.38,503.12,
01/16/2024,"DIVIDEND RECEIVED WORLD (WRLD) (Cash)", WRLD,"WORLD",Cash,,,,,,2.5,503.5,
01/11/2024,"YOU SOLD WORLD (WRLD) (Cash)", WRLD,"WORLD",Cash,-1,200.00,4.95,0.05,,195,501,01/16/2024
01/09/2024,"YOU BOUGHT WORLD (WRLD) (Cash)", WRLD,"WORLD",Cash,6,199.00,,,,-1194,306,01/11/2024
01/08/2024,"Electronic Funds Transfer Received (Cash)", ,"No Description",Cash,,,,,,1500,1500,
`;
  const { location } = await importWhole(who, csv);
  expect(location).toBe("/transactions?imported=2&others=2");
  expect(await cashOf("fidelity@example.org")).toEqual({ USD: "503.12" });
  const { rows } = await program.database.pool.query<{ told: string }>(
    `select concat_ws(' ', source, trim_scale(gross), trim_scale(tax), trim_scale(net)) as told
     from "default".gold_income join public.users using (user_id) where email = 'fidelity@example.org'`,
  );
  // The market's own of these days is not counted beside it.
  expect(rows.map(({ told }) => told)).toEqual(["ledger 2.5 0.38 2.12"]);
});

test("DEGIRO's balances in two currencies, with the conversion that paid for the shares; undone by either side", async () => {
  const who = await register(program, "degiro@example.org");
  const head = "Datum,Tijd,Valutadatum,Product,ISIN,Omschrijving,FX,Mutatie,,Saldo,,Order Id\n";
  const csv = `${head}17-01-2024,09:05,16-01-2024,WORLD,US1912161007,Dividendbelasting,,USD,"-0,07",USD,"0,38",
17-01-2024,09:05,16-01-2024,WORLD,US1912161007,Dividend,,USD,"0,45",USD,"0,45",
15-01-2024,16:55,15-01-2024,WORLD,US1912161007,"Koop 1 @ 200 USD",,USD,"-200,00",USD,"0,00",b017
15-01-2024,16:55,15-01-2024,WORLD,US1912161007,Valuta Creditering,,USD,"200,00",USD,"200,00",b017
15-01-2024,16:55,15-01-2024,WORLD,US1912161007,Valuta Debitering,,EUR,"-182,40",EUR,"317,60",b017
03-01-2024,12:00,03-01-2024,,,flatex Deposit,,EUR,"500,00",EUR,"500,00",
`;
  const { html, location } = await importWhole(who, csv, { "ticker:US1912161007": "WRLD" });
  expect(html).toMatch(/cash comes to\s*€317\.60\s+and\s+\$0\.38/);
  expect(location).toBe("/transactions?imported=1&others=4");
  const { rows } = await program.database.pool.query<{ id: number; transfer: string }>(
    `select transaction_id as id, transfer_id as transfer from bronze.transactions
     join public.users using (user_id) where email = 'degiro@example.org' and transaction_type like 'FX%'`,
  );
  expect(rows).toHaveLength(2);
  expect(rows[0]!.transfer).toBe(rows[1]!.transfer);
  const again = (await who.post(path, { csv, step: "review", "ticker:US1912161007": "WRLD" })).html;
  expect(again).not.toContain('name="record_');
  await who.post(`/transactions/${rows[0]!.id}/delete`);
  expect(await cashOf("degiro@example.org")).toEqual({ EUR: "500", USD: "-199.62" });
});

test("a deposit from before its currency has a rate is refused with the reason, and nothing is recorded", async () => {
  const who = await register(program, "early@example.org");
  const csv = `date,type,ticker,quantity,price,amount,currency
2024-01-05,Buy,WRLD,1,200,,USD
2022-01-05,Deposit,,,,500,EUR
`;
  const first = (await who.post(path, { csv, step: "review" })).html;
  const refused = await who.post(path, {
    csv,
    step: "import",
    header: hidden(first, "header"),
    fingerprint: hidden(first, "fingerprint"),
    line: "2",
    record_cash: "1",
  });
  expect([refused.status, refused.html.includes("Nothing was imported.")]).toEqual([422, true]);
  expect(refused.html).toContain("No exchange rate of EUR from before Jan 2, 2023 is known");
  const { rows } = await program.database.pool.query(
    "select from bronze.transactions join public.users using (user_id) where email = 'early@example.org'",
  );
  expect(rows).toHaveLength(0);
});
