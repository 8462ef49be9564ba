import { join, resolve } from "node:path";
import { Cron } from "croner";
import { z } from "zod";
import { isLoopback, isSubnet } from "./addresses.ts";
import { defaultQuotas, type Quotas } from "./quotas.ts";

export const registrationPolicies = ["open", "invitation", "closed"] as const;

/** Who may make an account: anybody, whoever was invited, or nobody but an operator by the command line. */
export type RegistrationPolicy = (typeof registrationPolicies)[number];

/** An OpenID provider by which people may sign in. */
export interface IdentityProvider {
  /** https, or http on this machine; as a URL writes itself, with a slash where there is no path. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** As people know it: "Keycloak of Example Ltd". */
  readonly name: string;
}

/** Every setting of the program, checked. The only reader of the environment is `readConfig`. */
export interface Config {
  /** null: an embedded PostgreSQL under `dataDirectory`. */
  readonly databaseUrl: string | null;
  /** What the web signs in by; null: a login that is made. Without `databaseUrl` nothing but the web can be run. */
  readonly webDatabaseUrl: string | null;
  /** Absolute. */
  readonly dataDirectory: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** The origin at which people reach this installation: `https://host[:port]`; null: not said. */
  readonly publicUrl: string | null;
  /** How many proxies stand in front, or the addresses, subnets and names of subnets they have; null: not said. */
  readonly trustedProxies: number | readonly string[] | null;
  /** What whoever scrapes /metrics carries; null: only this machine, and operators, may. */
  readonly metricsToken: string | null;
  readonly registration: RegistrationPolicy;
  /** null only without a DATABASE_URL: then `keptJwtSecrets` makes one. */
  readonly jwtSecret: string | null;
  /** Sign nothing any more; what they have signed still counts. */
  readonly formerJwtSecrets: readonly string[];
  readonly yahooBaseUrl: string | null;
  readonly fredApiBaseUrl: string | null;
  readonly fredWebBaseUrl: string | null;
  readonly fredApiKey: string | null;
  /** Where alerts are posted; null: nowhere. */
  readonly alertWebhookUrl: string | null;
  /** Who is sent alerts by email, by way of `smtpUrl`; null: nobody. */
  readonly alertEmail: string | null;
  readonly smtpUrl: string | null;
  /** A service of HIBP's range API that new passwords are looked up in; null: the list that comes along is enough. */
  readonly breachedPasswordsUrl: string | null;
  readonly backup: BackupConfig;
  /** Files of prices that are put here are taken in. Absolute. */
  readonly priceFilesDirectory: string;
  /** Tickers that everybody may compare with, whether or not somebody holds them: their prices are fetched from the first start on. */
  readonly benchmarks: readonly string[];
  /** "host" or "host:port": prices may be fetched from them though their addresses are not public. */
  readonly priceUrlHosts: readonly string[];
  /** The longest that a statement of a request may take. */
  readonly statementSeconds: number;
  /** How much one person, and the installation, may keep. */
  readonly quotas: Quotas;
  /** null: people sign in with what they have here alone. */
  readonly identityProvider: IdentityProvider | null;
  readonly logLevel: string;
}

export interface BackupConfig {
  /** Where scheduled backups are kept. Absolute. null: none are made. */
  readonly directory: string | null;
  /** Five-field cron expression, in UTC. */
  readonly schedule: string;
  /** How many are kept. */
  readonly keep: number;
  /** null: they are not encrypted. */
  readonly passphrase: string | null;
}

