/** Which new passwords are refused, how long that takes, and a service of breached passwords on loopback. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import pino from "pino";
import { describe, expect, onTestFinished, test } from "vitest";
import { type PasswordPolicy, requireGoodPassword } from "../../src/accounts/index.ts";

const owner = { email: "ada.lovelace@example.org", field: "password" };
const offline: PasswordPolicy = { breachedPasswordsUrl: null, log: pino({ level: "silent" }) };

/** null: it is accepted. */
async function refusal(password: string, policy = offline): Promise<string | null> {
  try {
    await requireGoodPassword(policy, password, owner);
    return null;
  } catch (error) {
    expect(error).toMatchObject({ code: "weak_password", field: "password" });
    return (error as Error).message;
  }
}

test.each([
  ["password", "tried first"],
  ["12345678", "tried first"],
  ["Password123!", "a common password with little added"],
  ["P@ssw0rd", "a common password"],
  ["p4$$w0rd", "a common password"],
  ["qwertyuiop", "tried first"],
  ["aaaaaaaaaaaa", "repeats one character"],
  ["abcdefgh", "a sequence"],
  ["19901212", "a date"],
  ["ada.lovelace@example.org", "your email address"],
  ["Ada.Lovelace", "your email address"],
  ["lovelace1", "made of your email address"],
  ["stratafolio", "made of your email address or of this site's name"],
])("%s is refused, and told why", async (password, why) => {
  expect(await refusal(password)).toContain(why);
});

test.each(["correct horse battery", "demo-portfolio", "another horse", "xK9#mQ2$vL", "пароль для портфеля"])(
  "%s is accepted",
  async (password) => {
    expect(await refusal(password)).toBeNull();
  },
);

test("whatever is typed is looked at in no time worth mentioning", async () => {
  await refusal("loaded by now");
  const parts = [
    "password",
    "p@ssw0rd",
    "1990-12-1",
    "11/11/11",
    "4@8({[</369&#!1l0$5+7%2",
    "abc",
    "1!|i",
    "()",
    "zxcvbn",
  ];
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 60 }), async (words) => {
      const from = process.cpuUsage();
      await refusal(words.join("").padEnd(200, words[0]).slice(0, 200));
      const { user } = process.cpuUsage(from);
      expect(user / 1000).toBeLessThan(200); // 3,000 ms for some of them without bounds; 10 ms here
    }),
    { numRuns: 100 },
  );
});

describe("a service of breached passwords", () => {
  const password = "correct horse battery staple";
  const digest = createHash("sha1").update(password).digest("hex").toUpperCase();

  async function serve(answer: string | number | null): Promise<{ url: string; asked: string[] }> {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url!);
      if (answer === null) return; // it hangs
      if (typeof answer === "number") response.writeHead(answer).end();
      else response.end(answer);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
  }

  test("is told five digits of a hash, and what it knows is refused", async () => {
    const { url, asked } = await serve(`0000000000000000000000000000000000A:3\r\n${digest.slice(5)}:17\r\n`);
    expect(await refusal(password, { ...offline, breachedPasswordsUrl: url })).toContain("stolen elsewhere");
    expect(asked).toEqual([`/range/${digest.slice(0, 5)}`]);
    expect(await refusal("another horse battery", { ...offline, breachedPasswordsUrl: url })).toBeNull();
  });

  test("pads its answers with counts of nothing", async () => {
    const { url } = await serve(`${digest.slice(5)}:0\r\n`);
    expect(await refusal(password, { ...offline, breachedPasswordsUrl: url })).toBeNull();
  });

  test.each([
    ["fails", 500],
    ["hangs", null],
  ])("that %s keeps nobody from choosing a password, and is in the log", async (_, answer) => {
    const lines: string[] = [];
    const log = pino({ level: "warn" }, { write: (line) => void lines.push(line) });
    const { url } = await serve(answer);
    expect(await refusal(password, { log, breachedPasswordsUrl: url })).toBeNull();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("could not be looked up");
    expect(lines[0]).not.toContain(digest.slice(5));
  });
});
