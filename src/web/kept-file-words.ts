/**
 * What is kept in English of files of prices, and of addresses that give them: why one is not used, and which of its rows are not, as
 * people read it.
 */
import { defineMessage, type Message, plain } from "../plain.ts";
import type { DoubtReason, RefusalReason } from "../price-files/index.ts";
import { kept } from "./kept-patterns.ts";
import { currentLanguage, listed, t } from "./messages/index.ts";
import { spoken } from "./words.ts";

/** Of src/market/guarded-fetch.ts and src/price-files/price-urls.ts, and what the network says. */
export const ofAddresses = [
  kept(
    "expected an address that begins with https:// or http://, got: {protocol}",
    plain("its address leads on to one that begins with {protocol} instead of https:// or http://"),
  ),
  kept(
    "expected an address without a user name and password",
    plain("its address leads on to one with a user name and a password, which is not asked"),
  ),
  kept("expected an address, got: {text}", plain("“{text}” is no address: an operator can correct it")),
  kept(
    "expected a host that there is, got: {host}",
    plain("there is no host {host}: an operator can correct the address"),
  ),
  kept(
    "expected a host on the public internet, got: {host}; whoever runs this installation can allow it (PRICE_URL_HOSTS)",
    plain(
      "{host} is not on the public internet; whoever runs this installation can allow it (PRICE_URL_HOSTS)",
    ),
  ),
  kept(
    "expected at most {bytes:number} bytes, got more",
    plain("its address gives more than the {bytes:number} bytes that can be read at once"),
  ),
  plain("{host} answers with status {status}"),
  plain("{host} leads on to no address"),
  plain("{address} leads on more than {count:number} times"),
  kept("connect {failure} {address}", plain("{address} cannot be reached ({failure})")),
  kept("read {failure}", plain("its address broke off its answer ({failure})")),
  kept("socket hang up", plain("its address broke off its answer")),
  kept("The operation was aborted due to timeout", plain("its address does not answer in time")),
  kept("expected JSON, got: ", plain("its address gives nothing")),
  kept("expected JSON, got: {text}", plain("its address gives no JSON, but: {text}")),
  kept(
    "expected as many days as prices, got {days:number} at {date_path} and {prices:number} at {price_path}",
    plain(
      "its address gives {days:number} days at {date_path} and {prices:number} prices at {price_path}, where there have to be as many",
    ),
  ),
  kept("expected a column {name}, got: ", plain("its address gives nothing")),
  kept(
    "expected a column {name}, got: {columns}",
    plain("what its address gives has no column {name}; there are {columns}"),
  ),
];

