import type { RowSecurity } from "../engine/index.ts";

/** The role that the web takes on every connection: row-level security holds for it, and only for it. */
export const webRole = "stratafolio_web";

/** Whose rows it sees: those of the person for whom the transaction runs (see personTransaction); the engine's record, if that is an operator. */
export const rowSecurity: RowSecurity = {
  column: "user_id",
  value: "(select public.current_person())",
  record: "(select public.is_operator())",
  // Assets of somebody's own: their tickers say whose they are (src/market/ticker.ts).
  privateValues: {
    column: "ticker",
    pattern: "~%",
    own: "'~' || (select public.current_person()) || '.%'",
  },
};
