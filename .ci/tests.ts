/**
 * Runs a suite of tests, and what failed once more alone: a browser or a clock that a busy machine kept waiting is not to refuse a
 * change, and what is broken fails twice. What failed once is named, so that it is looked into.
 *
 *   node .ci/tests.ts npm test        prints `N passed, N failed` of it last
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** More than these do not fail by chance. */
const mostFiles = 5;
/** Of what a failure says, beside its name: a law's seed and what it found are in the first lines. Each begins as `.ci/run` looks for. */
const mostLines = 12;

const command = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "tests-"));

interface Outcome {
  readonly report: Report;
  /** Names of the tests that failed by file; of a file that failed without one, the file's. */
  readonly failures: ReadonlyMap<string, readonly string[]>;
}

function run(files: readonly string[]): Outcome {
  const path = join(folder, `${files.length}.json`);
  const [program, ...words] = [
    ...command,
    "--",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${path}`,
  ];
  const { status } = spawnSync(program!, [...words, ...files], { stdio: "inherit" });
  const report = JSON.parse(readFileSync(path, "utf8")) as Report;
  const failures = failuresOf(report);
  // An error that belongs to no test ends the run with an exit code alone.
  if (status !== 0 && failures.size === 0) failures.set("(the run itself)", [`exit code ${status}`]);
  return { report, failures };
}

function failuresOf({ testResults }: Report): Map<string, string[]> {
  const failed = testResults.filter(({ status }) => status === "failed");
  return new Map(
    failed.map(({ name, assertionResults }) => {
      const tests = assertionResults
        .filter(({ status }) => status === "failed")
        .map(({ fullName, failureMessages }) => [fullName, ...said(failureMessages)].join("\n"));
      return [relative(".", name), tests.length > 0 ? tests : ["(the file itself)"]];
    }),
  );
}

const said = (messages: readonly string[]): string[] =>
  messages.flatMap((message) =>
    message
      .split("\n")
      .filter((line) => !/^\s+at .*node_modules/.test(line))
      .slice(0, mostLines)
      .map((line) => `failed | ${line.slice(0, 300)}`),
  );

function print(title: string, failures: ReadonlyMap<string, readonly string[]>): void {
  for (const [file, tests] of failures)
    for (const test of tests) process.stdout.write(`${title}: ${file} > ${test}\n`);
}

const count = (failures: ReadonlyMap<string, readonly string[]>): number =>
  [...failures.values()].reduce((sum, tests) => sum + tests.length, 0);

try {
  const { report, failures: once } = run([]);
  const isAgain =
    once.size > 0 && once.size <= mostFiles && [...once.keys()].every((file) => existsSync(file));
  const failed = isAgain ? run([...once.keys()]).failures : once;
  if (isAgain) print("failed once, and was run again alone", once);
  print("failed", failed);
  const passed = report.numPassedTests + Math.max(0, count(once) - count(failed));
  process.stdout.write(`${passed} passed, ${count(failed)} failed\n`);
  process.exitCode = failed.size > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true });
}
