/** The secrets that sign tokens, where no setting has them: kept in the data folder, the one that signs first. */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSecrets } from "./config.ts";
import { keeperOf, keepOnce } from "./folder-keeper.ts";

export interface JwtSecrets {
  readonly jwtSecret: string;
  /** Sign nothing any more; what they have signed still counts. */
  readonly formerJwtSecrets: readonly string[];
}

const fileName = "jwt-secret";

const fileIn = (dataDirectory: string): string => join(dataDirectory, fileName);

const newSecret = (): string => randomBytes(32).toString("hex");

/** Made on first use: people stay signed in over a restart. */
export function keptJwtSecrets(dataDirectory: string): JwtSecrets {
  const file = fileIn(dataDirectory);
  if (!existsSync(file)) keepOnce(dataDirectory, fileName, newSecret()); // two processes at once agree on the first
  const [jwtSecret = "", ...formerJwtSecrets] = parseSecrets(readFileSync(file, "utf8"));
  return { jwtSecret, formerJwtSecrets };
}

/**
 * From now on a new secret signs. What the last one signed counts until the next rotation; `isLeaked`: nothing that was ever
 * signed counts any more. Processes read it when they start.
 */
export function rotateKeptJwtSecret(dataDirectory: string, isLeaked: boolean): void {
  const { jwtSecret } = keptJwtSecrets(dataDirectory);
  const secrets = isLeaked ? [newSecret()] : [newSecret(), jwtSecret];
  const keeper = keeperOf(dataDirectory);
  const draft = `${fileIn(dataDirectory)}.${process.pid}`;
  keeper.write(draft, secrets.join("\n"));
  keeper.move(draft, fileIn(dataDirectory));
}
