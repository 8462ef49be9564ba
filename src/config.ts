import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { z } from "zod";
import { keeperOf } from "./folder-keeper.ts";

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

const webUrl = z
  .string()
  .refine(isUrl(["http:", "https:"]), { error: (issue) => `expected an http(s) URL, got: ${issue.input}` })
  .transform((text) => text.replace(/\/+$/, ""))
  .nullable();

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
  const isEmbedded = given.DATABASE_URL === null && given.WEB_DATABASE_URL === null;
  if (!isEmbedded && given.JWT_SECRET === null) {
    problems.push(
      `JWT_SECRET: expected at least ${minimumSecretLength} characters when DATABASE_URL is set, got none ` +
        "(make one with: openssl rand -hex 32)",
    );
  }
  if (given.ALERT_EMAIL !== null && given.SMTP_URL === null)
    problems.push("SMTP_URL: expected smtp(s)://user:password@host:port when ALERT_EMAIL is set, got none");
  if (!parsed.success || problems.length > 0) throw new ConfigurationError(problems);
  const settings = parsed.data;
  return {
    databaseUrl: settings.DATABASE_URL,
    webDatabaseUrl: settings.WEB_DATABASE_URL,
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
    logLevel: settings.LOG_LEVEL ?? "info",
  };
}

/** The secret kept in the data folder, made on first use: people stay signed in over a restart. */
export function keptJwtSecret(dataDirectory: string): string {
  const file = join(dataDirectory, "jwt-secret");
  if (!existsSync(file)) keep(dataDirectory, file, randomBytes(32).toString("hex"));
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
  if (readKind(file) === null) keep(dataDirectory, file, `${kept}\n`);
  return kept;
}

/** As whom the folder belongs to. */
function keep(dataDirectory: string, file: string, text: string): void {
  const keeper = keeperOf(dataDirectory);
  keeper.makeFolder(dataDirectory, 0o700);
  keeper.writeOnce(file, text);
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
