/** Corporate actions that an operator writes for everybody: what they learn, what each holder sees, and what the database tells. */
import { beforeAll, describe, expect, test } from "vitest";
import { buy, spinOff, startCorporateWorld, twoPurchases } from "./corporate-world.ts";

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

  test("it is offered to who records the ticker only afterwards, until it is withdrawn", async () => {
    const spun = { ...spinOff, date: "2024-01-05", new_price: "42", price: "82" };
    const asked = { ...spun, for: "everyone" };
    const { announcement_id: id } = await world.done("POST", "/api/corporate-actions", operator, asked);
    const late = await world.holder("late", "fifo", twoPurchases);
    const sold = await world.holder("sold", "fifo", [
      ...twoPurchases,
      { type: "SELL", ticker: "PAR", quantity: "10", price: "90", date: "2024-01-04" },
    ]);
    const after = await world.holder("after", "fifo", [buy("PAR", "1", "80", "2024-01-05")]);
    const offersOf = async (token: string) =>
      (await world.done("GET", "/api/corporate-actions", token)).offers;
    expect(await offersOf(late.token)).toMatchObject([
      { announcement_id: id, kind: "spin_off", ticker: "PAR" },
    ]);
    expect([await offersOf(sold.token), await offersOf(after.token)]).toEqual([[], []]);
    const path = `/api/corporate-actions/announcements/${id}/apply`;
    expect((await world.call("POST", path, after.token)).status).toBe(404);
    const { transactions } = await world.done("POST", path, late.token);
    expect(
      transactions.map(({ type, ticker }: { type: string; ticker: string }) => `${type} ${ticker}`),
    ).toEqual(["TRANSFER_OUT PAR", "TRANSFER_IN CHI", "TRANSFER_IN CHI"]);
    expect(await offersOf(late.token)).toEqual([]);
    expect((await world.call("POST", path, late.token)).status).toBe(404);
    // Written again it counts nobody twice, and who undid it is not asked again.
    const { actions } = await world.done("GET", "/api/corporate-actions", late.token);
    expect(actions).toMatchObject([{ announcement_id: id, written_by: "first@example.org" }]);
    await world.done("DELETE", `/api/corporate-actions/${actions[0].action_id}`, late.token);
    expect(await offersOf(late.token)).toEqual([]);
    const { token } = await world.holder("later", "average", twoPurchases);
    expect(await offersOf(token)).toHaveLength(1);
    await world.done("DELETE", `/api/corporate-actions/announcements/${id}`, operator);
    expect(await offersOf(token)).toEqual([]);
    const { announcements } = await world.done("GET", "/api/corporate-actions/announcements", operator);
    expect(announcements[0]).toMatchObject({ announcement_id: id, withdrawn_at: expect.any(String) });
  });

  test("nobody but an operator announces, whatever they send the database", async () => {
    const { id } = await world.holder("forger");
    const client = await world.server.database.connectWeb().connect();
    try {
      await client.query(`begin; set local app.user_id = '${id}'`);
      await expect(
        client.query(
          `insert into public.announcements (announcement_id, kind, ticker, action_date, terms, written_by)
           values (gen_random_uuid(), 'rename', 'PAR', '2024-01-05', '{}', 'x')`,
        ),
      ).rejects.toThrow("row-level security");
    } finally {
      await client.query("rollback");
      client.release();
    }
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
