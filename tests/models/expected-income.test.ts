/** Payers whose days move from year to year are expected to pay as often as they do, whatever the last day is. */
import { expect, test } from "vitest";
import { createTestDatabase } from "../support/database.ts";
import { deployModels } from "../support/models.ts";

const { pool } = await createTestDatabase();
await deployModels(pool);

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
const msOfDay = 86_400_000;

/** Days of payment from 2022 to 2024: `months` apart, up to `shift` days off, to one side in one year and the other in the next. */
const paymentDays = (months: number, shift: number): string[] =>
  Array.from({ length: 36 / months }, (_, index) => {
    const month = index * months;
    const year = Math.floor(month / 12);
    return dayOf(Date.UTC(2022, month, 14) + (year % 2 === 0 ? shift : 0) * msOfDay);
  });

const payers = [
  { ticker: "EARLIER", months: 12, shift: 12, expected: 1 },
  { ticker: "LATER", months: 12, shift: -12, expected: 1 },
  { ticker: "QUARTERS", months: 3, shift: 12, expected: 4 },
  { ticker: "QUARTERSLATER", months: 3, shift: -12, expected: 4 },
  { ticker: "MONTHS", months: 1, shift: 7, expected: 12 },
  { ticker: "MONTHSLATER", months: 1, shift: -7, expected: 12 },
];

test("an annual payer is expected once, a quarterly one four times and a monthly one twelve times, on every last day", async () => {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("insert into users (user_id, email, password_hash) values (1, 'a@example.org', '')");
    for (const { ticker, months, shift } of payers) {
      await client.query(
        `insert into transactions (user_id, account_id, transaction_type, ticker, quantity, price, fee, transaction_date)
         values (1, (select account_id from accounts where user_id = 1), 'BUY', $1, 1, 10, 0, '2022-01-01')`,
        [ticker],
      );
      await client.query(
        `insert into raw_corporate_actions (action_date, ticker, action_type, cash_per_share)
         select day, $1, 'dividend', 5 from unnest($2::date[]) as day`,
        [ticker, paymentDays(months, shift)],
      );
    }
    for (let time = Date.UTC(2023, 11, 1); time < Date.UTC(2024, 2, 10); time += 4 * msOfDay) {
      await client.query("insert into raw_prices (ticker, price_date, close) values ('LATER', $1, 10)", [
        dayOf(time),
      ]);
      const { rows } = await client.query(
        `select ticker, count(*)::integer as expected, bool_and(expected_on > as_of) as is_ahead
         from gold_expected_income
         where user_id = 1
         group by ticker
         order by ticker`,
      );
      expect(rows, dayOf(time)).toEqual(
        payers
          .map(({ ticker, expected }) => ({ ticker, expected, is_ahead: true }))
          .toSorted((a, b) => (a.ticker < b.ticker ? -1 : 1)),
      );
    }
  } finally {
    await client.query("rollback");
    client.release();
  }
}, 120_000);
