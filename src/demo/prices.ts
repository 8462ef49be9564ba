import { UnknownTickerError } from "../market/errors.ts";
import type { Bar, Dividend, PriceHistory, PriceSource, Split, TickerDescription } from "../market/source.ts";
import { dateOf, dayOf, type EpochDay, epochDay, isWeekend, market, normal, timeOfDay } from "./economy.ts";
import { type Instrument, instruments, pairs } from "./instruments.ts";

const firstDay = epochDay("2015-01-02");
const tradingDaysAYear = 252;
const marketVolatility = 0.15;
const holidays = ["01-01", "07-04", "12-25"];
/** Share of the UTC day at which an exchange session opens and closes: 14:30 and 21:00. */
const sessionOpens = 14.5 / 24;
const sessionCloses = 21 / 24;

class UnknownDemoTickerError extends UnknownTickerError {
  constructor(ticker: string) {
    super(ticker);
    this.message = `the demo's exchange lists ${instruments.map((one) => one.ticker).join(", ")}, got: ${ticker}`;
  }
}

/** A price source without a network: the same synthetic prices on every machine, up to the clock's today. */
export function createSyntheticPriceSource(clock: () => Date): PriceSource {
  return {
    search: async (query) => {
      const wanted = query.trim().toLowerCase();
      return instruments
        .filter((one) => `${one.ticker} ${one.name}`.toLowerCase().includes(wanted))
        .map(description);
    },
    describe: async (ticker) => description(find(ticker)),
    history: async (ticker, from) => syntheticHistory(find(ticker), from, clock()),
    profile: async (ticker) => {
      const { sector, industry } = find(ticker);
      return { sector, industry };
    },
  };
}

function find(ticker: string): Instrument {
  const instrument = [...instruments, ...pairs].find((one) => one.ticker === ticker);
  if (!instrument) throw new UnknownDemoTickerError(ticker);
  return instrument;
}

function description(instrument: Instrument): TickerDescription {
  const { ticker, name, assetClass, exchange, quotedIn = "USD", timezone = "America/New_York" } = instrument;
  const exchangeTimezone = assetClass === "crypto" ? "UTC" : timezone;
  return {
    ticker,
    name: `${name} (synthetic)`,
    assetClass,
    exchange,
    currency: quotedIn,
    exchangeTimezone,
    firstTradeDate: dateOf(firstDay),
  };
}

function isSession({ assetClass }: Instrument, day: EpochDay): boolean {
  return assetClass === "crypto" || !(isWeekend(day) || holidays.includes(dateOf(day).slice(5)));
}

/** A quarter's dividend goes off on the 15th of its last month, a split on 10 June; both wait for a session. */
function falls(
  instrument: Instrument,
  day: EpochDay,
  months: readonly string[],
  dayOfMonth: number,
): boolean {
  for (let candidate = day; !(candidate < day && isSession(instrument, candidate)); candidate -= 1) {
    const [, month, date] = dateOf(candidate).split("-");
    if (months.includes(month as string) && Number(date) === dayOfMonth) return true;
  }
  return false;
}

const isSplit = (instrument: Instrument, day: EpochDay): boolean =>
  instrument.splitRatio !== undefined &&
  Number(dateOf(day).slice(0, 4)) % 4 === 0 &&
  falls(instrument, day, ["06"], 10);

const isDividend = (instrument: Instrument, day: EpochDay): boolean =>
  instrument.dividendYield > 0 && falls(instrument, day, ["03", "06", "09", "12"], 15);

interface Session {
  readonly day: EpochDay;
  /** As if no split had ever been. */
  readonly close: number;
  readonly open: number;
  readonly swing: number;
}

/** Every session from the first day to the last: a geometric random walk on the cycle of the economy. */
function walk(instrument: Instrument, lastDay: EpochDay): Session[] {
  const { beta, ownDrift, ownVolatility } = instrument;
  const sessions: Session[] = [];
  let close = instrument.firstPrice;
  for (let day = firstDay; day <= lastDay; day += 1) {
    if (!isSession(instrument, day)) continue;
    const { drift, swing } = market(day);
    const common = beta * marketVolatility * swing * normal("market", day);
    const own = ownVolatility * normal(instrument.ticker, day);
    const variance = (beta * marketVolatility * swing) ** 2 + ownVolatility ** 2;
    const days = instrument.assetClass === "crypto" ? 365 : tradingDaysAYear;
    const expected = (beta * drift + ownDrift - variance / 2) / days;
    const open = close * Math.exp(0.2 * ((common + own) / Math.sqrt(days)));
    close *= Math.exp(expected + (common + own) / Math.sqrt(days));
    sessions.push({ day, open, close, swing: Math.abs(normal(`${instrument.ticker} range`, day)) });
  }
  return sessions;
}

/** Of an instrument, whether or not the demo's exchange lists it. */
export function syntheticHistory(instrument: Instrument, from: string | null, now: Date): PriceHistory {
  const today = dayOf(now);
  const isOpen = instrument.assetClass === "crypto" || timeOfDay(now) >= sessionOpens;
  const sessions = walk(instrument, isOpen ? today : today - 1);
  const splitDays = sessions.filter(({ day }) => isSplit(instrument, day)).map(({ day }) => day);
  const ratio = instrument.splitRatio ?? 1;
  // Like Yahoo: what was before a split is given in today's shares.
  const todaysShares = ratio ** splitDays.length;
  const isFinal = (day: EpochDay) =>
    day < today || (instrument.assetClass !== "crypto" && timeOfDay(now) >= sessionCloses);
  const dividends = sessions
    .filter(({ day }) => isDividend(instrument, day))
    .map(({ day, close }) => ({ day, cash: ((close / todaysShares) * instrument.dividendYield) / 4 }));
  const since = from ?? dateOf(firstDay);
  const after = <T extends { date: string }>(rows: readonly T[]): T[] =>
    rows.filter(({ date }) => date >= since);
  return {
    description: description(instrument),
    bars: after(barsOf(sessions, todaysShares, dividends, isFinal)),
    datesWithoutClose: [],
    tradedWithoutClose: [],
    capitalGains: [],
    splits: after(
      splitDays.map((day): Split => ({ date: dateOf(day), numerator: String(ratio), denominator: "1" })),
    ),
    dividends: after(
      dividends.map(({ day, cash }): Dividend => ({ date: dateOf(day), cashPerShare: cash.toFixed(4) })),
    ),
    warnings: [],
  };
}

function barsOf(
  sessions: readonly Session[],
  todaysShares: number,
  dividends: readonly { day: EpochDay; cash: number }[],
  isFinal: (day: EpochDay) => boolean,
): Bar[] {
  const paid = new Map(dividends.map(({ day, cash }) => [day, cash]));
  const bars: Bar[] = [];
  let dividendFactor = 1; // going back in time, each dividend lowers what came before it
  for (const { day, open, close, swing } of sessions.toReversed()) {
    const [first, last] = [open / todaysShares, close / todaysShares];
    const reach = 1 + 0.004 * swing;
    bars.push({
      date: dateOf(day),
      open: first.toFixed(4),
      high: (Math.max(first, last) * reach).toFixed(4),
      low: (Math.min(first, last) / reach).toFixed(4),
      close: last.toFixed(4),
      adjClose: (last * dividendFactor).toFixed(4),
      volume: String(Math.round(1_000_000 * (1 + swing))),
      isFinal: isFinal(day),
    });
    dividendFactor *= 1 - (paid.get(day) ?? 0) / last;
  }
  return bars.reverse();
}
