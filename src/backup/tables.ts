/** Every table of `public` and `bronze`, and what becomes of it: a test fails for one that is not named here. */

/**
 * - saved: what people said and did, which is nowhere else.
 * - market: fetched, and saved too unless it is to be left out: then of tickers alone that the source has dropped, or that come in files.
 * - made: by the program itself, in any installation.
 * - ended: it belongs to the installation that was; a restored one begins without it.
 */
type Keeping = "saved" | "market" | "made" | "ended";

/** In the order in which they are written back: what is referred to comes first. */
const keepings: Readonly<Record<string, Keeping>> = {
  "public.users": "saved",
  "public.accounts": "saved",
  "public.api_tokens": "saved", // their hashes: programs go on
  "public.shared_links": "saved", // their hashes: links that were given out go on, until their end
  "public.reading_grants": "saved",
  "public.totp_secrets": "saved", // sealed: they open with the secret of the installation that was
  "public.recovery_codes": "saved",
  "public.passkeys": "saved",
  "public.identities": "saved",
  "public.invitations": "saved", // their hashes: links that were given out go on
  "public.security_events": "saved",
  "public.idempotency_keys": "saved", // a request that is repeated after a restore is still the same one
  "public.portfolio_choices": "saved",
  "public.watchlist": "saved",
  "public.target_weights": "saved",
  "public.imports": "saved",
  "public.import_rows": "saved",
  "public.import_choices": "saved",
  "public.import_tickers": "saved",
  "public.announcements": "saved",
  "public.corporate_actions": "saved",
  "public.dismissed_dividends": "saved",
  "public.deleted_accounts": "saved",
  "bronze.transactions": "saved",
  "bronze.transactions_audit": "saved",
  "bronze.identifiers": "saved",
  "bronze.symbol_changes": "saved",
  "bronze.market_rulings": "saved",
  "bronze.split_rulings": "saved",
  "bronze.price_files": "saved",
  "bronze.set_aside_prices": "saved",
  "bronze.price_urls": "saved",
  "orchestrator.automations": "saved", // what is switched off
  "bronze.raw_assets": "market",
  "bronze.raw_prices": "market",
  "bronze.raw_corporate_actions": "market",
  "bronze.raw_fred": "market",
  "bronze.raw_fx_rates": "market",
  "bronze.market_defects": "market",
  "bronze.history_reads": "market",
  "bronze.raw_calendar": "made",
  "public.migrations": "made",
  "public.attempts": "ended", // counted anew
  "public.new_tickers": "ended",
  "public.password_resets": "ended", // good for an hour, and for one use that may have been since
  "public.pending_accounts": "ended",
  "public.backups": "ended", // files on the disk of that installation
  "public.sessions": "ended", // people sign in again: one that was ended since must not come back to life
};

export interface SavedTable {
  /** "schema.table". */
  readonly name: string;
  /** Which of its rows are not a migration's own, which every installation has; null: all of them. */
  readonly own: string | null;
  /** Which of its rows are saved when market data is left out; null: those that are with it. */
  readonly kept: string | null;
}

/** Of delisted tickers nobody has the prices any more, and what came in a file is not fetched. */
const dropped = "ticker in (select ticker from bronze.raw_assets where not is_active or source <> 'yahoo')";
/** Tables without tickers, and what of them cannot be fetched anew. */
const unfetched: Readonly<Record<string, string>> = {
  "bronze.raw_fred": "false",
  "bronze.raw_fx_rates": "source = 'file'",
};

export const savedTables: readonly SavedTable[] = Object.entries(keepings).flatMap(
  ([name, keeping]): SavedTable[] => {
    const own = name === "bronze.raw_fx_rates" ? "source <> 'definition'" : null;
    if (keeping === "saved") return [{ name, own, kept: null }];
    if (keeping === "market") return [{ name, own, kept: unfetched[name] ?? dropped }];
    return [];
  },
);

export const namedTables: readonly string[] = Object.keys(keepings);