/** Why nothing of a file is used. */
export const ofFiles = [
  plain("the file is empty"),
  plain("the file takes too long or too much memory to be read: split it"),
  plain("this is a PDF: ask whoever made it for the figures as CSV"),
  plain("this is no text but a spreadsheet or an archive: unpack it, or save it as CSV"),
  plain("this is a web page and no table of text: save what it shows as CSV, or download its file"),
  kept(
    "this is JSON: expected comma-separated text",
    plain("this is JSON and no table of text: save what it holds as CSV"),
  ),
  kept(
    "expected at most {most:number} characters, got {count:number}: split the file",
    plain("the file has {count:number} characters, and {most:number} can be read at once: split it"),
  ),
  kept(
    "expected at most {most:number} rows, got more: split the file",
    plain("the file has more than the {most:number} rows that can be read at once: split it"),
  ),
  kept(
    "expected at most {most:number} columns, got more",
    plain(
      "the file has more than the {most:number} columns that can be read: leave out those that are neither days nor prices",
    ),
  ),
  kept(
    "expected comma-separated text: Quote Not Closed: the parsing is finished with an opening quote at line {line:number}",
    plain("a quotation mark in line {line:number} is never closed: close it, or take it out"),
  ),
  kept(
    "expected comma-separated text: {error}",
    plain("the file cannot be read as comma-separated text ({error}): save it as CSV once more"),
  ),
  kept(
    "expected a first line that names a column of dates and one of prices, got: {line}",
    plain(
      "the first line has to name a column of dates and one of prices, such as Date,Close, and it is: {line}",
    ),
  ),
  kept(
    "the file does not say whether days or months come first in its dates: {text} may be {day:day} or {month:day}",
    plain(
      "the file does not say whether days or months come first in its dates: {text} may be {day:day} or {month:day}; choose which, and take the file in once more",
    ),
  ),
  plain("no row of the file could be used"),
  kept(
    "expected a pair with the US dollar in it, as in USD/KES, got: {pair}",
    plain("{pair} is no pair with the US dollar in it: enter one such as USD/KES"),
  ),
  plain("the file does not say which exchange rates it has: name the pair, as in USD/KES"),
  plain("the file does not say which exchange’s it is: name the exchange ({names})"),
  kept(
    "expected prices of {ticker}, and the file has those of {other}",
    plain("the file has prices of {other}, and you entered {ticker}: enter the file’s ticker, or none"),
  ),
  kept(
    "expected a symbol that ends in its exchange (SCOM.XNAI, NPN.JO), got: {ticker}; or name the exchange ({names})",
    plain(
      "{ticker} does not end in its exchange: enter it as in SCOM.XNAI or NPN.JO, or choose the exchange ({names})",
    ),
  ),
  kept(
    "expected a ticker, got: {ticker}",
    plain("{ticker} is no ticker: enter one such as SCOM.XNAI or NPN.JO"),
  ),
  plain("the file does not say which ticker’s prices it has: name the ticker, as in SCOM.XNAI"),
];

/** By whom a file came, where it was no account. */
export const ofSenders = [
  plain("the folder of price files"),
  plain("the command line"),
  plain("its address"),
  plain("somebody who has left"),
];

/** Of all the prices of a ticker in a file, and what is said beside them. */
export const ofSeries = [
  plain("the stored prices are in {stored}, and these in {unit}"),
  plain(
    "on {far:number} of {shared:number} days that are stored these are other prices, about {ratio:number} times the stored ones: adjusted otherwise, or another share’s",
  ),
  plain(
    "on {days:number} days that are stored these are other rates: of another currency, or the other way round",
  ),
  kept(
    "its prices come from {source}: these were compared with them and not written; switch its source to files first, if they are to take their place",
    plain(
      "its prices come from {giver}: these were compared with them and not written; switch its source to files first, if they are to take their place",
    ),
    ({ source = "" }) => ({
      giver: source === "url" ? t("an address on the web") : (givers[source] ?? source),
    }),
  ),
  plain(
    "{ticker} begins on {date:day} after a close of {close:number}, with which {old} ended on {last:day}: if it is {old} under a new symbol, enter the change and give the older files again",
  ),
  plain("{old} has been {new} since {date:day}: its prices before that are written as {new}’s"),
];

const givers: Readonly<Record<string, string>> = { yahoo: "Yahoo Finance" };

const sayWeekday = ({ date = "" }): { weekday: string } => ({
  weekday: new Intl.DateTimeFormat(currentLanguage(), { weekday: "long", timeZone: "UTC" }).format(
    new Date(`${date}T00:00:00Z`),
  ),
});

/** "14.5 in line 2, 15 in line 3". */
const sayFigures = ({ figures = "" }): { figures: string } => ({
  figures: listed(
    figures.split(", ").map((figure) => {
      const [close = "", line = ""] = figure.split(" in line ");
      return spoken(plain("{close:number} in line {line}", { close, line }));
    }),
  ),
});

