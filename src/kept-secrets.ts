/** The secrets that sign tokens, where no setting has them: kept in the data folder, the one that signs first. */
import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseSecrets } from "./config.ts";

export interface JwtSecrets {
  readonly jwtSecret: string;
  /** Sign nothing any more; what they have signed still counts. */
  readonly formerJwtSecrets: readonly string[];
}

const fileIn = (dataDirectory: string): string => join(dataDirectory, "jwt-secret");

function writeDraft(dataDirectory: string, secrets: readonly string[]): string {
  const draft = `${fileIn(dataDirectory)}.${process.pid}`;
  writeFileSync(draft, secrets.join("\n"), { mode: 0o600 });
  return draft;
}

const newSecret = (): string => randomBytes(32).toString("hex");

/** Made on first use: people stay signed in over a restart. */
export function keptJwtSecrets(dataDirectory: string): JwtSecrets {
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  const draft = writeDraft(dataDirectory, [newSecret()]);
  try {
    linkSync(draft, fileIn(dataDirectory)); // fails where there is one already: two processes at once agree on the first
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft);
  }
  const [jwtSecret = "", ...formerJwtSecrets] = parseSecrets(readFileSync(fileIn(dataDirectory), "utf8"));
  return { jwtSecret, formerJwtSecrets };
}

/**
 * From now on a new secret signs. What the last one signed counts until the next rotation; `isLeaked`: nothing that was ever
 * signed counts any more. Processes read it when they start.
 */
export function rotateKeptJwtSecret(dataDirectory: string, isLeaked: boolean): void {
  const { jwtSecret } = keptJwtSecrets(dataDirectory);
  const secrets = isLeaked ? [newSecret()] : [newSecret(), jwtSecret];
  renameSync(writeDraft(dataDirectory, secrets), fileIn(dataDirectory));
}
