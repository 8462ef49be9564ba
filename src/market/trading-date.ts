const formats = new Map<string, Intl.DateTimeFormat>();
/** Sessions of one exchange open at the same instants for all its tickers. By zone, then by instant. */
const wallTimes = new Map<string, Map<number, string>>();
/** Of a zone: a century of sessions; then they are told anew. */
const keptInstants = 30_000;

/** `2024-06-28 09:30:00`, the wall time in the zone. */
function wallTime(instant: Date, timeZone: string): string {
  const known = wallTimes.get(timeZone)?.get(instant.getTime());
  if (known !== undefined) return known;
  const told = tellWallTime(instant, timeZone);
  const kept = wallTimes.get(timeZone) ?? new Map<number, string>();
  if (kept.size >= keptInstants) kept.clear();
  wallTimes.set(timeZone, kept.set(instant.getTime(), told));
  return told;
}

/** A formatter costs 50 µs to make and 1 µs to use, hence the cache. Throws RangeError for an unknown zone. */
function tellWallTime(instant: Date, timeZone: string): string {
  let format = formats.get(timeZone);
  if (!format) {
    // Swedish is the locale that writes dates as ISO 8601 does.
    format = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
    formats.set(timeZone, format);
  }
  return format.format(instant);
}

/** The calendar date in the zone, `YYYY-MM-DD`. Throws RangeError for an unknown zone. */
export function dateIn(timeZone: string, instant: Date): string {
  return wallTime(instant, timeZone).slice(0, 10);
}

/**
 * The trading date of a bar: its session's opening in the exchange's time zone, never in UTC. Around changes of
 * daylight saving time Yahoo stamps some daily bars (seen for Brazil) an hour or two before the midnight they
 * belong to: a bar at exactly 22:00 or 23:00 is the next day's.
 */
export function tradingDate(exchangeTimezone: string, openedAt: Date): string {
  const opened = wallTime(openedAt, exchangeTimezone);
  if (!/ 2[23]:00:00$/.test(opened)) return opened.slice(0, 10);
  return dateIn(exchangeTimezone, new Date(openedAt.getTime() + 2 * 3600_000));
}
