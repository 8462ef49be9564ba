import { MalformedTickerError } from "./errors.ts";

// Yahoo's client pastes the ticker into a path as it is: "../../v1/finance/search" or "AAPL?x=1" would be another
// request. No slash, question mark, number sign, percent sign or blank gets past this.
const pattern = /^[A-Z0-9^][A-Z0-9.=&^-]{0,19}$/;

/** Whether a text is a ticker as it stands, in capitals. */
export const isTicker = (text: string): boolean => pattern.test(text);

/** Of an asset of somebody's own: person 7's second one is ~7.2. No source of prices has a tilde in a symbol. */
const ownPattern = "~[1-9]\\d{0,9}\\.[1-9]\\d{0,5}";
const own = new RegExp(`^${ownPattern}$`);

/** Each that a text names. */
export const ownAssetsWithin = new RegExp(`${ownPattern}(?!\\d)`, "g");

/** Whether it names an asset of somebody's own, of which no source is ever asked. */
export const isOwnAsset = (ticker: string): boolean => own.test(ticker);

/** In any case, with blanks around it. Asked before capitals are made of it: a sharp s would become two letters. */
export const typedTicker = /^\s*[A-Za-z0-9^][A-Za-z0-9.=&^-]{0,19}\s*$/;

/** What a ledger may name: a ticker, or an asset of one's own. */
export const ledgerTicker = new RegExp(`^\\s*(?:[A-Za-z0-9^][A-Za-z0-9.=&^-]{0,19}|${ownPattern})\\s*$`);

/** Trims and upper-cases; throws MalformedTickerError. */
export function parseTicker(text: string): string {
  if (!typedTicker.test(text)) throw new MalformedTickerError(text);
  return text.trim().toUpperCase();
}
