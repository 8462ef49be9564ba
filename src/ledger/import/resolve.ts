/** Tickers of instruments that a file gives by ISIN, WKN or SEDOL: as a person said, as was found before, else searched for. */
import { personTransaction } from "../../database/person.ts";
import { isCurrency, unitOf } from "../../market/currency.ts";
import { UnknownTickerError, UnsupportedCurrencyError } from "../../market/errors.ts";
import type { LedgerContext } from "../context.ts";
import { requireTicker } from "../tickers.ts";
import { needsTicker } from "./booked-sums.ts";
import type { Entry } from "./entry.ts";
import { TickerNotCheckedError, UnknownInstrumentError } from "./errors.ts";
import { instrumentKey } from "./instrument.ts";
import { isTrade } from "./kinds.ts";
import { assumedCurrency, endsAsking, type LookupProgress } from "./lookup.ts";
import { type Remark, remarkOf } from "./remarks.ts";
import type { Resolve } from "./rows.ts";

const searchesAtOnce = 4;
/** Listings of one instrument that are looked at for one in the right currency. */
const listingsLookedAt = 5;
export const maxSearches = 40;

type Found = string | Remark;

/** What a file says of an instrument by its number. */
interface Wanted {
  readonly identifier: string;
  /** Of its trades, so that one listing is found for all its rows. */
  readonly currency: string;
  readonly isTraded: boolean;
}

/** The first listing in a file's currency, else the first of all: what was paid is converted then. null: there is none. Throws what `endsAsking` is true of. */
async function search(
  context: LedgerContext,
  userId: number,
  { identifier, currency }: Wanted,
): Promise<string | null> {
  const matches = await context.prices.search(identifier);
  let first: string | null = null;
  for (const match of matches.slice(0, listingsLookedAt)) {
    try {
      const { ticker, unit } = await requireTicker(context, userId, match.ticker);
      if (unit.currency === currency) return ticker;
      first ??= ticker;
    } catch (error) {
      if (!(error instanceof UnknownTickerError || error instanceof UnsupportedCurrencyError)) throw error;
    }
  }
  return first;
}

/** As found before: in the currency of the trades; of what only paid a dividend, the listing that the person has traded. */
async function recall(
  { pool }: Pick<LedgerContext, "pool">,
  userId: number,
  wanted: readonly Wanted[],
): Promise<Map<string, Found>> {
  const { rows } = await personTransaction(pool, userId, (client) =>
    client.query<{ identifier: string; ticker: string }>(
      `select distinct on (wanted.identifier) wanted.identifier, known.ticker
       from unnest($2::text[], $3::text[], $4::boolean[]) as wanted (identifier, currency, is_traded)
       join bronze.identifiers as known using (identifier)
       cross join lateral (
         select exists (
           select
           from bronze.transactions
           where user_id = $1
             and transactions.ticker = known.ticker
         ) as is_held
       ) as ledger
       where known.currency = wanted.currency
         or not wanted.is_traded and is_held
       order by wanted.identifier, not wanted.is_traded and is_held desc, known.currency <> wanted.currency`,
      [
        userId,
        wanted.map(({ identifier }) => identifier),
        wanted.map(({ currency }) => currency),
        wanted.map(({ isTraded }) => isTraded),
      ],
    ),
  );
  return new Map(rows.map(({ identifier, ticker }) => [identifier, ticker]));
}

async function remember(
  { pool, clock }: LedgerContext,
  { identifier, currency }: Wanted,
  ticker: string,
): Promise<void> {
  await pool.query(
    `insert into bronze.identifiers (identifier, currency, ticker, found_at)
     values ($1, $2, $3, $4)
     on conflict (identifier, currency) do update
     set ticker = excluded.ticker, found_at = excluded.found_at`,
    [identifier, currency, ticker, clock()],
  );
}

async function find(context: LedgerContext, userId: number, wanted: Wanted): Promise<Found> {
  try {
    const ticker = await search(context, userId, wanted);
    if (ticker === null) return remarkOf(new UnknownInstrumentError(wanted.identifier));
    await remember(context, wanted, ticker);
    return ticker;
  } catch (error) {
    if (endsAsking(error)) return remarkOf(error);
    throw error;
  }
}

/** What a listing is looked for in; dollars where nothing says it. */
function listedIn({ currency }: Entry): string {
  const iso = currency === null ? undefined : unitOf(currency)?.currency;
  return iso !== undefined && isCurrency(iso) ? iso : assumedCurrency;
}

/** Numbers that trades cannot do without, each once, and then those of dividends. */
function neededIdentifiers(entries: readonly Entry[], chosen: Readonly<Record<string, string>>): Wanted[] {
  const identifierOf = (entry: Entry): string[] => {
    const { instrument } = entry;
    const isNeeded = entry.own === undefined && entry.errors.length === 0 && instrument?.ticker === null;
    return isNeeded && instrument.identifier && !Object.hasOwn(chosen, instrumentKey(entry))
      ? [instrument.identifier]
      : [];
  };
  const trades = entries.filter(({ kind }) => isTrade(kind));
  const wanted = new Map<string, Wanted>();
  for (const entry of [...trades, ...entries.filter(needsTicker)])
    for (const identifier of identifierOf(entry))
      if (!wanted.has(identifier))
        wanted.set(identifier, { identifier, currency: listedIn(entry), isTraded: isTrade(entry.kind) });
  return [...wanted.values()];
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
  const found = needed.length === 0 ? new Map<string, Found>() : await recall(context, userId, needed);
  const queue = needed.filter(({ identifier }) => !found.has(identifier)).slice(0, maxSearches);
  const progress = { checked: 0, total: queue.length };
  if (queue.length > 0) onProgress({ ...progress });
  const work = async (): Promise<void> => {
    for (let wanted = queue.shift(); wanted !== undefined; wanted = queue.shift()) {
      const result = await find(context, userId, wanted);
      found.set(wanted.identifier, result);
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
      return instrument.symbol === "" ? remarkOf(new UnknownInstrumentError(instrument.name)) : undefined;
    const result =
      found.get(instrument.identifier) ?? remarkOf(new TickerNotCheckedError(instrument.identifier));
    // Nothing under its number: then the symbol, whose currency is checked as any other's.
    return typeof result !== "string" && result.code === "unknown_ticker"
      ? (instrument.spelled ?? result)
      : result;
  };
}
