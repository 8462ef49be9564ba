/** Tickers that a person watches without owning them. Errors are told apart by their `code`. */
export { watchlistTables } from "./personal-tables.ts";
export { listWatched, unwatch, type Watched, watch } from "./watchlist.ts";
