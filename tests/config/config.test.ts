import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ConfigurationError, readConfig } from "../../src/config.ts";
import { keptDataKind, RealDataError } from "../../src/kept-market.ts";
import { keptJwtSecrets, rotateKeptJwtSecret } from "../../src/kept-secrets.ts";

const folder = mkdtempSync(join(tmpdir(), "stratafolio-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

function problemsOf(variables: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(variables);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

test("without any variable the program runs on its own", () => {
  expect(readConfig({})).toEqual({
    databaseUrl: null,
    webDatabaseUrl: null,
    benchmarks: ["VT", "SPY", "AGG"],
    dataDirectory: resolve(".stratafolio"),
    host: "127.0.0.1",
    port: 3000,
    publicUrl: null,
    trustedProxies: null,
    metricsToken: null,
    registration: "open",
    jwtSecret: null,
    formerJwtSecrets: [],
    yahooBaseUrl: null,
    fredApiBaseUrl: null,
    fredWebBaseUrl: null,
    fredApiKey: null,
    alertWebhookUrl: null,
    alertEmail: null,
    smtpUrl: null,
    breachedPasswordsUrl: null,
    priceFilesDirectory: resolve(".stratafolio/prices"),
    priceUrlHosts: [],
    backup: { directory: null, schedule: "0 2 * * *", keep: 7, passphrase: null },
    statementSeconds: 15,
    quotas: {
      trades: 100_000,
      tickers: 2000,
      newTickersADay: 200,
      portfolioAccounts: 50,
      changesADay: 50_000,
      importRows: 200_000,
      ownAssets: 200,
      ownPrices: 40_000,
      watchedTickers: 200,
      tokens: 100,
      sharing: 50,
      sessions: 100,
      accounts: 10_000,
    },
    identityProvider: null,
    logLevel: "info",
  });
});

test("every problem is listed at once, and no secret is shown", () => {
  const problems = problemsOf({
    DATABASE_URL: "mysql://me:hunter2@host/db",
    PORT: "http",
    PUBLIC_URL: "https://example.org/portfolio",
    TRUSTED_PROXIES: "10.0.0.0/33",
    METRICS_TOKEN: "hunter2",
    REGISTRATION: "friends",
    JWT_SECRET: "hunter2",
    YAHOO_BASE_URL: "localhost:8090",
    ALERT_WEBHOOK_URL: "hooks.example.org/hunter2",
    ALERT_EMAIL: "me",
    LOG_LEVEL: "loud",
  });
  expect(problems).toEqual([
    "DATABASE_URL: expected postgres://user:password@host:port/database",
    "PORT: expected a port from 0 to 65535, got: http",
    "PUBLIC_URL: expected https://host[:port] and nothing after it, got: https://example.org/portfolio",
    "TRUSTED_PROXIES: expected how many proxies stand in front (0 to 9), or their addresses and subnets by comma (10.0.0.0/8, loopback, linklocal, uniquelocal), got: 10.0.0.0/33",
    "METRICS_TOKEN: expected at least 16 characters, got 7",
    "REGISTRATION: expected one of open, invitation, closed, got: friends",
    "JWT_SECRET: expected at least 32 characters, got 7",
    "YAHOO_BASE_URL: expected an http(s) URL, got: localhost:8090",
    "ALERT_WEBHOOK_URL: expected an http(s) URL",
    "ALERT_EMAIL: expected email addresses, by comma, got: me",
    "LOG_LEVEL: expected one of fatal, error, warn, info, debug, trace, silent, got: loud",
    "SMTP_URL: expected smtp(s)://user:password@host:port when ALERT_EMAIL is set, got none",
  ]);
});

test("a database of one's own needs a secret of one's own", () => {
  const databaseUrl = "postgres://me:pw@db/stratafolio";
  expect(problemsOf({ DATABASE_URL: databaseUrl })).toEqual([
    expect.stringMatching(/^JWT_SECRET: expected at least 32 characters when DATABASE_URL is set/),
  ]);
  expect(problemsOf({ WEB_DATABASE_URL: databaseUrl })).toHaveLength(1);
  expect(problemsOf({ WEB_DATABASE_URL: "missing", JWT_SECRET: "x".repeat(32) })).toEqual([
    "WEB_DATABASE_URL: expected postgres://user:password@host:port/database",
  ]);
  expect(readConfig({ DATABASE_URL: databaseUrl, JWT_SECRET: "x".repeat(32) }).databaseUrl).toBe(databaseUrl);
});

test("an empty variable counts as unset, and a trailing slash of an origin is dropped", () => {
  const config = readConfig({ PORT: "", FRED_API_KEY: " ", YAHOO_BASE_URL: "http://127.0.0.1:8090/" });
  expect([config.port, config.fredApiKey, config.yahooBaseUrl]).toEqual([
    3000,
    null,
    "http://127.0.0.1:8090",
  ]);
});

test("what everybody may compare with is a list of tickers, or none", () => {
  expect(readConfig({}).benchmarks).toEqual(["VT", "SPY", "AGG"]);
  expect(readConfig({ BENCHMARKS: " spy, eunl.de ,SPY" }).benchmarks).toEqual(["SPY", "EUNL.DE"]);
  expect(readConfig({ BENCHMARKS: "none" }).benchmarks).toEqual([]);
  expect(problemsOf({ BENCHMARKS: "A,B,C,D,E,F,G,H,I,J,K" })).toEqual([
    "BENCHMARKS: expected none, or at most 10 tickers, by comma, got: A,B,C,D,E,F,G,H,I,J,K",
  ]);
});

test.each([
  ["0", 0],
  ["1", 1],
  ["loopback", ["loopback"]],
  ["10.0.0.0/8, 2001:db8::/32,192.0.2.7", ["10.0.0.0/8", "2001:db8::/32", "192.0.2.7"]],
])("TRUSTED_PROXIES %s", (text, trustedProxies) => {
  expect(readConfig({ TRUSTED_PROXIES: text }).trustedProxies).toEqual(trustedProxies);
});

test.each(["10", "-1", "true", "example.org", "10.0.0.0/", "10.0.0.0/8/8", "::1/129", "10.0.0.1,,10.0.0.2"])(
  "TRUSTED_PROXIES %s is refused",
  (text) => {
    expect(problemsOf({ TRUSTED_PROXIES: text })).toEqual([expect.stringMatching(/^TRUSTED_PROXIES: /)]);
  },
);

test("PUBLIC_URL is the origin as browsers write it", () => {
  expect(readConfig({ PUBLIC_URL: "https://Portfolio.Example.org:443/" }).publicUrl).toBe(
    "https://portfolio.example.org",
  );
  for (const refused of [
    "portfolio.example.org",
    "ftp://example.org",
    "https://me@example.org",
    "https://example.org/?a",
  ])
    expect(problemsOf({ PUBLIC_URL: refused })).toHaveLength(1);
});

test.each([
  [{}, "open"],
  [{ HOST: "::1" }, "open"],
  [{ HOST: "localhost", PUBLIC_URL: "http://localhost:3000" }, "open"],
  [{ HOST: "0.0.0.0" }, "invitation"],
  [{ PUBLIC_URL: "https://portfolio.example.org" }, "invitation"],
  [{ HOST: "0.0.0.0", REGISTRATION: "open" }, "open"],
  [{ REGISTRATION: "closed" }, "closed"],
])("with %j, registration is %s", (variables, registration) => {
  expect(readConfig(variables).registration).toBe(registration);
});

test.each([
  "a secret, with a comma, that was there before",
  `${"a".repeat(32)},hunter2`,
  `,${"b".repeat(32)},`,
])("JWT_SECRET is one secret, commas and all: %s", (secret) => {
  expect(readConfig({ JWT_SECRET: secret })).toMatchObject({ jwtSecret: secret, formerJwtSecrets: [] });
  const next = "n".repeat(32);
  expect(readConfig({ JWT_SECRET: next, FORMER_JWT_SECRET: secret })).toMatchObject({
    jwtSecret: next,
    formerJwtSecrets: [secret],
  });
});

test("FORMER_JWT_SECRET stands beside the one that signs, and is as long", () => {
  expect(problemsOf({ FORMER_JWT_SECRET: "f".repeat(32) })).toEqual([
    "JWT_SECRET: expected the one that signs now when FORMER_JWT_SECRET is set, got none",
  ]);
  expect(problemsOf({ JWT_SECRET: "n".repeat(32), FORMER_JWT_SECRET: "hunter2" })).toEqual([
    "FORMER_JWT_SECRET: expected at least 32 characters, got 7",
  ]);
});

test("several in JWT_SECRET, by comma or line, where each may be one: the first signs, and the whole counts, too", () => {
  const [first, second, third] = ["a", "b", "c"].map((letter) => letter.repeat(32));
  expect(readConfig({ JWT_SECRET: `${first}, ${second}\n${third}\n` })).toMatchObject({
    jwtSecret: first,
    formerJwtSecrets: [second, `${first}, ${second}`, third],
  });
});

test("the kept secret is made once and only its owner may read it; a rotation keeps the last one beside it", () => {
  const { jwtSecret: first } = keptJwtSecrets(folder);
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  expect(keptJwtSecrets(folder)).toEqual({ jwtSecret: first, formerJwtSecrets: [] });
  rotateKeptJwtSecret(folder, false);
  const { jwtSecret: second, formerJwtSecrets } = keptJwtSecrets(folder);
  expect(formerJwtSecrets).toEqual([first]);
  rotateKeptJwtSecret(folder, false);
  expect(keptJwtSecrets(folder).formerJwtSecrets).toEqual([second]);
  rotateKeptJwtSecret(folder, true);
  expect(keptJwtSecrets(folder).formerJwtSecrets).toEqual([]);
  expect(readdirSync(folder)).toEqual(["jwt-secret"]);
  expect(statSync(join(folder, "jwt-secret")).mode & 0o777).toBe(0o600);
});

test("a data folder keeps whether it is the demo's: every command finds its market there", () => {
  const [real, demo] = [join(folder, "a"), join(folder, "b")];
  expect(keptDataKind(demo, "demo")).toBe("demo");
  expect(keptDataKind(demo, "real")).toBe("demo"); // `materialize`, `up`: the folder decides
  expect(keptDataKind(real, "real")).toBe("real");
  expect(() => keptDataKind(real, "demo")).toThrow(RealDataError);
  expect(readFileSync(join(real, "market"), "utf8")).toBe("real\n");
});

test("a data folder from before is the demo's if it has the demo's name", () => {
  const [real, demo] = [join(folder, ".stratafolio"), join(folder, ".stratafolio-demo")];
  for (const before of [real, demo]) mkdirSync(join(before, "postgres"), { recursive: true });
  expect(() => keptDataKind(real, "demo")).toThrow("expected a data folder of the demo's own");
  expect(keptDataKind(demo, "real")).toBe("demo");
});

test("an OpenID provider is one by https, or on this machine, with a client of its own", () => {
  const client = { OIDC_CLIENT_ID: "stratafolio", OIDC_CLIENT_SECRET: "hunter2" };
  const providerOf = (variables: NodeJS.ProcessEnv) => readConfig(variables).identityProvider;
  expect(providerOf({ OIDC_ISSUER: "https://id.example.org/realms/one", ...client })).toEqual({
    issuer: "https://id.example.org/realms/one",
    clientId: "stratafolio",
    clientSecret: "hunter2",
    name: "id.example.org",
  });
  expect(providerOf({ OIDC_ISSUER: "http://127.0.0.1:9000", OIDC_NAME: "ours", ...client })).toMatchObject({
    issuer: "http://127.0.0.1:9000/",
    name: "ours",
  });
  for (const issuer of ["http://id.example.org", "http://localhost.example.org", "http://10.0.0.1", "id"])
    expect(problemsOf({ OIDC_ISSUER: issuer, ...client })).toEqual([
      `OIDC_ISSUER: expected an https URL, or an http one of this machine, got: ${issuer}`,
    ]);
  expect(problemsOf({ OIDC_ISSUER: "https://id.example.org" })).toEqual([
    "OIDC_CLIENT_ID: expected what the provider calls this client when OIDC_ISSUER is set, got none",
    "OIDC_CLIENT_SECRET: expected what the provider calls this client when OIDC_ISSUER is set, got none",
  ]);
});
