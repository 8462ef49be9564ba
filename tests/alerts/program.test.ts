/** The program's own engine sends alerts where the settings say. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { readConfig } from "../../src/config.ts";
import { createLog } from "../../src/log.ts";
import { openEngine } from "../../src/program.ts";
import { createTestDatabase } from "../support/database.ts";

const database = await createTestDatabase();

test("a night that failed is posted to ALERT_WEBHOOK_URL", async () => {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    request.on("data", (data) => bodies.push(String(data)));
    request.on("end", () => response.end());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const config = readConfig({ ALERT_WEBHOOK_URL: url });
  const surroundings = { config, log: createLog("silent"), clock: () => new Date(), isDemo: true };
  const opened = { connectionString: database.url, applied: [], close: async () => {} };
  const engine = await openEngine(surroundings, opened, database.pool);
  await database.pool.query(
    `insert into orchestrator.runs (trigger_kind, trigger_name, selection, status, error, finished_at)
     values ('schedule', 'daily_market_data_ingestion', 'raw_prices+', 'failed', 'fetch failed: no route', now())`,
  );
  await engine.alert();
  expect(bodies.map((body) => JSON.parse(body))).toMatchObject([
    {
      event: "raised",
      kind: "run",
      message: expect.stringMatching(
        /daily_market_data_ingestion materialize raw_prices\+\) failed: fetch failed: no route$/,
      ),
    },
  ]);
});