/** One or more settings are wrong; all of them are listed. */
export class ConfigurationError extends Error {
  readonly code = "bad_configuration";
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`the settings cannot be used:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
    this.problems = problems;
  }
}

const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
const minimumSecretLength = 32;
const minimumTokenLength = 16;
/** Of a backup: whoever has the file may try any number of them. */
export const shortestPassphrase = 16;

/** Where the demo keeps its data unless DATA_DIR says otherwise. */
export const demoDataDirectory = ".stratafolio-demo";

const isUrl = (protocols: readonly string[]) => (text: string) =>
  URL.canParse(text) && protocols.includes(new URL(text).protocol);

/** A URL of a host alone, as browsers write it: anything more would be dropped without a word. */
function isOrigin(text: string): boolean {
  if (!isUrl(["http:", "https:"])(text)) return false;
  const { pathname, search, hash, username, password } = new URL(text);
  return pathname === "/" && search + hash + username + password === "";
}

/** Names of subnets that Express knows. */
const subnetNames = ["loopback", "linklocal", "uniquelocal"];
const mostProxies = 9;

/** A count of proxies, or what their addresses may be. null: neither. */
function parseProxies(text: string): number | readonly string[] | null {
  if (/^\d$/.test(text)) return Number(text);
  const places = text.split(",").map((place) => place.trim());
  return places.every((place) => subnetNames.includes(place) || isSubnet(place)) ? places : null;
}

/** Can nobody but this machine reach the program, as far as the settings tell? */
export function isLoopbackOnly({ host, publicUrl }: Pick<Config, "host" | "publicUrl">): boolean {
  return isLoopback(host) && (publicUrl === null || isLoopback(new URL(publicUrl).hostname));
}

/**
 * One secret, whatever is in it, or one a line: the first signs, all verify. Several by comma, as they were once written, are taken
 * for several only where each is long enough to be one, and the whole then counts, too: it may always have been one.
 */
export function parseSecrets(text: string): readonly string[] {
  return secretsBy("\n", text.trim()).flatMap((line) => {
    const parts = secretsBy(",", line);
    return parts.length > 1 ? [...parts, line] : parts;
  });
}

function secretsBy(separator: string, text: string): readonly string[] {
  const parts = text
    .split(separator)
    .map((secret) => secret.trim())
    .filter((secret) => secret !== "");
  return parts.length > 1 && parts.every(({ length }) => length >= minimumSecretLength) ? parts : [text];
}

/** Tokens that say who somebody is go over https, but for a trial on one machine. */
const isIssuer = (text: string) =>
  isUrl(["https:"])(text) || (isUrl(["http:"])(text) && isLoopback(new URL(text).hostname));

const webUrl = z
  .string()
  .refine(isUrl(["http:", "https:"]), { error: (issue) => `expected an http(s) URL, got: ${issue.input}` })
  .transform((text) => text.replace(/\/+$/, ""))
  .nullable();

/** A fund of the whole world's shares, one of the S&P 500, and one of bonds: with their dividends, which an index has not. */
const usualBenchmarks = "VT,SPY,AGG";
const mostBenchmarks = 10;

const tickersIn = (text: string): string[] => [
  ...new Set(
    text
      .split(",")
      .map((ticker) => ticker.trim().toUpperCase())
      .filter((ticker) => ticker !== ""),
  ),
];

function isCron(text: string): boolean {
  try {
    return new Cron(text, { paused: true, mode: "5-part" }).nextRun() !== null;
  } catch {
    return false;
  }
}

const wholeNumber = (from: number, to: number) =>
  z
    .string()
    .refine((text) => /^\d{1,9}$/.test(text) && Number(text) >= from && Number(text) <= to, {
      error: (issue) => `expected a whole number from ${from} to ${to}, got: ${issue.input}`,
    })
    .transform(Number)
    .nullable();

const secrets = z
  .string()
  .refine((text) => text.length >= minimumSecretLength, {
    error: (issue) =>
      `expected at least ${minimumSecretLength} characters, got ${(issue.input as string).length}`,
  })
  .transform(parseSecrets)
  .nullable();

const quota = wholeNumber(1, 100_000_000);

const postgresUrl = z
  .string()
  .refine(isUrl(["postgres:", "postgresql:"]), "expected postgres://user:password@host:port/database")
  .nullable();

// A value is shown in its problem, except where it may hold a secret.
const environment = z.object({
  DATABASE_URL: postgresUrl,
  WEB_DATABASE_URL: postgresUrl,
  DATA_DIR: z.string().nullable(),
  HOST: z.string().nullable(),
  PORT: z
    .string()
    .refine((text) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535, {
      error: (issue) => `expected a port from 0 to 65535, got: ${issue.input}`,
    })
    .nullable(),
  PUBLIC_URL: z
    .string()
    .refine(isOrigin, {
      error: (issue) => `expected https://host[:port] and nothing after it, got: ${issue.input}`,
    })
    .transform((text) => new URL(text).origin)
    .nullable(),
  TRUSTED_PROXIES: z
    .string()
    .refine((text) => parseProxies(text) !== null, {
      error: (issue) =>
        `expected how many proxies stand in front (0 to ${mostProxies}), or their addresses and subnets by comma ` +
        `(10.0.0.0/8, ${subnetNames.join(", ")}), got: ${issue.input}`,
    })
    .transform(parseProxies)
    .nullable(),
  METRICS_TOKEN: z
    .string()
    .refine((text) => text.length >= minimumTokenLength, {
      error: (issue) =>
        `expected at least ${minimumTokenLength} characters, got ${(issue.input as string).length}`,
    })
    .nullable(),
  REGISTRATION: z
    .enum(registrationPolicies, {
      error: (issue) => `expected one of ${registrationPolicies.join(", ")}, got: ${issue.input}`,
    })
    .nullable(),
  JWT_SECRET: secrets,
  FORMER_JWT_SECRET: secrets,
  YAHOO_BASE_URL: webUrl,
  FRED_API_BASE_URL: webUrl,
  FRED_WEB_BASE_URL: webUrl,
  FRED_API_KEY: z.string().nullable(),
  ALERT_WEBHOOK_URL: z
    .string()
    .refine(isUrl(["http:", "https:"]), "expected an http(s) URL") // not shown: such URLs hold a token
    .nullable(),
  ALERT_EMAIL: z
    .string()
    .refine((text) => text.split(",").every((address) => /^\s*[^\s@]+@[^\s@]+\s*$/.test(address)), {
      error: (issue) => `expected email addresses, by comma, got: ${issue.input}`,
    })
    .nullable(),
  SMTP_URL: z
    .string()
    .refine(isUrl(["smtp:", "smtps:"]), "expected smtp(s)://user:password@host:port")
    .nullable(),
  BREACHED_PASSWORDS_URL: webUrl,
  PRICE_FILES_DIR: z.string().nullable(),
  BENCHMARKS: z
    .string()
    .refine((text) => text === "none" || tickersIn(text).length <= mostBenchmarks, {
      error: (issue) => `expected none, or at most ${mostBenchmarks} tickers, by comma, got: ${issue.input}`,
    })
    .nullable(),
  PRICE_URL_HOSTS: z.string().nullable(),
  BACKUP_DIR: z.string().nullable(),
  BACKUP_SCHEDULE: z
    .string()
    .refine(isCron, {
      error: (issue) => `expected minute hour day month weekday, as in 0 2 * * *, got: ${issue.input}`,
    })
    .nullable(),
  BACKUP_KEEP: z
    .string()
    .regex(/^[1-9]\d{0,3}$/, {
      error: (issue) => `expected how many backups to keep, 1 to 9999, got: ${issue.input}`,
    })
    .nullable(),
  BACKUP_PASSPHRASE: z
    .string()
    .refine((text) => text.length >= shortestPassphrase, {
      error: (issue) =>
        `expected at least ${shortestPassphrase} characters, got ${(issue.input as string).length}`,
    })
    .nullable(),
  STATEMENT_TIMEOUT_SECONDS: wholeNumber(1, 3600),
  QUOTA_TRADES: quota,
  QUOTA_TICKERS: quota,
  QUOTA_NEW_TICKERS_A_DAY: quota,
  QUOTA_CHANGES_A_DAY: quota,
  QUOTA_IMPORT_ROWS: quota,
  QUOTA_PORTFOLIO_ACCOUNTS: quota,
  QUOTA_OWN_ASSETS: quota,
  QUOTA_OWN_PRICES: quota,
  QUOTA_WATCHED_TICKERS: quota,
  QUOTA_TOKENS: quota,
  QUOTA_SHARING: quota,
  QUOTA_SESSIONS: quota,
  QUOTA_ACCOUNTS: quota,
  OIDC_ISSUER: z
    .string()
    .refine(isIssuer, {
      error: (issue) => `expected an https URL, or an http one of this machine, got: ${issue.input}`,
    })
    .nullable(),
  OIDC_CLIENT_ID: z.string().nullable(),
  OIDC_CLIENT_SECRET: z.string().nullable(),
  OIDC_NAME: z.string().max(60, "expected at most 60 characters").nullable(),
  LOG_LEVEL: z
    .enum(logLevels, { error: (issue) => `expected one of ${logLevels.join(", ")}, got: ${issue.input}` })
    .nullable(),
});

