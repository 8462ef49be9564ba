/** What a file calls an instrument, as a ticker of Yahoo Finance or as a number to be looked up. Pure. */
import { isTicker } from "../../market/ticker.ts";
import { isIsin } from "./columns.ts";
import { dollarTokens, isMoney } from "./currencies.ts";

export interface Instrument {
  /** As the file has it. */
  readonly symbol: string;
  /** ISIN, WKN, SEDOL or CUSIP; null: the file has none. */
  readonly identifier: string | null;
  readonly name: string;
  /** What it is at Yahoo Finance, as far as its spelling says; null: it has to be looked up. */
  readonly ticker: string | null;
  /** What its symbol would be at home; only where nothing is found by its number. */
  readonly spelled: string | null;
  /** Of a pair such as BTC/EUR: what it is paid in. */
  readonly quote: string | null;
  /** "option": a derivative, whatever the row says of buying it. */
  readonly derivative: "option" | "CFD" | null;
}

const options: readonly RegExp[] = [
  /^-?[A-Z]{1,6}\s{0,6}\d{6}[CP]\d{1,8}(\.\d{1,3})?$/,
  /^[A-Z.]{1,6} \d{1,2}[A-Z]{3}\d{2} [\d.]{1,10} [CP]$/,
  /^[A-Z.]{1,6} \d{1,2}\/\d{1,2}\/\d{2,4} \$?[\d.]{1,10} (C|P|CALL|PUT)$/,
  /^[A-Z.]{1,6} \d{1,2}\/\d{1,2}\/\d{2,4} (CALL|PUT) \$?[\d.]{1,10}$/,
];

/** Exchanges by their names before a colon or after a point or colon, as suffixes of Yahoo Finance. */
const exchanges: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "": `US NASDAQ NYSE NYSEARCA AMEX ARCA BATS NYSEAMERICAN NYSEMKT XNAS XNYS ARCX XASE BATS CBOE OTC OTCMKTS NMS NAS
      NASD NSDQ`,
    ".L": "LON LSE XLON UK LN",
    ".DE": "ETR XETRA XETR GER GR GY",
    ".F": "FRA XFRA",
    ".PA": "EPA XPAR PAR FR",
    ".AS": "AMS XAMS NL AEB",
    ".BR": "EBR XBRU BE",
    ".LS": "ELI XLIS PT",
    ".MI": "BIT XMIL IT BVME",
    ".MC": "BME XMAD ES",
    ".ST": "STO XSTO SE",
    ".OL": "OSL XOSL NO",
    ".CO": "CPH XCSE DK",
    ".HE": "HEL XHEL FI",
    ".SW": "SWX XSWX CH EBS VTX",
    ".WA": "WSE XWAR PL",
    ".PR": "XPRA CZ",
    ".TO": "TSX XTSE TSE CA CAN",
    ".V": "TSXV XTSX CVE",
    ".AX": "ASX XASX AU",
    ".NZ": "NZX NZE XNZE",
    ".HK": "HKEX HKG XHKG SEHK",
    ".T": "TYO XTKS JPX JP",
    ".SI": "SGX XSES",
    ".NS": "NSE XNSE",
    ".BO": "BOM BSE XBOM",
    ".JO": "JSE XJSE",
  }).flatMap(([suffix, names]) => names.split(/\s+/).map((name) => [name, suffix] as const)),
);

/** Endings of the exchanges where most is quoted in a currency, the first ones first. */
const exchangesOf: Readonly<Record<string, readonly string[]>> = {
  EUR: [".DE", ".PA", ".AS", ".MI"],
  GBP: [".L"],
  CHF: [".SW"],
  CAD: [".TO", ".V"],
  AUD: [".AX"],
  NZD: [".NZ"],
  SEK: [".ST"],
  NOK: [".OL"],
  DKK: [".CO"],
  PLN: [".WA"],
  CZK: [".PR"],
  HKD: [".HK"],
  JPY: [".T"],
  SGD: [".SI"],
  INR: [".NS", ".BO"],
  ZAR: [".JO"],
  RON: [".RO"],
  KES: [".XNAI"],
  NGN: [".XNSA"],
};

export const exchangesIn = (currency: string): readonly string[] =>
  Object.hasOwn(exchangesOf, currency) ? exchangesOf[currency]! : [];

const coins = new Set(
  `BTC XBT ETH XRP ADA SOL DOGE XDG DOT LTC BCH LINK AVAX MATIC POL XLM ATOM UNI ALGO TRX SHIB BNB ETC XMR USDT USDC DAI AAVE
   FIL NEAR`.split(/\s+/),
);
const otherNames: ReadonlyMap<string, string> = new Map([
  ["XBT", "BTC"],
  ["XXBT", "BTC"],
  ["XDG", "DOGE"],
  ["XXDG", "DOGE"],
  ["XETH", "ETH"],
  ["XXRP", "XRP"],
  ["XLTC", "LTC"],
  ["XXLM", "XLM"],
  ["XXMR", "XMR"],
  ["XETC", "ETC"],
  ["ETH2", "ETH"],
]);
const coinOf = (symbol: string): string => {
  const plain = symbol.replace(/\.[A-Z]$/, "");
  return otherNames.get(plain) ?? plain;
};

