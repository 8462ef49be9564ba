/** Exchanges whose files are read: how their tickers are called, and in what they quote. Pure. */

export interface Exchange {
  /** ISO 10383. */
  readonly mic: string;
  readonly name: string;
  readonly timeZone: string;
  /** As unitOf knows it. */
  readonly unit: string;
  /** What stands after the code where Yahoo Finance has the exchange; null: it has not. */
  readonly yahooSuffix: string | null;
  /** Days of the week without trading, 0: Sunday. */
  readonly restDays: readonly number[];
  /** Codes of its best known shares: some of them in one list say whose list it is. */
  readonly knownCodes: readonly string[];
}

/** Of a ticker that is on none whose files are read. */
export const noExchange: Exchange = {
  mic: "",
  name: "",
  timeZone: "UTC",
  unit: "USD",
  yahooSuffix: null,
  restDays: [],
  knownCodes: [],
};

const weekend = [0, 6];

export const exchanges: readonly Exchange[] = [
  {
    mic: "XNAI",
    name: "Nairobi",
    timeZone: "Africa/Nairobi",
    unit: "KES",
    yahooSuffix: null,
    restDays: weekend,
    knownCodes:
      "SCOM EQTY KCB COOP EABL KPLC KEGN SCBK BBK BAMB BATK JUB NMG CTUM BRIT ^NASI ^N20I KUKZ EGAD".split(
        " ",
      ),
  },
  {
    mic: "XNSA",
    name: "Lagos",
    timeZone: "Africa/Lagos",
    unit: "NGN",
    yahooSuffix: null,
    restDays: weekend,
    knownCodes:
      "MTNN DANGCEM GTCO ZENITHBANK UBA FBNH ACCESSCORP BUACEMENT SEPLAT AIRTELAFRI NB WAPCO OANDO".split(
        " ",
      ),
  },
  {
    mic: "XJSE",
    name: "Johannesburg",
    timeZone: "Africa/Johannesburg",
    unit: "ZAc",
    yahooSuffix: "JO",
    restDays: weekend,
    knownCodes: "NPN PRX MTN SOL AGL BTI SBK FSR ABG SHP VOD CFR BHG GFI ANG SLM IMP NED".split(" "),
  },
  {
    mic: "XCAI",
    name: "Cairo",
    timeZone: "Africa/Cairo",
    unit: "EGP",
    yahooSuffix: "CA",
    restDays: [5, 6],
    knownCodes: "COMI HRHO SWDY ETEL EAST TMGH EFIH ABUK FWRY ORAS".split(" "),
  },
];

/** null: no exchange that is known, by its MIC, its name or the ending of its tickers. */
export function exchangeOf(text: string): Exchange | null {
  const asked = text.trim().toLowerCase();
  return (
    exchanges.find(({ mic, name, yahooSuffix }) =>
      [mic, name, yahooSuffix].some((each) => each?.toLowerCase() === asked),
    ) ?? null
  );
}

/** Yahoo's symbol where Yahoo has the exchange, else the code and the exchange's MIC: NPN.JO, SCOM.XNAI. */
export const symbolOf = ({ mic, yahooSuffix }: Exchange, code: string): string =>
  `${code}.${yahooSuffix ?? mic}`;

/** The exchange that a symbol ends in; null: none that is known. */
export function exchangeOfSymbol(symbol: string): Exchange | null {
  const ending = /\.([A-Z]{2,4})$/.exec(symbol)?.[1];
  return exchanges.find(({ mic, yahooSuffix }) => ending === (yahooSuffix ?? mic)) ?? null;
}

const fewestKnown = 3;

/** Whose list of codes it is: three or more of one exchange's best known, and at least twice as many as any other's; null: open. */
export function exchangeOfCodes(codes: ReadonlySet<string>): Exchange | null {
  const counted = exchanges
    .map((exchange) => ({ exchange, known: exchange.knownCodes.filter((code) => codes.has(code)).length }))
    .sort((a, b) => b.known - a.known);
  const [first, second] = counted;
  return first && first.known >= fewestKnown && first.known >= 2 * (second?.known ?? 0)
    ? first.exchange
    : null;
}
