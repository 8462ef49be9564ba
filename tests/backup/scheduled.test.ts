import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { backupDefinitions } from "../../assets/backups.ts";
import { checkBackup } from "../../src/backup/index.ts";
import { createPool } from "../../src/database/pool.ts";
import { createEngine, loadRegistry } from "../../src/engine/index.ts";
import { createLog } from "../../src/log.ts";
import { createTestDatabase } from "../support/database.ts";

const folder = mkdtempSync(join(tmpdir(), "stratafolio-scheduled-"));
afterAll(() => rmSync(folder, { recursive: true }));
const config = { directory: folder, schedule: "0 2 * * *", keep: 2, passphrase: null };
const surroundings = { version: "0", isDemo: false };
const database = await createTestDatabase();
let now = new Date("2024-01-04T02:00:00Z");
const clock = (): Date => now;

async function engineWith(directory: string) {
  const definitions = backupDefinitions({ ...config, directory }, surroundings);
  return createEngine({
    pool: database.pool,
    poolForRun: (runId) => createPool({ connectionString: database.url, applicationName: "test run", runId }),
    registry: await loadRegistry(definitions, { bodiesFolder: mkdtempSync(join(folder, "no-bodies-")) }),
    resources: { clock },
    clock,
    log: createLog("silent"),
    readerRole: "stratafolio_web",
    rowSecurity: null,
  });
}

const backUp = { triggerKind: "schedule", triggerName: "scheduled_backup", selection: "backups" } as const;

test("each run writes one that is whole, the newest are kept, and what else lies there stays", async () => {
  writeFileSync(join(folder, "holiday.jpg"), "");
  const engine = await engineWith(folder);
  for (const day of ["04", "05", "06"]) {
    now = new Date(`2024-01-${day}T02:00:00Z`);
    expect(await engine.run(backUp)).toMatchObject({ status: "succeeded" });
  }
  const kept = ["stratafolio-20240105T020000Z.backup", "stratafolio-20240106T020000Z.backup"];
  const files = readdirSync(folder).filter((name) => !name.startsWith("no-bodies-"));
  expect(files.sort()).toEqual(["holiday.jpg", ...kept]);
  const { rows } = await database.pool.query("select file_name from public.backups order by file_name");
  expect(rows.map(({ file_name }) => file_name)).toEqual(kept);
  for (const name of kept)
    expect(await checkBackup(join(folder, name), null)).toMatchObject({ with_market_data: true });
  expect((await engine.automations())[0]).toMatchObject({ name: "scheduled_backup", kind: "schedule" });
});

test("another installation's in the same folder are left alone, and so is what is written there now", async () => {
  const shared = mkdtempSync(join(folder, "no-bodies-shared-"));
  const others = ["stratafolio-20230101T020000Z.backup", "stratafolio-20230102T020000Z.backup"];
  const draft = (second: string): string =>
    join(shared, `stratafolio-2023010${second}T020000Z.backup.${crypto.randomUUID()}.part`);
  const [killed, current] = [draft("3"), draft("4")];
  for (const name of others) writeFileSync(join(shared, name), "");
  for (const name of [killed, current]) writeFileSync(name, "");
  utimesSync(killed, 0, 0);
  const engine = await engineWith(shared);
  for (const day of ["08", "09", "10"]) {
    now = new Date(`2024-01-${day}T02:00:00Z`);
    expect(await engine.run(backUp)).toMatchObject({ status: "succeeded" });
  }
  const kept = ["stratafolio-20240109T020000Z.backup", "stratafolio-20240110T020000Z.backup"];
  expect(readdirSync(shared).sort()).toEqual([...others, basename(current), ...kept].sort());
});

test("a clock that was ahead does not end what is made after it", async () => {
  const later = mkdtempSync(join(folder, "no-bodies-later-"));
  const engine = await engineWith(later);
  for (const day of ["2031-01-01", "2031-01-02", "2024-02-01", "2024-02-02"]) {
    now = new Date(`${day}T02:00:00Z`);
    expect(await engine.run(backUp)).toMatchObject({ status: "succeeded" });
    expect(readdirSync(later)).toContain(`stratafolio-${day.replaceAll("-", "")}T020000Z.backup`);
  }
  expect(readdirSync(later).sort()).toEqual([
    "stratafolio-20240201T020000Z.backup",
    "stratafolio-20240202T020000Z.backup",
  ]);
});

test("one that cannot be written is tried again, and says why", async () => {
  writeFileSync(join(folder, "taken"), "");
  const engine = await engineWith(join(folder, "taken")); // a file where the folder should be
  const cancelling = new AbortController();
  const running = engine.run(backUp, cancelling.signal);
  const said = () =>
    database.pool
      .query("select message from orchestrator.step_logs where level = 'warn'")
      .then(({ rows }) => rows.map(({ message }) => message));
  await expect.poll(said, { timeout: 20_000 }).toEqual([expect.stringMatching(/attempt 1 failed: EEXIST/)]);
  cancelling.abort();
  expect((await running).status).toBe("cancelled");
});

test("nothing is declared without a folder", () => {
  expect(backupDefinitions({ ...config, directory: null }, surroundings)).toEqual({
    assets: [],
    schedules: [],
    sensors: [],
  });
});
