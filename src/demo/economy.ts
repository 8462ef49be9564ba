/**
 * The invented economy behind the demo: a business cycle that returns for ever, so that on whatever day the demo is
 * started there is an expansion, a slump and a recovery in the years before it. Everything is a function of the day
 * alone: a price once seen does not change when the demo is started again.
 */

const dayMilliseconds = 86_400_000;

/** Days since 1970-01-01. */
export type EpochDay = number;

export const epochDay = (date: string): EpochDay => Date.parse(`${date}T00:00:00Z`) / dayMilliseconds;
export const dateOf = (day: EpochDay): string => new Date(day * dayMilliseconds).toISOString().slice(0, 10);
export const dayOf = (instant: Date): EpochDay => Math.floor(instant.getTime() / dayMilliseconds);
export const isWeekend = (day: EpochDay): boolean => (day + 4) % 7 === 0 || (day + 4) % 7 === 6;
/** Share of the day that has passed, 0 to 1, in UTC. */
export const timeOfDay = (instant: Date): number => (instant.getTime() % dayMilliseconds) / dayMilliseconds;

/** Four and a half years from one slump to the next. */
const cycleDays = 1680;
const slumpBegins = 0.8;
const slumpEnds = 0.92;

/** Where in the cycle a day lies, 0 to 1. */
const phase = (day: EpochDay): number => (day % cycleDays) / cycleDays;

/** A smooth hill, 1 at its centre and nearly 0 two widths away; distances wrap around the cycle. */
function hill(day: EpochDay, centre: number, width: number): number {
  const straight = Math.abs(phase(day) - centre);
  const distance = Math.min(straight, 1 - straight) / width;
  return Math.exp(-distance * distance);
}

export const isSlump = (day: EpochDay): boolean => phase(day) >= slumpBegins && phase(day) < slumpEnds;

/** Expected return of the stock market a year, and how much stronger than usual it swings. */
export function market(day: EpochDay): { drift: number; swing: number } {
  const slump = hill(day, 0.84, 0.05);
  const recovery = hill(day, 0.97, 0.06);
  return { drift: 0.13 - 0.6 * slump + 0.5 * recovery, swing: 1 + 1.4 * slump };
}

/** Per cent, or an index; each a FRED series in our demo. */
export const indicators = {
  unemployment: (day: EpochDay) => 4 + 4.2 * hill(day, 0.95, 0.09),
  policyRate: (day: EpochDay) => 0.4 + 4.6 * hill(day, 0.66, 0.2),
  tenYearRate: (day: EpochDay) => 2.2 + 1.7 * hill(day, 0.6, 0.28),
  /** Ten-year less two-year yield: below zero before a slump. */
  yieldCurve: (day: EpochDay) => 1.3 - 2.1 * hill(day, 0.72, 0.12),
  expectedInflation: (day: EpochDay) => 2 + 0.6 * hill(day, 0.6, 0.2) - 0.5 * hill(day, 0.87, 0.06),
  /** A year. */
  inflation: (day: EpochDay) => 2 + 3 * hill(day, 0.62, 0.14) - 0.8 * hill(day, 0.92, 0.07),
  /** A year. */
  productionGrowth: (day: EpochDay) => 2.4 - 15 * hill(day, 0.85, 0.05) + 6 * hill(day, 0.97, 0.05),
};

/** A draw from the standard normal distribution that depends on nothing but its name and the day. */
export function normal(name: string, day: EpochDay): number {
  let state = day | 0;
  for (let index = 0; index < name.length; index += 1)
    state = Math.imul(state ^ name.charCodeAt(index), 0x01000193);
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
