import { readConfig } from "../config.ts";
import { rotateKeptJwtSecret } from "../kept-secrets.ts";
import type { CommandContext } from "./context.ts";
import { SecretIsASettingError } from "./errors.ts";
import type { Outcome } from "./exit.ts";

export function rotate(
  { output }: CommandContext,
  { leaked = false }: { leaked?: boolean },
): Promise<Outcome> {
  const { jwtSecret, dataDirectory } = readConfig();
  if (jwtSecret !== null) throw new SecretIsASettingError();
  rotateKeptJwtSecret(dataDirectory, leaked);
  output.say(
    leaked
      ? "A new secret signs once the program is started anew; everybody is signed out then."
      : "A new secret signs once the program is started anew; what the last one signed counts until the next rotation.",
  );
  return Promise.resolve("done");
}
