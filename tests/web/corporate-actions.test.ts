/** Corporate actions through the API: what is written, what it makes of cost, value and purchase dates, and how it is undone. */
import { beforeAll, describe, expect, test } from "vitest";
import { importTransactions } from "../../src/ledger/index.ts";
import { buy, spinOff, startCorporateWorld, twoPurchases } from "./corporate-world.ts";

let world: Awaited<ReturnType<typeof startCorporateWorld>>;

beforeAll(async () => {
  world = await startCorporateWorld();
}, 120_000);

describe("spin-off", () => {
  test.each(["average", "fifo", "lifo", "hifo"])(
    "by %s: value, cost and purchase dates go on",
    async (method) => {
      const { token, id } = await world.holder(`spin-${method}`, method, twoPurchases);
      const before = await world.allFigures(id);
      const shown = await world.done("POST", "/api/corporate-actions", token, { ...spinOff, preview: true });
      expect(shown).toMatchObject({
        action_id: null,
        terms: { price: "80", new_price: "40" },
        holders: null,
      });
      expect(await world.allFigures(id)).toEqual(before);
      const written = await world.done("POST", "/api/corporate-actions", token, spinOff);
      const plain = ({
        transaction_id: _,
        group_id: __,
        transfer_id: ___,
        created_at: ____,
        ...row
      }: Record<string, unknown>) => row;
      expect(written.transactions.map(plain)).toEqual(shown.transactions.map(plain));
      expect(written.transactions[0]).toMatchObject({
        type: "TRANSFER_OUT",
        ticker: "PAR",
        quantity: null,
        amount: "146",
        market_value: "200",
      });
      expect(await world.daily(id)).toEqual([
        { date: "2024-01-02", value: "300", cost: "30", flow: "30", return: expect.anything() },
        { date: "2024-01-03", value: "1000", cost: "730", flow: "700", return: 0 },
        { date: "2024-01-04", value: "1000", cost: "730", flow: "0", return: 0 },
        { date: "2024-01-05", value: "1030", cost: "730", flow: "0", return: expect.closeTo(0.03, 12) },
      ]);
      const [kpis] = await world.query(
        `select trim_scale(sum(cost_basis)) as cost, trim_scale(sum(realized_pnl)) as realized,
         max(total_return) filter (where ticker = 'CHI') as child from "default".gold_ticker_kpis where user_id = $1`,
        [id],
      );
      expect(kpis).toEqual({ cost: "730", realized: "0", child: expect.closeTo(0.05, 12) });
      if (method !== "average") {
        expect(await world.lots(id, "PAR")).toEqual([
          { bought: "2024-01-02", quantity: "3", cost: "24" },
          { bought: "2024-01-03", quantity: "7", cost: "560" },
        ]);
        expect(await world.lots(id, "CHI")).toEqual([
          { bought: "2024-01-02", quantity: "1.5", cost: "6" },
          { bought: "2024-01-03", quantity: "3.5", cost: "140" },
        ]);
      }
      const again = await world.call("POST", "/api/corporate-actions", token, spinOff);
      expect([again.status, again.body.error.code]).toEqual([409, "already_written"]);
      expect((await world.call("DELETE", `/api/corporate-actions/${written.action_id}`, token)).status).toBe(
        204,
      );
      expect(await world.allFigures(id)).toEqual(before);
      expect((await world.call("DELETE", `/api/corporate-actions/${written.action_id}`, token)).status).toBe(
        404,
      );
      const { actions } = await world.done("GET", "/api/corporate-actions", token);
      expect(actions).toMatchObject([
        { kind: "spin_off", transactions: 0, undone_at: expect.any(String), later_trades: 0 },
      ]);
    },
  );

  test("fractions are paid in cash, and a cost share that is said counts", async () => {
    const { token, id } = await world.holder("fraction", "fifo", [buy("PAR", "3", "10", "2024-01-02")]);
    const said = { ...spinOff, cost_share: "0.25", fraction_price: "41" };
    const { transactions } = await world.done("POST", "/api/corporate-actions", token, said);
    expect(transactions).toMatchObject([
      { type: "TRANSFER_OUT", amount: "7.5", market_value: "60" },
      { type: "TRANSFER_IN", quantity: "1.5", amount: "7.5", acquired_on: "2024-01-02", market_value: "60" },
      { type: "SELL", ticker: "CHI", quantity: "0.5", price: "41" },
    ]);
    expect((await world.daily(id))[2]).toMatchObject({ value: "280", cost: "27.5", flow: "-20.5" });
  });

  test("a purchase of before, recorded later, is noted and can be counted too", async () => {
    const { token, id } = await world.holder("later", "fifo", twoPurchases);
    const { action_id } = await world.done("POST", "/api/corporate-actions", token, spinOff);
    await world.done("POST", "/api/transactions", token, {
      ...buy("PAR", "2", "20", "2024-01-03"),
      fee: "0",
    });
    await world.done("POST", "/api/transactions", token, {
      ...buy("PAR", "2", "20", "2024-01-04"),
      fee: "0",
    });
    const noted = await world.done("GET", "/api/corporate-actions", token);
    expect(noted.actions).toMatchObject([{ action_id, later_trades: 1 }]);
    const again = await world.done("POST", `/api/corporate-actions/${action_id}/apply`, token);
    expect(again.transactions).toMatchObject([
      { amount: "154" },
      { quantity: "1.5" },
      { quantity: "3.5" },
      { quantity: "1" },
    ]);
    expect((await world.daily(id))[2]).toMatchObject({ value: "1360", cost: "810", flow: "40" });
    expect((await world.done("GET", "/api/corporate-actions", token)).actions).toMatchObject([
      { action_id, later_trades: 0 },
    ]);
  });

  test("one of its rows is deleted, and comes back, with the others; it stands in the way of no edit", async () => {
    const { token, id } = await world.holder("group", "average", twoPurchases);
    const { transactions } = await world.done("POST", "/api/corporate-actions", token, spinOff);
    const with_ = await world.allFigures(id);
    const path = `/api/transactions/${transactions[1].transaction_id}`;
    const edited = await world.call("PATCH", path, token, { amount: "1" });
    expect([edited.status, edited.body.error.code]).toEqual([409, "part_of_transfer"]);
    expect((await world.call("DELETE", path, token)).status).toBe(204);
    expect((await world.done("GET", "/api/transactions", token)).transactions).toHaveLength(2);
    expect((await world.done("GET", "/api/corporate-actions", token)).actions[0].undone_at).not.toBeNull();
    await world.done("POST", `${path}/undo`, token);
    expect(await world.allFigures(id)).toEqual(with_);
  });

  test("the export has all of it, and the import reads it back", async () => {
    const from = await world.holder("from", "fifo", twoPurchases);
    await world.done("POST", "/api/corporate-actions", from.token, spinOff);
    const to = await world.holder("to", "fifo");
    const csv = (await world.call("GET", "/api/transactions.csv", from.token)).body;
    const { imported } = await importTransactions(world.server.context, to.id, { csv }, null);
    expect(imported).toBe(5);
    expect((await world.call("GET", "/api/transactions.csv", to.token)).body).toBe(csv);
    expect(await world.daily(to.id)).toEqual(await world.daily(from.id));
    const more = "date,ticker,type,quantity,price,fee\n2024-01-05,PAR,SELL,1,82,0\n";
    expect((await importTransactions(world.server.context, from.id, { csv: more }, null)).imported).toBe(1);
  });
});

