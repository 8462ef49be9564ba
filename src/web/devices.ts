/** What a person recognises a session by, in their language. */
import { deviceParts } from "../accounts/index.ts";
import { t } from "./messages/index.ts";

/** "Firefox on Windows", as `deviceName` has it in the log. */
export function sayDevice(agent: string | null): string {
  const { browser, system, program } = deviceParts(agent);
  if (browser && system) return t("{browser} on {system}", { browser, system });
  return browser ?? program ?? t("Unknown device");
}
