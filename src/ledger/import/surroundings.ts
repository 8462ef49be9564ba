/** What the lines around a table say of all its rows: the currency of the account, the zone of its times. Pure. */
import { currencyOf } from "./currencies.ts";
import { wordsOf } from "./spelling.ts";

export interface Surroundings {
  /** Of prices that name none; several contradict each other. */
  readonly currencies: readonly string[];
  /** Of times, in minutes ahead of UTC; null: nothing says it. */
  readonly offset: number | null;
}

const currencyWord =
  /^(currency|currencies|ccy|\p{L}*wahrung|devises?|monedas?|moedas?|valuta|divisas?|waluta|munt|munteenheid|mena|penznem|валюта|通貨|货币)$/u;
const ofPrice = /^(price|prices|trade|trading|instrument|quote|security|kurs|preis|handel)/;
const prepositions = new Set(["in", "en", "em", "i", "w", "v"]);
/** Codes that are no words of a title, even where nothing else says that they are currencies. */
const frequent = new Set(
  "EUR GBP CHF CAD AUD SEK NOK DKK PLN JPY HKD SGD NZD INR ZAR KES NGN CZK HUF BRL MXN USD".split(" "),
);

const signs = /[€£¥₹]/;

/** A code in capitals, a sign, alone or beside a figure, or a word such as "Euros"; "all" is no lek. */
function currencyIn(piece: string): string | null {
  if (/^[A-Z]{3}$/.test(piece)) return currencyOf(piece);
  const sign = signs.exec(piece);
  if (sign) return currencyOf(sign[0]);
  return /^(euros?|dollars?|pounds?|pence|rupees?|us\$|gbp?)$/i.test(piece) ? currencyOf(piece) : null;
}

interface Named {
  readonly currency: string;
  readonly isOfPrice: boolean;
}

/** `isTitle`: it stands above the table, where a code alone says something. */
function currenciesIn(line: string, isTitle: boolean): Named[] {
  const pieces = line
    .slice(0, 300)
    .split(/[\s:;,=()[\]"'|/]+/)
    .filter((piece) => piece !== "");
  const words = pieces.map((piece) => wordsOf(piece, 3));
  const isOfPrice = words.flat().some((word) => ofPrice.test(word));
  return pieces.flatMap((piece, index) => {
    const currency = currencyIn(piece);
    if (!currency) return [];
    const before = words.slice(Math.max(0, index - 5), index).flat();
    const isSaid = before.some((word) => currencyWord.test(word)) || prepositions.has(before.at(-1) ?? "");
    return isSaid || (isTitle && (frequent.has(piece) || signs.test(piece))) ? [{ currency, isOfPrice }] : [];
  });
}

/** "UTC", "GMT+2", "utc-05:00", in minutes; null: no such zone is named. */
export function offsetIn(text: string): number | null {
  const match = /(?:UTC|GMT|zulu)(?:\s{0,2}([+-])\s{0,2}(\d{1,2})(?::?(\d{2}))?(?!\d))?/i.exec(
    text.slice(0, 120),
  );
  if (!match) return null;
  const minutes = Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0);
  return match[1] === "-" ? 0 - minutes : minutes;
}

/** Not when the file was made, "2024-01-01 10:00 UTC", but what its times are in. */
const ofTimes =
  /time ?zone|zeitzone|fuseau|zona horaria|fuso|\b(times?|dates?|timestamps|zeiten|uhrzeiten|heures|horas)\b[^\d]{0,20}\b(in|en|are)\b/i;

/** `above`: lines before the table; `elsewhere`: lines of it that are no entries, and of other tables. */
export function readSurroundings(above: readonly string[], elsewhere: readonly string[]): Surroundings {
  const named = [
    ...above.slice(0, 200).flatMap((line) => currenciesIn(line, true)),
    ...elsewhere.slice(0, 500).flatMap((line) => currenciesIn(line, false)),
  ];
  const ofPrices = named.filter(({ isOfPrice }) => isOfPrice);
  const counted = ofPrices.length > 0 ? ofPrices : named;
  const zoned = [...above.slice(0, 200), ...elsewhere.slice(0, 500)].find(
    (line) => ofTimes.test(line.slice(0, 300)) && offsetIn(line) !== null,
  );
  return {
    currencies: [...new Set(counted.map(({ currency }) => currency))],
    offset: zoned === undefined ? null : offsetIn(zoned),
  };
}
