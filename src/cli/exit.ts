/** What a command's exit code tells the shell. */
export const exitCodes = {
  done: 0,
  /** An asset or a check failed, or stored rows differ from what they should be. */
  failed: 1,
  /** Bad usage, bad settings, or an error of the program itself. */
  error: 2,
} as const;

export type Outcome = keyof typeof exitCodes;
