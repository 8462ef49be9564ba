import { beforeAll, expect, test } from "vitest";
import { inOneFlight, personReading, together } from "../../src/database/person.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});

test("of statements that left together the one that failed is told, not those that failed with it", async () => {
  const pool = database.connectWeb();
  const reading = personReading(pool, 1, (client) =>
    inOneFlight(client, () =>
      together([
        // Sent last, and first in the list.
        Promise.resolve().then(() => client.query("select 1")),
        client.query("select * from nobody_knows"),
        client.query("select 2"),
      ]),
    ),
  );
  await expect(reading).rejects.toMatchObject({ code: "42P01" });
  await expect(pool.query("select 3 as n")).resolves.toMatchObject({ rows: [{ n: 3 }] });
});