/** Why a row is not used, or what is doubtful about one that is. */
export const ofRows = [
  kept(
    "expected {width:number} cells, got {count:number}: a comma within a figure, as in 1,900.50, divides it unless it is quoted",
    plain(
      "the line has {count:number} cells, and the first one {width:number}: a figure with a comma in it, such as 1,900.50, has to be in quotation marks",
    ),
  ),
  kept("expected a day from 1900 on, got: nothing", plain("the line names no day")),
  kept(
    "expected a day from 1900 on, got: {text}",
    plain("“{text}” is no day since 1900: write it such as 2024-03-31"),
  ),
  plain("{date:day} is still to come"),
  kept(
    "{date:day} is a {weekday}, on which the exchange rests, and far from the rows beside it",
    plain("{date:day} is a {weekday}, on which the exchange rests, and far from the rows beside it"),
    sayWeekday,
  ),
  kept(
    "{date:day} is a {weekday}, on which the exchange rests",
    plain("{date:day} is a {weekday}, on which the exchange rests"),
    sayWeekday,
  ),
  plain("{date:day} is far from the rows beside it, which are near to one another"),
  kept("expected a ticker's code, got: nothing", plain("the line names no ticker")),
  kept(
    "expected a ticker's code, got: {text}",
    plain("“{text}” is no ticker’s code: write it in letters and digits, such as SCOM"),
  ),
  plain("the row of {date:day} has no price"),
  plain("{code} of {date:day} has no price"),
  kept(
    "expected a price, got: {text}",
    plain("“{text}” is no price: write a number above 0, without its currency, such as 101.5"),
  ),
  kept(
    "expected a price above 0, got: {price:number}",
    plain("a price has to be above 0, and {price:number} is not"),
  ),
  kept(
    "the row of {date:day} stands more than once, with other figures: {figures}",
    plain("the row of {date:day} stands more than once, with other figures: {figures}; leave one of them"),
    sayFigures,
  ),
  kept(
    "{code} of {date:day} stands more than once, with other figures: {figures}",
    plain("{code} of {date:day} stands more than once, with other figures: {figures}; leave one of them"),
    sayFigures,
  ),
  kept("expected a price for open, got: {text}", plain("“{text}” is no price: the opening is left out")),
  kept("expected a price for high, got: {text}", plain("“{text}” is no price: the day’s high is left out")),
  kept("expected a price for low, got: {text}", plain("“{text}” is no price: the day’s low is left out")),
  kept(
    "expected shares traded, got: {text}",
    plain("“{text}” is no number of shares traded, and is left out"),
  ),
  plain("{date:day}: open {open}, high {high}, low {low}, close {close:number} are in no order"),
  plain(
    "{numerator:number}:{denominator:number} by the adjusted column, with the price from {before:number} to {after:number}",
  ),
];

/** Of assets/ingest/fx-verdicts.ts: why a rate is none. */
export const ofRates = [
  plain("a rate of {rate:number} US dollars, where {date:day} has {good:number}"),
  plain(
    "a rate of {rate:number} US dollars, after {good:number} on {date:day} and {next:number} on {later:day}",
  ),
  plain(
    "a rate of {rate:number} US dollars, after {good:number} on {date:day} which no later day bears out yet",
  ),
  plain("a rate of {rate:number}"),
  plain("{value:number} is {rate:number} US dollars for one"),
];

/** The reason of a row, or of a whole series, in a word or two. */
const reasonNames: Readonly<Record<RefusalReason | DoubtReason, Message>> = {
  too_many_cells: defineMessage("too many cells"),
  unreadable_date: defineMessage("no day"),
  future: defineMessage("still to come"),
  rest_day: defineMessage("a day of rest"),
  out_of_place: defineMessage("out of place"),
  no_code: defineMessage("no ticker"),
  no_price: defineMessage("no price"),
  unreadable_price: defineMessage("an unreadable price"),
  not_positive: defineMessage("not above 0"),
  repeated_day: defineMessage("more than once"),
  other_scale: defineMessage("other prices"),
  other_source: defineMessage("another source"),
  other_unit: defineMessage("another unit"),
  not_a_rate: defineMessage("no exchange rate"),
  outside_range: defineMessage("in no order"),
  unreadable_figure: defineMessage("an unreadable figure"),
};

/** As people read it; in answers and in what is kept it is as it is. */
export function nameOfReason(reason: string): string {
  const name = Object.hasOwn(reasonNames, reason)
    ? reasonNames[reason as keyof typeof reasonNames]
    : undefined;
  return name === undefined ? reason : t(name);
}
