import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openWeather } from "../../examples/weather/program.ts";
import { inventedReadings, startService } from "../../examples/weather/service.ts";
import { silent } from "../engine/execution/shops.ts";
import { createTestDatabase } from "../support/database.ts";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "src/engine/README.md"), "utf8");

/** The blocks of the page, each with the file that the comment above it names. */
const blocks = [...page.matchAll(/(?:<!-- (\S+) -->\n\n)?```(\w+)\n(.*?)```/gs)].map(
  ([, file, language, code]) => ({ file, language, code: code!.trimEnd() }),
);

/** The formatter breaks lines elsewhere where code is indented less. */
const withoutLayout = (code: string): string => code.replaceAll(/\s+/g, "").replaceAll(/,(?=[)\]}])/g, "");

test("every block of the engine's README is part of the file that it names", () => {
  const named = blocks.filter(({ file }) => file);
  expect(named.length).toBeGreaterThan(15);
  const differing = named.filter(
    ({ file, code }) => !withoutLayout(readFileSync(join(root, file!), "utf8")).includes(withoutLayout(code)),
  );
  expect(differing).toEqual([]);
});

test("every statement that the engine's README shows gives rows", async () => {
  const statements = blocks.filter(({ file }) => !file);
  expect(statements.map(({ language }) => language)).toEqual(statements.map(() => "sql"));
  const { url } = await createTestDatabase("template0");
  const service = await startService(inventedReadings);
  const { engine, pool, close } = await openWeather(url, { serviceUrl: service.url }, silent);
  onTestFinished(async () => {
    await close();
    await service.close();
  });
  await pool.query("insert into weather.stations values ('hill', 'On the hill', 'north')");
  await engine.deploy();
  await engine.run({ triggerKind: "manual", triggerName: "test", selection: "readings+" });
  for (const { code } of statements) expect((await pool.query(code)).rowCount, code).toBeGreaterThan(0);
});

test("the engine's README names every option", () => {
  const declared = ["src/engine/context.ts", "src/engine/definition/registry.ts"].flatMap((file) => {
    const text = readFileSync(join(root, file), "utf8");
    const body = /export interface (?:EngineOptions|RegistryOptions extends GraphOptions) \{(.*?)\n\}/s.exec(
      text,
    );
    return [...body![1]!.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm)].map(([, name]) => name!);
  });
  expect(declared).toContain("retentionDays");
  const unnamed = declared.filter((name) => !page.includes(name));
  expect(unnamed).toEqual([]);
});
