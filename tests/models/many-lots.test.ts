/** Many trades of one ticker: FIFO grows with the trades, not with trades times lots. */
import { expect, test } from "vitest";
import { createTestDatabase } from "../support/database.ts";
import { buildModels } from "../support/models.ts";

const trades = 20_000;
/** Milliseconds to build all models; lists of lots and joins by overlap took minutes. */
const patience = 60_000;

test.each([
  ["few sales, most lots open", "trade % 20 = 19", "1"],
  ["sales over many lots each", "trade % 100 = 99", "0.9 * 99"],
  ["a sale after each purchase", "trade % 2 = 1", "1"],
])(
  "%s",
  async (name, isSale, sold) => {
    const { pool } = await createTestDatabase();
    await pool.query(
      `insert into users (user_id, email, password_hash, cost_basis_method) values (1, 'a@example.org', '', 'fifo')`,
    );
    await pool.query(
      `insert into transactions (user_id, ticker, transaction_type, quantity, price, fee, transaction_date)
       select 1, 'MANY', case when ${isSale} then 'SELL' else 'BUY' end, case when ${isSale} then ${sold} else 1 end,
         100 + trade % 7, 0.5, date '2010-01-01' + trade / 5
       from generate_series(0, $1::integer - 1) as trade`,
      [trades],
    );
    const began = performance.now();
    await buildModels(pool);
    expect(performance.now() - began).toBeLessThan(patience);
    const { rows } = await pool.query(
      `with last_period as (
         select quantity, cost_basis from int_holding_periods where user_id = 1 and valid_to = 'infinity'
       ),
       open_lots as (
         select sum(quantity) as quantity, sum(cost) as cost, count(*) as lots
         from int_lots where user_id = 1 and sale_id is null
       )
       select o.quantity = p.quantity as same_quantity, o.cost = p.cost_basis as same_cost
       from last_period p
       left join open_lots o on o.lots > 0 or p.quantity > 0`,
    );
    // After a full exit there are no lots left, and nothing to compare.
    const nothing = { same_quantity: null, same_cost: null };
    expect(rows).toEqual([name.startsWith("a sale") ? nothing : { same_quantity: true, same_cost: true }]);
  },
  120_000,
);
