import { MalformedTickerError } from "./errors.ts";

// Yahoo's client pastes the ticker into a path as it is: "../../v1/finance/search" or "AAPL?x=1" would be another
// request. No slash, question mark, number sign, percent sign or blank gets past this.
const pattern = /^[A-Z0-9^][A-Z0-9.=&^-]{0,19}$/;

/** Whether a text is a ticker as it stands, in capitals. */
export const isTicker = (text: string): boolean => pattern.test(text);

/** Trims and upper-cases; throws MalformedTickerError. */
export function parseTicker(text: string): string {
  const ticker = text.trim().toUpperCase();
  if (!isTicker(ticker)) throw new MalformedTickerError(text);
  return ticker;
}
