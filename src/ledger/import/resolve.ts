/** Tickers of instruments that a file gives by ISIN, WKN or SEDOL: as a person said, as was found before, else searched for. */
import { UnknownTickerError, UnsupportedCurrencyError } from "../../market/errors.ts";
import type { LedgerContext } from "../context.ts";
import { TickerNotCheckedError, UnknownInstrumentError } from "../errors.ts";
import { requireTicker } from "../tickers.ts";
import { needsTicker } from "./booked-sums.ts";
import type { Entry } from "./entry.ts";
import { instrumentKey } from "./instrument.ts";
import { isTrade } from "./kinds.ts";
import { endsAsking, importCurrency, type LookupProgress } from "./lookup.ts";
import { type Remark, remarkOf } from "./remarks.ts";
import type { Resolve } from "./rows.ts";

const searchesAtOnce = 4;
/** Listings of one instrument that are looked at for one in the right currency. */
const listingsLookedAt = 5;
export const maxSearches = 40;

type Found = string | Remark;

/** The first listing in a file's currency; null: there is none. Throws what `endsAsking` is true of. */
async function search(context: LedgerContext, userId: number, identifier: string): Promise<string | null> {
  const matches = await context.prices.search(identifier);
  for (const { ticker } of matches.slice(0, listingsLookedAt)) {
    try {
      return (await requireTicker(context, userId, ticker, importCurrency)).ticker;
    } catch (error) {
      if (!(error instanceof UnknownTickerError || error instanceof UnsupportedCurrencyError)) throw error;
    }
  }
  return null;
}

async function recall({ pool }: LedgerContext, identifiers: readonly string[]): Promise<Map<string, Found>> {
  const { rows } = await pool.query<{ identifier: string; ticker: string }>(
    `select identifier, ticker
     from bronze.identifiers
     where identifier = any ($1)
       and currency = $2`,
    [identifiers, importCurrency],
  );
  return new Map(rows.map(({ identifier, ticker }) => [identifier, ticker]));
}

async function remember({ pool, clock }: LedgerContext, identifier: string, ticker: string): Promise<void> {
  await pool.query(
    `insert into bronze.identifiers (identifier, currency, ticker, found_at)
     values ($1, $2, $3, $4)
     on conflict (identifier, currency) do update
     set ticker = excluded.ticker, found_at = excluded.found_at`,
    [identifier, importCurrency, ticker, clock()],
  );
}

async function find(context: LedgerContext, userId: number, identifier: string): Promise<Found> {
  try {
    const ticker = await search(context, userId, identifier);
    if (ticker === null) return remarkOf(new UnknownInstrumentError(identifier, importCurrency));
    await remember(context, identifier, ticker);
    return ticker;
  } catch (error) {
    if (endsAsking(error)) return remarkOf(error);
    throw error;
  }
}

/** Numbers that trades cannot do without, each once, and then those of dividends. */
function neededIdentifiers(entries: readonly Entry[], chosen: Readonly<Record<string, string>>): string[] {
  const identifierOf = (entry: Entry): string[] => {
    const { instrument } = entry;
    const isNeeded = entry.own === undefined && entry.errors.length === 0 && instrument?.ticker === null;
    return isNeeded && instrument.identifier && !Object.hasOwn(chosen, instrumentKey(entry))
      ? [instrument.identifier]
      : [];
  };
  const trades = entries.filter(({ kind }) => isTrade(kind));
  return [...new Set([...trades, ...entries.filter(needsTicker)].flatMap(identifierOf))];
}

/**
 * Looks up what has no ticker of its own, each number once, until `deadline` (of performance.now()); what is found is kept for
 * everybody. `chosen`: by a person, by `instrumentKey`.
 */
export async function resolveInstruments(
  context: LedgerContext,
  userId: number,
  entries: readonly Entry[],
  chosen: Readonly<Record<string, string>>,
  deadline: number,
  onProgress: (progress: LookupProgress) => void = () => {},
): Promise<Resolve> {
  const needed = neededIdentifiers(entries, chosen);
  const found = needed.length === 0 ? new Map<string, Found>() : await recall(context, needed);
  const queue = needed.filter((identifier) => !found.has(identifier)).slice(0, maxSearches);
  const progress = { checked: 0, total: queue.length };
  if (queue.length > 0) onProgress({ ...progress });
  const work = async (): Promise<void> => {
    for (let identifier = queue.shift(); identifier !== undefined; identifier = queue.shift()) {
      const result = await find(context, userId, identifier);
      found.set(identifier, result);
      progress.checked++;
      onProgress({ ...progress });
      const isRefused = typeof result !== "string" && result.code !== "unknown_ticker";
      if (isRefused || performance.now() >= deadline) queue.length = 0;
    }
  };
  await Promise.all(Array.from({ length: searchesAtOnce }, work));
  return (entry) => {
    const key = instrumentKey(entry);
    if (Object.hasOwn(chosen, key)) return chosen[key];
    const { instrument } = entry;
    if (!instrument || instrument.ticker !== null) return undefined;
    if (instrument.identifier === null)
      return instrument.symbol === ""
        ? remarkOf(new UnknownInstrumentError(instrument.name, importCurrency))
        : undefined;
    const result =
      found.get(instrument.identifier) ?? remarkOf(new TickerNotCheckedError(instrument.identifier));
    // Nothing under its number: then the symbol, whose currency is checked as any other's.
    return typeof result !== "string" && result.code === "unknown_ticker"
      ? (instrument.spelled ?? result)
      : result;
  };
}
