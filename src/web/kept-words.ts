/**
 * What work in the background has kept in English, as people read it: why prices could not be fetched, what is wrong with market data, why
 * rows of a price file are not used. Each is known once, with places for its values; one that is not known stays as it is.
 */
import { type Plain, plain } from "../plain.ts";
import { ofAddresses, ofFiles, ofRates, ofRows, ofSenders, ofSeries } from "./kept-file-words.ts";
import { kept, knownOf, sayKnown } from "./kept-patterns.ts";
import { currentLanguage } from "./messages/index.ts";
import { spoken } from "./words.ts";

/** Of src/market/errors.ts, and of assets/ingest. */
const ofFetches = [
  plain("{source} answers that there were too many requests{detail}"),
  plain("{source} does not answer in time{detail}"),
  plain("{source} cannot be reached{detail}"),
  plain("{source} answers with an error of its own{detail}"),
  plain("{source} answers with a page instead of data{detail}"),
  plain("{source} cut its answer short{detail}"),
  plain("{source} answers in a form that is not understood{detail}"),
  plain("{source} refuses the request{detail}"),
  plain("{source} is being asked by many people here just now{detail}"),
  kept(
    "expected a ticker that Yahoo Finance knows, got: {ticker}; it has been {to} since {on:day}: enter it as that",
    plain("Yahoo Finance does not know {ticker}: it has been {to} since {on:day}; enter it as that"),
  ),
  kept(
    "expected a ticker that Yahoo Finance knows, got: {ticker}; search by name: it may be spelt otherwise, or renamed, and then an operator can enter its new symbol; of what is delisted Yahoo gives no prices",
    plain(
      "Yahoo Finance does not know {ticker}; search by name: it may be spelt otherwise, or renamed, and then an operator can enter its new symbol; of what is delisted Yahoo gives no prices",
    ),
  ),
  kept(
    "expected a ticker quoted in a currency that is known here, got: {ticker}, quoted in an unknown currency; look for its listing on another exchange",
    plain(
      "{ticker} is quoted in a currency that nobody names, which is not known here; look for its listing on another exchange",
    ),
  ),
  kept(
    "expected a ticker quoted in a currency that is known here, got: {ticker}, quoted in {currency}; look for its listing on another exchange",
    plain(
      "{ticker} is quoted in {currency}, which is not known here; look for its listing on another exchange",
    ),
  ),
  kept(
    "expected daily prices of {ticker}, got none: Yahoo Finance knows the ticker and has no bars of it yet",
    plain("Yahoo Finance knows {ticker}, and has no daily prices of it yet"),
  ),
  plain(
    "Yahoo Finance now quotes it in {currency}, and its stored prices are in {stored}: what is stored is kept, and no more is fetched until an operator has ruled",
  ),
  plain(
    "Yahoo Finance now has {name} under this symbol, from {date:day} on; what is stored, to {last:day}, is {stored}: what is stored is kept, and no more is fetched until an operator has ruled",
  ),
  plain(
    "Yahoo Finance now calls its prices {unit}, and the stored ones are in {stored}; no close that is in both tells which it is: what is stored is kept, and no more is fetched until an operator has ruled",
  ),
];

/** In an operator's own words. */
const ofRulings = [plain("{person} ruled: {reason}")];

/** `detail` of bronze.market_defects, and of what a price file's report keeps out. */
const ofDefects = [
  plain("its close is {close:number}"),
  plain("its close {close:number} is not between its low {low:number} and high {high:number}"),
  plain("its close {close:number} is {times:number} times the last good one, {good:number}"),
  // Of a share; what the database keeps has no singular.
  plain("{amount:number} a share, 1 days after one of {other:number}"),
  plain("{amount:number} a share, {days:number} days after one of {other:number}"),
  plain("of {expected:number} tickers of its exchanges’ time zone it alone has a bar"),
  plain("no bar, and {bars:number} of {expected:number} tickers of its exchanges’ time zone have one"),
  plain("no bar of any of {expected:number} tickers, on a day on which New York’s exchanges were open"),
  plain("Yahoo Finance now quotes it in {currency}, and its stored prices are in {stored}"),
  plain(
    "Yahoo Finance now has {name} under this symbol, from {date:day} on; what is stored, to {last:day}, is {stored}",
  ),
  plain(
    "Yahoo Finance now calls its prices {unit}, and the stored ones are in {stored}; the closes did not move with it, so that {kept} is kept",
  ),
  plain(
    "Yahoo Finance now calls its prices {unit}, and the stored ones are in {stored}; no close that is in both tells which it is",
  ),
];

/** What begins with a place where anything may stand fits whatever ends as it does. */
const beginsAnyhow = ({ text }: { readonly text: string }): boolean =>
  /^\{\w+(?!:(?:day|number)\})[:}]/.test(text);
const beginsByItself = (one: { readonly text: string }): boolean => !beginsAnyhow(one);

const ofTables = [...ofRows, ...ofAddresses, ...ofFiles];
const ofOthers = [...ofFetches, ...ofSenders, ...ofSeries, ...ofRates, ...ofDefects];
/** First: a cell, a first line or the reason of a ruling may have in it whatever is looked for after it. */
const quoting = knownOf([...ofRulings, ...ofTables.filter(beginsByItself)]);
const others = knownOf([
  ...ofOthers.filter(beginsByItself),
  ...ofTables.filter(beginsAnyhow),
  ...ofOthers.filter(beginsAnyhow),
]);

/** In the language of who is spoken to. */
export function sayKept(text: string): string {
  const quote = sayKnown(quoting, text);
  if (quote !== null) return quote;
  // What is wrong with a bar, and what a person decided of it.
  const ruled = /^(.*?); (\S+ ruled: .*)$/s.exec(text);
  if (ruled) return `${sayKept(ruled[1]!)}; ${sayKept(ruled[2]!)}`;
  const dated = /^(\d{4}-\d{2}-\d{2}): (.*)$/s.exec(text);
  if (!dated) return sayKnown(others, text) ?? text;
  return currentLanguage() === "en" ? text : `${spoken(day(dated[1]!))}: ${sayKept(dated[2]!)}`;
}

/** As the reader writes it: a place alone, which nobody has to translate. */
const day = (date: string): Plain => ({ text: "{date:day}", values: { date } });

/** The same of what may have none. */
export const sayKeptOrNull = (text: string | null): string | null => text && sayKept(text);
