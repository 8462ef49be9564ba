/**
 * What work in the background has kept in English, as people read it: why prices could not be fetched, what is wrong with market data, why
 * rows of a price file are not used. Each is here once, with places for its values; one that is not here stays as it is.
 */
import { type Plain, plain } from "../plain.ts";
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
  plain(
    "expected a ticker that Yahoo Finance knows, got: {ticker}; it has been {to} since {on:day}: enter it as that",
  ),
  plain(
    "expected a ticker that Yahoo Finance knows, got: {ticker}; search by name: it may be spelt otherwise, or renamed, and then an operator can enter its new symbol; of what is delisted Yahoo gives no prices",
  ),
  plain(
    "expected a ticker quoted in a currency that is known here, got: {ticker}, quoted in {currency}; look for its listing on another exchange",
  ),
  plain(
    "expected daily prices of {ticker}, got none: Yahoo Finance knows the ticker and has no bars of it yet",
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

/** Of src/market/guarded-fetch.ts and src/price-files/price-urls.ts. */
const ofAddresses = [
  plain("expected a host that there is, got: {host}"),
  plain(
    "expected a host on the public internet, got: {host}; whoever runs this installation can allow it (PRICE_URL_HOSTS)",
  ),
  plain("expected at most {bytes:number} bytes, got more"),
  plain("{host} answers with status {status}"),
  plain("{host} leads on to no address"),
  plain("{address} leads on more than {count:number} times"),
  plain("expected JSON, got: {text}"),
  plain(
    "expected as many days as prices, got {days:number} at {date_path} and {prices:number} at {price_path}",
  ),
  plain("expected a column {name}, got: {columns}"),
];

/** Of src/price-files: why nothing of a file is used. */
const ofFiles = [
  plain("the file is empty"),
  plain("the file takes too long or too much memory to be read: split it"),
  plain("expected a first line that names a column of dates and one of prices, got: {line}"),
  plain(
    "the file does not say whether days or months come first in its dates: {text} may be {day:day} or {month:day}",
  ),
  plain("no row of the file could be used"),
  plain("expected a pair with the US dollar in it, as in USD/KES, got: {pair}"),
  plain("the file does not say which exchange rates it has: name the pair, as in USD/KES"),
  plain("the file does not say which exchange’s it is: name the exchange ({names})"),
  plain("expected prices of {ticker}, and the file has those of {other}"),
  plain(
    "expected a symbol that ends in its exchange (SCOM.XNAI, NPN.JO), got: {ticker}; or name the exchange ({names})",
  ),
  plain("the file does not say which ticker’s prices it has: name the ticker, as in SCOM.XNAI"),
];

/** Of src/price-files: by whom a file came, where it was no account. */
const ofSenders = [
  plain("the folder of price files"),
  plain("the command line"),
  plain("its address"),
  plain("somebody who has left"),
];

/** Of all the prices of a ticker in a file, and what is said beside them. */
const ofSeries = [
  plain("the stored prices are in {stored}, and these in {unit}"),
  plain(
    "on {far:number} of {shared:number} days that are stored these are other prices, about {ratio:number} times the stored ones: adjusted otherwise, or another share’s",
  ),
  plain(
    "on {days:number} days that are stored these are other rates: of another currency, or the other way round",
  ),
  plain(
    "its prices come from {source}: these were compared with them and not written; switch its source to files first, if they are to take their place",
  ),
  plain(
    "{ticker} begins on {date:day} after a close of {close:number}, with which {old} ended on {last:day}: if it is {old} under a new symbol, enter the change and give the older files again",
  ),
  plain("{old} has been {new} since {date:day}: its prices before that are written as {new}’s"),
];

/** The same of a row. */
const ofRows = [
  plain(
    "expected {width:number} cells, got {count:number}: a comma within a figure, as in 1,900.50, divides it unless it is quoted",
  ),
  plain("expected a day from 1900 on, got: {text}"),
  plain("expected a ticker’s code, got: {text}"),
  plain("{code} of {date:day} has no price"),
  plain("expected a price, got: {text}"),
  plain("expected a price above 0, got: {price}"),
  plain("expected shares traded, got: {text}"),
  plain("{date:day}: open {open}, high {high}, low {low}, close {close:number} are in no order"),
  plain(
    "{numerator:number}:{denominator:number} by the adjusted column, with the price from {before:number} to {after:number}",
  ),
];

/** `detail` of bronze.market_defects, and of what a price file's report keeps out. */
const ofDefects = [
  plain("its close is {close:number}"),
  plain("its close {close:number} is not between its low {low:number} and high {high:number}"),
  plain("its close {close:number} is {times:number} times the last good one, {good:number}"),
  plain("{person} ruled: {reason}"),
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

/** Of src/engine: why a step does something, and why an asset is stale. */
const ofSteps = [
  plain("selected"),
  plain("changed"),
  plain("changed upstream"),
  plain("code changed"),
  plain("never materialized"),
  plain("newer upstream {asset}"),
  plain("below stale {asset}"),
  plain("below more that is stale"),
  plain("{count:number} change of {asset} waiting"),
  plain("{count:number} changes of {asset} waiting"),
  plain("changes of more sources waiting"),
  plain("what the steps before it change"),
  plain("what {assets} brings"),
  plain("writes {assets}"),
];

const places: Readonly<Record<string, string>> = {
  number: String.raw`-?\d{1,40}(?:\.\d{1,40})?`,
  day: String.raw`\d{4}-\d{2}-\d{2}`,
  detail: String.raw`(?: \(.{1,300}\))?`,
  asset: String.raw`\w{1,100}`,
};

/** A straight apostrophe begins a quotation in the notation of ICU: messages have the other one. */
function patternOf({ text }: Plain): RegExp {
  const named = new Set<string>();
  return new RegExp(
    `^${text
      .replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`)
      .replaceAll("’", "['’]")
      .replaceAll(/\{(\w+)(?::(\w+))?\}/g, (_, name: string, kind?: string) => {
        if (named.has(name)) return String.raw`\k<${name}>`;
        named.add(name);
        return `(?<${name}>${places[kind ?? name] ?? ".{1,500}?"})`;
      })}$`,
    "s",
  );
}

const known = [
  ...ofFetches,
  ...ofAddresses,
  ...ofFiles,
  ...ofSenders,
  ...ofSeries,
  ...ofRows,
  ...ofDefects,
  ...ofSteps,
].map((words) => ({
  words,
  pattern: patternOf(words),
}));

/** In the language of who is spoken to. */
export function sayKept(text: string): string {
  if (currentLanguage() === "en") return text;
  // What is wrong with a bar, and what a person decided of it.
  const ruled = /^(.*?); (\S+ ruled: .*)$/s.exec(text);
  if (ruled) return `${sayKept(ruled[1]!)}; ${sayKept(ruled[2]!)}`;
  for (const { words, pattern } of known) {
    const kept = pattern.exec(text);
    if (kept) return spoken({ ...words, values: { ...kept.groups } });
  }
  return text;
}

/** The same of reasons that stand in one text: "code changed, newer upstream int_lots". */
export function sayReasonsOfStep(text: string): string {
  const whole = sayKept(text);
  return whole === text ? text.split(", ").map(sayKept).join(", ") : whole;
}

/** The same of what may have none. */
export const sayKeptOrNull = (text: string | null): string | null => text && sayKept(text);