export const isCoin = (symbol: string): boolean => coins.has(symbol);

const quotes = "USDT|USDC|BUSD|USD|EUR|GBP|CHF|CAD|AUD|JPY|SEK|PLN|BTC|ETH";
const withSign = new RegExp(`^([A-Z0-9.]{2,12})[/_-](${quotes})$`);
const joined = new RegExp(`^([A-Z0-9]{2,10}?)(${quotes})$`);
const kraken = /^X([A-Z]{3})Z(USD|EUR|GBP|CAD|JPY)$/;

/** What is bought and what it is paid in; null: it is no pair. */
function readPair(symbol: string, isCrypto: boolean): { coin: string; quote: string } | null {
  const match =
    kraken.exec(symbol) ??
    withSign.exec(symbol) ??
    (isCrypto || !symbol.includes(".") ? joined.exec(symbol) : null);
  if (!match) return null;
  const [, base = "", quote = ""] = match;
  const coin = coinOf(base);
  const isKnown = isCrypto || coins.has(coin) || symbol.includes("/");
  return isKnown && !isMoney(coin) ? { coin, quote } : null;
}

/** "NASDAQ:AAPL", "AAPL:xnas", "AAPL.US", "BRK.B" -> AAPL, BRK-B; one that Yahoo Finance has already stays. */
function spellTicker(symbol: string): string {
  const bare = symbol.replace(/^[$.](?=[A-Z])/, "");
  const before = /^([A-Z]{2,12}):([A-Z0-9./ -]{1,15})$/.exec(bare);
  if (before && exchanges.has(before[1]!)) return spellClass(before[2]!) + exchanges.get(before[1]!)!;
  const after =
    /^([A-Z0-9./-]{1,15}):([A-Z]{2,5})$/.exec(bare) ?? /^([A-Z0-9-]{1,15})\.([A-Z]{2,4})$/.exec(bare);
  const suffix = after && exchanges.get(after[2]!);
  return after && suffix !== undefined && suffix !== null ? spellClass(after[1]!) + suffix : spellClass(bare);
}

/** A class of shares: "BRK.B", "BRK/B", "BRK B". A single L or F after a point is an exchange. */
const spellClass = (symbol: string): string => symbol.replace(/^([A-Z]{1,4})[./ ]([A-D])$/, "$1-$2");

export interface InstrumentTexts {
  readonly symbol: string;
  readonly identifier: string;
  readonly name: string;
  readonly isCrypto: boolean;
  readonly currency: string | null;
  readonly derivative: "option" | "CFD" | null;
}

export function readInstrument(texts: InstrumentTexts): Instrument {
  const symbol = texts.symbol.slice(0, 40).trim();
  const upper = symbol.toUpperCase();
  const identifier = isIsin(upper) ? upper : texts.identifier.slice(0, 20).toUpperCase() || null;
  const found = { symbol, identifier, name: texts.name.slice(0, 120), spelled: null, quote: null };
  if (texts.derivative || options.some((pattern) => pattern.test(upper)))
    return { ...found, ticker: null, derivative: texts.derivative ?? "option" };
  const pair = readPair(upper, texts.isCrypto);
  if (texts.isCrypto && isMoney(upper.replace(/^Z(?=[A-Z]{3}$)/, "")))
    return { ...found, ticker: null, derivative: null };
  if (pair || (texts.isCrypto && symbol !== "")) {
    const coin = pair?.coin ?? coinOf(upper);
    const quote = pair?.quote ?? (texts.currency && texts.currency !== coin ? texts.currency : "USD");
    const ticker = `${coin}-${dollarTokens.has(quote) ? "USD" : quote}`;
    return {
      ...found,
      quote: pair?.quote ?? null,
      ticker: isTicker(ticker) ? ticker : null,
      derivative: null,
    };
  }
  // A symbol abroad is another company's at home: who has a number is looked up by it.
  const isForeign = identifier !== null && isIsin(identifier) && !identifier.startsWith("US");
  const ticker = symbol === "" || isIsin(upper) ? "" : spellTicker(upper);
  const spelled = isTicker(ticker) ? ticker : null;
  return { ...found, spelled, ticker: isForeign && !ticker.includes(".") ? null : spelled, derivative: null };
}

/** What a person says of an instrument is said of this. */
export const instrumentKey = ({ instrument }: { readonly instrument: Instrument | null }): string =>
  (instrument?.symbol || instrument?.identifier || (instrument?.name ?? "")).toUpperCase().slice(0, 40);