type Variable = keyof z.infer<typeof environment>;

/**
 * Reads and checks the environment. An empty variable counts as unset, because that is what compose files pass for
 * `${NAME:-}`. Throws ConfigurationError with every problem at once.
 */
export function readConfig(
  variables: NodeJS.ProcessEnv = process.env,
  defaultDataDirectory = ".stratafolio",
): Config {
  const given = Object.fromEntries(
    Object.keys(environment.shape).map((name) => [name, variables[name]?.trim() || null]),
  ) as Record<Variable, string | null>;
  const parsed = environment.safeParse(given, { jitless: true }); // read once
  const problems = (parsed.error?.issues ?? []).map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  const isEmbedded = given.DATABASE_URL === null && given.WEB_DATABASE_URL === null;
  if (!isEmbedded && given.JWT_SECRET === null) {
    problems.push(
      `JWT_SECRET: expected at least ${minimumSecretLength} characters when DATABASE_URL is set, got none ` +
        "(make one with: openssl rand -hex 32)",
    );
  }
  if (given.FORMER_JWT_SECRET !== null && given.JWT_SECRET === null)
    problems.push("JWT_SECRET: expected the one that signs now when FORMER_JWT_SECRET is set, got none");
  if (given.ALERT_EMAIL !== null && given.SMTP_URL === null)
    problems.push("SMTP_URL: expected smtp(s)://user:password@host:port when ALERT_EMAIL is set, got none");
  for (const name of ["OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"] as const)
    if (given.OIDC_ISSUER !== null && given[name] === null)
      problems.push(
        `${name}: expected what the provider calls this client when OIDC_ISSUER is set, got none`,
      );
  if (!parsed.success || problems.length > 0) throw new ConfigurationError(problems);
  const settings = parsed.data;
  const place = { host: settings.HOST ?? "127.0.0.1", publicUrl: settings.PUBLIC_URL };
  return {
    databaseUrl: settings.DATABASE_URL,
    webDatabaseUrl: settings.WEB_DATABASE_URL,
    dataDirectory: resolve(settings.DATA_DIR ?? defaultDataDirectory),
    ...place,
    port: Number(settings.PORT ?? 3000),
    trustedProxies: settings.TRUSTED_PROXIES,
    metricsToken: settings.METRICS_TOKEN,
    // Where strangers come by, whoever runs it says who they are.
    registration: settings.REGISTRATION ?? (isLoopbackOnly(place) ? "open" : "invitation"),
    jwtSecret: settings.JWT_SECRET?.[0] ?? null,
    formerJwtSecrets: [...(settings.JWT_SECRET?.slice(1) ?? []), ...(settings.FORMER_JWT_SECRET ?? [])],
    yahooBaseUrl: settings.YAHOO_BASE_URL,
    fredApiBaseUrl: settings.FRED_API_BASE_URL,
    fredWebBaseUrl: settings.FRED_WEB_BASE_URL,
    fredApiKey: settings.FRED_API_KEY,
    alertWebhookUrl: settings.ALERT_WEBHOOK_URL,
    alertEmail: settings.ALERT_EMAIL,
    smtpUrl: settings.SMTP_URL,
    breachedPasswordsUrl: settings.BREACHED_PASSWORDS_URL,
    priceUrlHosts: (settings.PRICE_URL_HOSTS ?? "")
      .toLowerCase()
      .split(/[\s,]+/)
      .filter((host) => host !== ""),
    priceFilesDirectory: resolve(
      settings.PRICE_FILES_DIR ?? join(settings.DATA_DIR ?? defaultDataDirectory, "prices"),
    ),
    benchmarks: settings.BENCHMARKS === "none" ? [] : tickersIn(settings.BENCHMARKS ?? usualBenchmarks),
    backup: {
      directory: settings.BACKUP_DIR === null ? null : resolve(settings.BACKUP_DIR),
      schedule: settings.BACKUP_SCHEDULE ?? "0 2 * * *",
      keep: Number(settings.BACKUP_KEEP ?? 7),
      passphrase: settings.BACKUP_PASSPHRASE,
    },
    statementSeconds: settings.STATEMENT_TIMEOUT_SECONDS ?? 15,
    quotas: quotasOf(settings),
    identityProvider: identityProviderOf(settings),
    logLevel: settings.LOG_LEVEL ?? "info",
  };
}

