/** Corporate actions that an operator writes for everybody: what they learn, what each holder sees, and what the database tells. */
import { beforeAll, describe, expect, test } from "vitest";
import { buy, startCorporateWorld } from "./corporate-world.ts";

let world: Awaited<ReturnType<typeof startCorporateWorld>>;
let operator: string;

beforeAll(async () => {
  world = await startCorporateWorld();
  ({ token: operator } = await world.server.register("first@example.org"));
}, 120_000);

describe("an operator, for everybody", () => {
  const merger = {
    kind: "merger",
    ticker: "FOX",
    new_ticker: "NEW",
    date: "2024-01-05",
    numerator: "1",
    denominator: "2",
  };

  test("writes for each holder, learns how many, and nobody else may", async () => {
    const anna = await world.holder("anna", "fifo", [buy("FOX", "10", "10", "2024-01-02")]);
    const bert = await world.holder("bert", "average", [
      buy("FOX", "2", "10", "2024-01-02"),
      { type: "SELL", ticker: "FOX", quantity: "2", price: "10", date: "2024-01-03" },
    ]);
    const refused = await world.call("POST", "/api/corporate-actions", anna.token, {
      ...merger,
      for: "everyone",
    });
    expect([refused.status, refused.body.error.code]).toEqual([403, "forbidden"]);
    const listed = await world.call("GET", "/api/corporate-actions/announcements", anna.token);
    expect(listed.status).toBe(403);
    const shown = await world.done("POST", "/api/corporate-actions", operator, {
      ...merger,
      for: "everyone",
      preview: true,
    });
    const { holders } = shown.holders;
    expect(shown).toMatchObject({ transactions: [], holders: { written: 0 } });
    const written = await world.done("POST", "/api/corporate-actions", operator, {
      ...merger,
      for: "everyone",
    });
    expect(written).toMatchObject({
      transactions: [],
      holders: { holders, written: holders - 1, left_out: { nothing_held: 1 } },
    });
    expect((await world.done("GET", "/api/corporate-actions", bert.token)).actions).toEqual([]);
    const { actions } = await world.done("GET", "/api/corporate-actions", anna.token);
    expect(actions).toMatchObject([
      { written_by: "first@example.org", announcement_id: written.announcement_id, transactions: 2 },
    ]);
    await world.done("DELETE", `/api/corporate-actions/${actions[0].action_id}`, anna.token);
    const { announcements } = await world.done("GET", "/api/corporate-actions/announcements", operator);
    expect(announcements).toMatchObject([{ kind: "merger", holders: holders - 1, undone: 1 }]);
    const withdrawn = await world.done(
      "DELETE",
      `/api/corporate-actions/announcements/${written.announcement_id}`,
      operator,
    );
    expect(withdrawn).toEqual({ undone: holders - 2, left_out: {} });
  });

  test("the database itself tells nobody else who holds what", async () => {
    const { id } = await world.holder("curious");
    const { rows } = await world.server.database.pool.query("select count(*) from public.corporate_actions");
    expect(Number(rows[0].count)).toBeGreaterThan(0);
    const client = await world.server.database.connectWeb().connect();
    try {
      await client.query(`begin; set local app.user_id = '${id}'`);
      expect((await client.query("select from public.corporate_actions")).rowCount).toBe(0);
      await expect(client.query("select public.holders_of('FOX', '2024-01-05')")).rejects.toThrow(
        "expected an operator",
      );
    } finally {
      await client.query("rollback");
      client.release();
    }
  });
});
