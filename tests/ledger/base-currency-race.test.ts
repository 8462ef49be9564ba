/** A change of the base currency while something is recorded that counts on it: whichever comes first, no figure is of both. */
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { setBaseCurrency } from "../../src/accounts/index.ts";
import {
  importTransactions,
  openAccount,
  recordTransaction,
  recordTransfer,
  requireBaseCurrency,
  requireReach,
} from "../../src/ledger/index.ts";
import { createTestDatabase, truncate } from "../support/database.ts";
import { startIngestion } from "../support/engine.ts";
import { createReplayServer, type ReplayServer } from "../support/replay-server.ts";
import { ledgerOn, type RecordedLedger, resourcesFrom } from "./context.ts";

const database = await createTestDatabase();
const { pool: owner, connect } = database;
const web = connect({ role: "stratafolio_web" });
let server: ReplayServer;
let ledger: RecordedLedger;

await startIngestion(
  database,
  resourcesFrom(() => server),
);

const alice = 1;

beforeEach(async () => {
  await truncate(owner, "bronze.raw_assets", "bronze.raw_prices", "public.users");
  await owner.query(
    `delete from bronze.raw_fx_rates where currency <> 'USD';
     insert into users (user_id, email, password_hash) values (1, 'a@example.org', 'x')`,
  );
  server = await createReplayServer();
  onTestFinished(server.close);
  ledger = ledgerOn(web, server);
});

const early = () => server.ticker("EURX.DE").bars[5]!.date;
const late = "2024-01-10";

/** The shilling's rates begin in the middle of the euro's. */
async function rateFrom(date: string): Promise<void> {
  server.setBars(
    "KES=X",
    server.ticker("KES=X").bars.filter((bar) => bar.date >= date),
  );
  await requireBaseCurrency(ledger, alice, "KES");
}

const euros = { ticker: "EURX.DE", type: "BUY", quantity: "10", price: "40", fee: "0" };

/** `work` has made ready for dollars and waits for the ledger; meanwhile the base currency is set, and then it goes on. */
async function meanwhile<T>(work: () => Promise<T>, base = "KES"): Promise<PromiseSettledResult<T>> {
  const client = await owner.connect();
  try {
    await client.query("begin");
    await client.query("update users set base_currency = $1 where user_id = 1", [base]);
    const working = Promise.allSettled([work()]);
    await vi.waitFor(async () => {
      const { rows } = await owner.query(
        "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
      );
      expect(rows.length).toBeGreaterThan(0);
    }, 15_000);
    await client.query("commit");
    return (await working)[0]!;
  } finally {
    client.release();
  }
}

const stored = async () =>
  (
    await owner.query(
      `select transaction_type as type, currency, trim_scale(fx_rate) as fx_rate, fx_currency, trim_scale(amount) as amount
       from bronze.transactions
       order by transaction_id`,
    )
  ).rows;

test("a trade that the new one has no rate for is refused, as it would be afterwards", async () => {
  await rateFrom(late);
  const outcome = await meanwhile(() => recordTransaction(ledger, alice, { ...euros, date: early() }));
  expect(outcome).toMatchObject({ status: "rejected", reason: { code: "missing_fx_rate" } });
  expect(await stored()).toEqual([]);
});

test("a trade in what was the base has its rates fetched before it counts in the new one", async () => {
  await requireBaseCurrency(ledger, alice, "KES");
  await owner.query("update users set base_currency = 'EUR' where user_id = 1");
  const outcome = await meanwhile(() => recordTransaction(ledger, alice, { ...euros, date: late }));
  expect(outcome.status).toBe("fulfilled");
  const { rows } = await owner.query("select distinct currency from bronze.raw_fx_rates order by 1");
  expect(rows.map(({ currency }) => currency)).toEqual(["EUR", "KES", "USD"]);
});

test("a rate that was said in the former one stays in that", async () => {
  await requireBaseCurrency(ledger, alice, "KES");
  const outcome = await meanwhile(() =>
    recordTransaction(ledger, alice, { ...euros, fx_rate: "1.1", date: late }),
  );
  expect(outcome.status).toBe("fulfilled");
  expect(await stored()).toMatchObject([{ currency: "EUR", fx_rate: "1.1", fx_currency: "USD" }]);
});

test("an import is made ready again, and so refused as a whole where a rate is missing", async () => {
  await rateFrom(late);
  const csv = `date,type,ticker,quantity,price,currency\n${early()},BUY,EURX.DE,1,40,EUR\n`;
  const outcome = await meanwhile(() => importTransactions(ledger, alice, { csv }, null));
  expect(outcome).toMatchObject({ status: "rejected", reason: { code: "missing_fx_rate" } });
  expect(await stored()).toEqual([]);
});

test("shares are transferred at the cost of the currency that figures are in then", async () => {
  await requireBaseCurrency(ledger, alice, "KES");
  await recordTransaction(ledger, alice, { ...euros, date: late });
  await openAccount(ledger, alice, { name: "Other" });
  const transfer = { ticker: "EURX.DE", quantity: "4", to: "Other", date: "2024-01-11" };
  // As the models say it: in whatever the person's figures are in at that moment.
  const outcome = await meanwhile(() =>
    recordTransfer(ledger, alice, transfer, async (client) => {
      const { rows } = await client.query("select base_currency from public.users where user_id = 1");
      const cost = rows[0].base_currency === "KES" ? "24000" : "176";
      return [{ quantity: "1", acquiredOn: late, cost, localCost: "160" }];
    }),
  );
  expect(outcome.status).toBe("fulfilled");
  expect((await stored()).at(-1)).toMatchObject({ type: "TRANSFER_IN", fx_rate: "150", fx_currency: "KES" });
});

test("a base currency is not set over a trade that was recorded while its rates were fetched", async () => {
  await rateFrom(late);
  await recordTransaction(ledger, alice, { ...euros, date: early() });
  const setting = setBaseCurrency(web, alice, "KES", (client) => requireReach(client, alice, "KES"));
  await expect(setting).rejects.toMatchObject({ code: "missing_fx_rate" });
  const { rows } = await owner.query("select base_currency from users");
  expect(rows).toEqual([{ base_currency: "USD" }]);
});
