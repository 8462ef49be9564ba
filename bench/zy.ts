import { readFileSync } from "node:fs";
import { recoverySize } from "./load.ts";
import { createWorld } from "./world.ts";
const world = await createWorld({ ...recoverySize, users: 30 });
await world.engine.deploy();
const q = async (name: string, where: string) => {
  const body = readFileSync(`sql-models/intermediate/${name}.sql`, "utf8");
  for (let i = 0; i < 4; i++) {
    const { rows } = await world.pool.query(`explain (analyze, buffers off) select * from (${body}) as x where ${where}`);
    const lines = rows.map((r: any) => r["QUERY PLAN"]);
    if (i === 3) console.log(name, lines.length, "\n" + lines.slice(process.argv[2] === "full" ? 0 : -2).join("\n"));
  }
};
await q("int_holding_periods", "user_id = 3");
await q("int_portfolio_daily", "user_id = 3 and price_date >= '2025-12-31'");
await q("int_portfolio_daily", "user_id = 3 and price_date >= '2024-06-01'");
await world.close();
process.exit(0);
