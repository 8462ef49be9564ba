/** How the first operator, and everybody else, gets in where others can reach the program. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../support/database.ts";
import { runCli, startService } from "./run-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "stratafolio-admission-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let variables: Record<string, string>;

beforeAll(async () => {
  const { url } = await createTestDatabase();
  variables = {
    DATA_DIR: folder,
    DATABASE_URL: url,
    JWT_SECRET: "a secret of at least thirty-two characters",
    HOST: "0.0.0.0",
  };
});

async function register(url: string, email: string, invitation?: string) {
  const response = await fetch(`${url}/auth/register`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ email, password: "correct horse battery", invitation }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts what is in it
  return { status: response.status, body: (await response.json()) as any };
}

test("the log has the link to the first account, once; others are invited or added by command", async () => {
  const first = await startService(["web"], variables);
  expect((await register(first.url, "stranger@example.org")).body.error.code).toBe("first_account");
  const log = await first.stopAndReadLog();
  expect(log.filter(({ msg }) => /^(PUBLIC_URL|TRUSTED_PROXIES) is not set/.test(msg))).toHaveLength(2);
  const link = /an operator's, within a week at (\S+)/.exec(log.map(({ msg }) => msg).join("\n"))![1]!;
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/create-account\?invitation=/);

  const second = await startService(["web"], variables);
  const operator = await register(
    second.url,
    "ada@example.org",
    new URL(link).searchParams.get("invitation")!,
  );
  expect([operator.status, operator.body.user.role]).toEqual([201, "operator"]);
  const invited = await runCli(["users", "invite", "Bob@example.org", "--output", "json"], {
    ...variables,
    PUBLIC_URL: "https://portfolio.example.org",
  });
  const [row] = JSON.parse(invited.stdout);
  expect(row).toMatchObject({ email: "bob@example.org", role: "investor" });
  expect(row.link).toMatch(/^https:\/\/portfolio\.example\.org\/create-account\?invitation=/);
  const bob = await register(
    second.url,
    "bob@example.org",
    new URL(row.link).searchParams.get("invitation")!,
  );
  expect([bob.status, bob.body.user.role]).toEqual([201, "investor"]);
  const added = await runCli(["users", "add", "cy@example.org", "--output", "json"], variables);
  expect(JSON.parse(added.stdout)).toMatchObject([{ email: "cy@example.org", role: "investor" }]);
  expect(
    (await second.stopAndReadLog()).filter(({ msg }) => msg.includes("nobody has an account")),
  ).toHaveLength(1);
});

test("what is typed wrong, and what the settings rule out, is told", async () => {
  const nobody = await runCli(["users", "invite", "nobody"], variables);
  expect([nobody.code, nobody.stderr]).toEqual([
    2,
    expect.stringContaining("expected an email address, got: nobody"),
  ]);
  const closed = await runCli(["users", "invite", "dee@example.org"], {
    ...variables,
    REGISTRATION: "closed",
  });
  expect([closed.code, closed.stderr]).toEqual([
    2,
    expect.stringContaining("no new accounts can be made here"),
  ]);
  const { code, stderr } = await runCli(["secret", "rotate"], variables);
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining("set it to the new secret, and FORMER_JWT_SECRET to the one before"),
  ]);
});

test("the secret that is kept in the data folder is rotated there", async () => {
  const read = () => readFileSync(join(folder, "jwt-secret"), "utf8");
  expect((await runCli(["secret", "rotate"], { DATA_DIR: folder })).code).toBe(0);
  const [before] = read().split("\n");
  expect((await runCli(["secret", "rotate"], { DATA_DIR: folder })).code).toBe(0);
  expect(read()).toMatch(new RegExp(`^[0-9a-f]{64}\n${before}$`));
  const { stderr } = await runCli(["secret", "rotate", "--leaked"], { DATA_DIR: folder });
  expect(stderr).toContain("everybody is signed out then");
  expect(read()).toMatch(/^[0-9a-f]{64}$/);
});
