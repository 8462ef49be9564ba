import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { z } from "zod";

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
  /** Absolute. */
  readonly dataDirectory: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** null only without a DATABASE_URL: then `keptJwtSecret` makes one. */
  readonly jwtSecret: string | null;
  readonly yahooBaseUrl: string | null;
  readonly fredApiBaseUrl: string | null;
  readonly fredWebBaseUrl: string | null;
  readonly fredApiKey: string | null;
  /** Where alerts are posted; null: nowhere. */
  readonly alertWebhookUrl: string | null;
  /** Who is sent alerts by email, by way of `smtpUrl`; null: nobody. */
  readonly alertEmail: string | null;
  readonly smtpUrl: string | null;
  /** null: people sign in with what they have here alone. */
  readonly identityProvider: IdentityProvider | null;
  readonly logLevel: string;
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

/** Where the demo keeps its data unless DATA_DIR says otherwise. */
export const demoDataDirectory = ".stratafolio-demo";

const isUrl = (protocols: readonly string[]) => (text: string) =>
  URL.canParse(text) && protocols.includes(new URL(text).protocol);

/** Tokens that say who somebody is go over https, but for a trial on one machine. */
const isIssuer = (text: string) =>
  isUrl(["https:"])(text) ||
  (isUrl(["http:"])(text) && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(text).hostname));

const webUrl = z
  .string()
  .refine(isUrl(["http:", "https:"]), { error: (issue) => `expected an http(s) URL, got: ${issue.input}` })
  .transform((text) => text.replace(/\/+$/, ""))
  .nullable();

// A value is shown in its problem, except where it may hold a secret.
const environment = z.object({
  DATABASE_URL: z
    .string()
    .refine(isUrl(["postgres:", "postgresql:"]), "expected postgres://user:password@host:port/database")
    .nullable(),
  DATA_DIR: z.string().nullable(),
  HOST: z.string().nullable(),
  PORT: z
    .string()
    .refine((text) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535, {
      error: (issue) => `expected a port from 0 to 65535, got: ${issue.input}`,
    })
    .nullable(),
  JWT_SECRET: z
    .string()
    .refine((text) => text.length >= minimumSecretLength, {
      error: (issue) =>
        `expected at least ${minimumSecretLength} characters, got ${(issue.input as string).length}`,
    })
    .nullable(),
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
  const parsed = environment.safeParse(given);
  const problems = (parsed.error?.issues ?? []).map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  if (given.DATABASE_URL !== null && given.JWT_SECRET === null) {
    problems.push(
      `JWT_SECRET: expected at least ${minimumSecretLength} characters when DATABASE_URL is set, got none ` +
        "(make one with: openssl rand -hex 32)",
    );
  }
  if (given.ALERT_EMAIL !== null && given.SMTP_URL === null)
    problems.push("SMTP_URL: expected smtp(s)://user:password@host:port when ALERT_EMAIL is set, got none");
  for (const name of ["OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"] as const)
    if (given.OIDC_ISSUER !== null && given[name] === null)
      problems.push(
        `${name}: expected what the provider calls this client when OIDC_ISSUER is set, got none`,
      );
  if (!parsed.success || problems.length > 0) throw new ConfigurationError(problems);
  const settings = parsed.data;
  return {
    databaseUrl: settings.DATABASE_URL,
    dataDirectory: resolve(settings.DATA_DIR ?? defaultDataDirectory),
    host: settings.HOST ?? "127.0.0.1",
    port: Number(settings.PORT ?? 3000),
    jwtSecret: settings.JWT_SECRET,
    yahooBaseUrl: settings.YAHOO_BASE_URL,
    fredApiBaseUrl: settings.FRED_API_BASE_URL,
    fredWebBaseUrl: settings.FRED_WEB_BASE_URL,
    fredApiKey: settings.FRED_API_KEY,
    alertWebhookUrl: settings.ALERT_WEBHOOK_URL,
    alertEmail: settings.ALERT_EMAIL,
    smtpUrl: settings.SMTP_URL,
    identityProvider: identityProviderOf(settings),
    logLevel: settings.LOG_LEVEL ?? "info",
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

/** The secret kept in the data folder, made on first use: people stay signed in over a restart. */
export function keptJwtSecret(dataDirectory: string): string {
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  const file = join(dataDirectory, "jwt-secret");
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, randomBytes(32).toString("hex"), { mode: 0o600 });
  try {
    linkSync(draft, file); // fails where there is one already: two processes at once agree on the first
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(file, "utf8");
}

/** What a data folder holds: figures of the real market, or the demo's invented ones. The two are never mixed. */
export type DataKind = "real" | "demo";

/** `demo` was asked for on a folder with real data. */
export class RealDataError extends Error {
  readonly code = "real_data";
  constructor(dataDirectory: string, file: string) {
    super(
      `expected a data folder of the demo's own, got ${dataDirectory}, which holds real data: invented prices would be mixed ` +
        `with it. Set DATA_DIR to another folder, or leave it unset (if this is a demo's after all, write "demo" into ${file})`,
    );
  }
}

/**
 * What the data folder holds, as is kept in it; a new one becomes what is asked for. Whoever works on a demo's folder gets
 * the demo's market, whatever the command. Throws RealDataError when the demo is asked for on another's.
 */
export function keptDataKind(dataDirectory: string, asked: DataKind): DataKind {
  const file = join(dataDirectory, "market");
  const kept = readKind(file) ?? keptBefore(dataDirectory) ?? asked;
  if (asked === "demo" && kept === "real") throw new RealDataError(dataDirectory, file);
  if (readKind(file) === null) {
    mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
    writeFileSync(file, `${kept}\n`, { mode: 0o600 });
  }
  return kept;
}

function readKind(file: string): DataKind | null {
  if (!existsSync(file)) return null;
  return readFileSync(file, "utf8").trim() === "demo" ? "demo" : "real";
}

/** Of a folder from before this was kept in it: the demo's had a name of its own. null: a new folder. */
function keptBefore(dataDirectory: string): DataKind | null {
  if (!existsSync(join(dataDirectory, "postgres"))) return null;
  return basename(dataDirectory) === demoDataDirectory ? "demo" : "real";
}