function quotasOf(settings: z.output<typeof environment>): Quotas {
  return {
    trades: settings.QUOTA_TRADES ?? defaultQuotas.trades,
    tickers: settings.QUOTA_TICKERS ?? defaultQuotas.tickers,
    newTickersADay: settings.QUOTA_NEW_TICKERS_A_DAY ?? defaultQuotas.newTickersADay,
    changesADay: settings.QUOTA_CHANGES_A_DAY ?? defaultQuotas.changesADay,
    importRows: settings.QUOTA_IMPORT_ROWS ?? defaultQuotas.importRows,
    portfolioAccounts: settings.QUOTA_PORTFOLIO_ACCOUNTS ?? defaultQuotas.portfolioAccounts,
    ownAssets: settings.QUOTA_OWN_ASSETS ?? defaultQuotas.ownAssets,
    ownPrices: settings.QUOTA_OWN_PRICES ?? defaultQuotas.ownPrices,
    watchedTickers: settings.QUOTA_WATCHED_TICKERS ?? defaultQuotas.watchedTickers,
    tokens: settings.QUOTA_TOKENS ?? defaultQuotas.tokens,
    sharing: settings.QUOTA_SHARING ?? defaultQuotas.sharing,
    sessions: settings.QUOTA_SESSIONS ?? defaultQuotas.sessions,
    accounts: settings.QUOTA_ACCOUNTS ?? defaultQuotas.accounts,
  };
}

function identityProviderOf(settings: z.output<typeof environment>): IdentityProvider | null {
  const { OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_NAME } = settings;
  if (OIDC_ISSUER === null) return null;
  const { href, host } = new URL(OIDC_ISSUER);
  return {
    issuer: href,
    clientId: OIDC_CLIENT_ID ?? "",
    clientSecret: OIDC_CLIENT_SECRET ?? "",
    name: OIDC_NAME ?? host,
  };
}