describe("merger", () => {
  const merger = {
    kind: "merger",
    ticker: "OLD",
    new_ticker: "NEW",
    date: "2024-01-04",
    numerator: "3",
    denominator: "2",
  };
  const trades = [buy("OLD", "4", "10", "2024-01-02"), buy("OLD", "6", "40", "2024-01-03")];

  test.each(["average", "fifo"])("in shares and cash, by %s", async (method) => {
    const { token, id } = await world.holder(`merger-${method}`, method, trades);
    const before = await world.allFigures(id);
    const { action_id, transactions } = await world.done("POST", "/api/corporate-actions", token, {
      ...merger,
      cash_per_share: "12.5",
    });
    expect(transactions.slice(0, 2)).toMatchObject([
      { type: "RETURN_OF_CAPITAL", amount: "125" },
      { type: "TRANSFER_OUT", quantity: "10", market_value: "375" },
    ]);
    expect(await world.daily(id)).toMatchObject([
      {},
      { value: "500", cost: "280" },
      { value: "375", flow: "-125", return: 0 },
      { value: "390", flow: "0", return: expect.closeTo(0.04, 12) },
    ]);
    if (method === "fifo") {
      // Per share 12.5 comes off, of the first purchase no more than it cost.
      expect(await world.lots(id, "NEW")).toEqual([
        { bought: "2024-01-02", quantity: "6", cost: "0" },
        { bought: "2024-01-03", quantity: "9", cost: "165" },
      ]);
    } else expect((await world.daily(id))[2].cost).toBe("155");
    await world.done("DELETE", `/api/corporate-actions/${action_id}`, token);
    expect(await world.allFigures(id)).toEqual(before);
  });

  test("in shares alone keeps the cost; in cash alone is a sale", async () => {
    const shares = await world.holder("merger-shares", "fifo", trades);
    await world.done("POST", "/api/corporate-actions", shares.token, {
      ...merger,
      numerator: "2",
      denominator: "1",
    });
    expect((await world.daily(shares.id))[2]).toMatchObject({
      value: "500",
      cost: "280",
      flow: "0",
      return: 0,
    });
    const cash = await world.holder("merger-cash", "fifo", trades);
    const { kind, ticker, date } = merger;
    const { transactions } = await world.done("POST", "/api/corporate-actions", cash.token, {
      kind,
      ticker,
      date,
      cash_per_share: "51",
    });
    expect(transactions).toMatchObject([{ type: "SELL", quantity: "10", price: "51", total: "510" }]);
  });

  test("what is sold afterwards stands in its way, and nothing is written", async () => {
    const { token } = await world.holder("sold-after", "average", [
      ...trades,
      { type: "SELL", ticker: "OLD", quantity: "1", price: "50", date: "2024-01-05" },
    ]);
    const { status, body } = await world.call("POST", "/api/corporate-actions", token, merger);
    expect([status, body.error.code]).toEqual([422, "oversell"]);
    expect((await world.done("GET", "/api/transactions", token)).transactions).toHaveLength(3);
    expect((await world.done("GET", "/api/corporate-actions", token)).actions).toEqual([]);
  });
});

