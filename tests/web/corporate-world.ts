/** A small market in which shares become others, people who hold them, and what figures say of these. */
import { expect } from "vitest";
import { resourcesOf } from "../ingestion/context.ts";
import { startIngestion } from "../support/engine.ts";
import { deployModels } from "../support/models.ts";
import { emptyRegistry } from "./registry.ts";
import { startWebServer } from "./server.ts";

/** PAR falls by what CHI is worth on the day it is spun off: 100 = 80 + 0.5 x 40. */
const closes: Readonly<Record<string, readonly string[]>> = {
  PAR: ["100", "100", "80", "82"],
  CHI: ["", "", "40", "42"],
  OLD: ["50", "50", "50", "50"],
  NEW: ["25", "25", "25", "26"],
  FOX: ["10", "11", "12", "13"],
};
const days = ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"];

export const buy = (ticker: string, quantity: string, price: string, date: string) => ({
  type: "BUY",
  ticker,
  quantity,
  price,
  date,
});
export const twoPurchases = [buy("PAR", "3", "10", "2024-01-02"), buy("PAR", "7", "100", "2024-01-03")];
export const spinOff = {
  kind: "spin_off",
  ticker: "PAR",
  new_ticker: "CHI",
  date: "2024-01-04",
  numerator: "1",
  denominator: "2",
};

export async function startCorporateWorld() {
  const server = await startWebServer(emptyRegistry);
  const { pool } = server.database;
  await startIngestion(server.database, resourcesOf(server.market));
  await deployModels(pool);
  await pool.query(
    `grant usage on schema "default" to stratafolio_web; grant select on all tables in schema "default" to stratafolio_web`,
  );
  for (const [ticker, prices] of Object.entries(closes)) {
    await pool.query(
      `insert into bronze.raw_assets (ticker, name, asset_class, quote_unit, currency, exchange_timezone)
       values ($1, $1, 'stock', 'USD', 'USD', 'UTC')`,
      [ticker],
    );
    for (const [index, close] of prices.entries())
      if (close !== "")
        await pool.query("insert into bronze.raw_prices (ticker, price_date, close) values ($1, $2, $3)", [
          ticker,
          days[index],
          close,
        ]);
  }

  const call = (method: string, path: string, token: string, body?: unknown) =>
    server.call(method, path, { token, ...(body !== undefined && { body }) });

  async function done(method: string, path: string, token: string, body?: unknown) {
    const answer = await call(method, path, token, body);
    expect([answer.status, answer.body?.error]).toEqual([
      expect.toSatisfy((status: number) => status < 300),
      undefined,
    ]);
    return answer.body;
  }

  async function holder(name: string, method = "average", trades: readonly object[] = []) {
    const { token, id } = await server.register(`${name}@example.org`);
    await server.database.pool.query("update users set cost_basis_method = $2 where user_id = $1", [
      id,
      method,
    ]);
    for (const trade of trades) await done("POST", "/api/transactions", token, { fee: "0", ...trade });
    return { token, id };
  }

  const query = async (sql: string, values: unknown[]) =>
    (await server.database.pool.query(sql, values)).rows;

  const daily = (id: number) =>
    query(
      `select price_date as date, trim_scale(market_value) as value, trim_scale(cost_basis) as cost,
         trim_scale(net_flow) as flow, daily_return::float as return
       from "default".int_portfolio_daily where user_id = $1 and portfolio_id = 0 and price_date between '2024-01-02' and '2024-01-05'
       order by price_date`,
      [id],
    );

  const lots = (id: number, ticker: string) =>
    query(
      `select bought_date as bought, quantity, trim_scale(cost) as cost from "default".int_lots
       where user_id = $1 and ticker = $2 and sale_id is null order by bought_date`,
      [id, ticker],
    );

  /** All figures that are stored of a person, in a text of their own. */
  const allFigures = async (id: number) => {
    const models = ["int_portfolio_daily", "int_holding_periods", "int_lots", "gold_ticker_kpis"];
    const rows = [];
    for (const model of models)
      rows.push(await query(`select m::text from "default".${model} m where user_id = $1 order by 1`, [id]));
    return rows;
  };

  return { server, call, done, holder, query, daily, lots, allFigures };
}
