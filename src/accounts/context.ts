import type { Pool } from "pg";

/** What accounts work with. */
export interface AccountContext {
  /** Connections of a role that row-level security binds. */
  readonly pool: Pool;
  readonly clock: () => Date;
  /** At least 32 characters. Signs the tokens of sessions. */
  readonly jwtSecret: string;
  /** Sign nothing any more; what they have signed still counts. */
  readonly formerJwtSecrets?: readonly string[];
}