test("a rename: figures as if the symbol had always been the new one, and back", async () => {
  const trades = (ticker: string) => [
    buy(ticker, "4", "10", "2024-01-02"),
    { type: "SELL", ticker, quantity: "1", price: "12", date: "2024-01-03" },
  ];
  const always = await world.holder("always", "fifo", trades("NEW"));
  const { token, id } = await world.holder("renamed", "fifo", trades("OLD"));
  const before = await world.allFigures(id);
  const rename = { kind: "rename", ticker: "OLD", new_ticker: "NEW", date: "2024-01-04" };
  const { action_id, renamed } = await world.done("POST", "/api/corporate-actions", token, rename);
  expect(renamed).toHaveLength(2);
  const kpis = (person: number) =>
    world.query(
      `select (to_jsonb(k) - 'user_id')::text as row from "default".gold_ticker_kpis k where user_id = $1`,
      [person],
    );
  expect(await kpis(id)).toEqual(await kpis(always.id));
  expect(await world.daily(id)).toEqual(await world.daily(always.id));
  await world.done("POST", "/api/transactions", token, { ...buy("OLD", "1", "10", "2024-01-03"), fee: "0" });
  expect((await world.done("GET", "/api/corporate-actions", token)).actions).toMatchObject([
    { transactions: 2, later_trades: 1 },
  ]);
  const again = await world.done("POST", `/api/corporate-actions/${action_id}/apply`, token);
  expect(again.renamed).toHaveLength(3);
  const [last] = (await world.done("GET", "/api/transactions?type=BUY", token)).transactions;
  expect(last.ticker).toBe("NEW");
  await world.done("DELETE", `/api/transactions/${last.transaction_id}`, token);
  await world.done("DELETE", `/api/corporate-actions/${action_id}`, token);
  expect(await world.allFigures(id)).toEqual(before);
});

test("rights are bought with or sold, and a fraction is paid in cash", async () => {
  const { token } = await world.holder("rights", "average", [buy("FOX", "7.5", "10", "2024-01-02")]);
  const rights = {
    kind: "rights",
    ticker: "FOX",
    date: "2024-01-04",
    numerator: "1",
    denominator: "3",
    price: "8",
  };
  const exercised = await world.done("POST", "/api/corporate-actions", token, { ...rights, preview: true });
  expect(exercised.transactions).toMatchObject([{ type: "BUY", quantity: "2", price: "8" }]);
  const sold = await world.done("POST", "/api/corporate-actions", token, {
    ...rights,
    price: "3",
    is_exercised: false,
  });
  expect(sold.transactions).toMatchObject([{ type: "RETURN_OF_CAPITAL", amount: "6" }]);
  const cash = { kind: "cash_in_lieu", ticker: "FOX", date: "2024-01-05", price: "13" };
  const { transactions } = await world.done("POST", "/api/corporate-actions", token, cash);
  expect(transactions).toMatchObject([{ type: "SELL", quantity: "0.5", price: "13" }]);
  const none = await world.call("POST", "/api/corporate-actions", token, { ...cash, ticker: "NEW" });
  expect([none.status, none.body.error.code]).toEqual([422, "nothing_held"]);
});

test.each([
  [{ ...spinOff, kind: "demerger" }, "invalid_kind"],
  [{ ...spinOff, numerator: "0" }, "invalid_numerator"],
  [{ ...spinOff, cost_share: "1.2" }, "invalid_cost_share"],
  [{ ...spinOff, new_ticker: "PAR" }, "invalid_new_ticker"],
  [{ ...spinOff, date: "2024-01-03" }, "invalid_new_price"],
  [{ ...spinOff, date: "2999-01-03" }, "future_date"],
  [{ ...spinOff, cash_per_share: "1" }, "invalid_cash_per_share"],
  [{ kind: "merger", ticker: "OLD", date: "2024-01-04" }, "invalid_new_ticker"],
  [
    { kind: "merger", ticker: "OLD", date: "2024-01-04", cash_per_share: "1", numerator: "1" },
    "invalid_numerator",
  ],
  [{ ...spinOff, preview: "yes" }, "invalid_preview"],
])("%o is refused: %s", async (body, code) => {
  const { token } = await world.holder(`refused-${code}-${Math.random()}`.replaceAll("_", "-"));
  const answer = await world.call("POST", "/api/corporate-actions", token, body);
  expect([answer.status, answer.body.error.code]).toEqual([422, code]);
});
