/** What the name of a column says its figures are in, beside currencies. Pure. */
import { currencyInHeader, currencyOf } from "./currencies.ts";
import { wordsOf } from "./spelling.ts";

/** A figure of such a column is another number than it shows. */
const scales =
  /^(thousands?|tsd|tausend|milliers?|miles|mille|migliaia|tusen|hundreds?|dozens?|millions?|mio|mln|mill?|mn|mm|bn|lots?|contracts?|blocks?|cents?|cts?|centavos?|centimes?|rappen|sen|paise|paisa|öre|øre|ore|kopeks?|agorot|%|‰|¢|pct|percent|percentage|prozent|procent|porcentaje|pourcent|bps|par|kilo|['’]?0{2,}['’]?s?|[x×]?\d{2,}s?)$/i;
/** Scales of a letter or two, which say so only in brackets. */
const letters = /^(k|m|c|ct|t|b|h)$/i;
/** Said of a price or a sum without saying what it is in. */
const harmless = new Set(
  `per share shares unit units each ea piece pc pcs stk stuck pro je aktie action accion azione avg average mean net gross local
   trade traded trading price prices executed execution fill filled limit order market incl excl including excluding inclusive
   exclusive inc ex fees fee commission commissions charges vat tax taxes cost costs of and or with without in at the instrument
   currency ccy security account base original native stock asset quote clean adjusted adj unadjusted optional if any when open
   close opening closing last paid received total value amount before after as to from for on by local debit credit cr dr
   number figure decimal utc gmt no buy sell purchase sale spread rounded approx est final brutto netto`.split(
    /\s+/,
  ),
);

const pieces = (text: string): string[] => text.split(/[\s/,;:|()[\]_*#=]+/).filter((piece) => piece !== "");

/** What stands in brackets, or after "in"; the rest of the name. */
function partsOf(header: string): { said: string[]; rest: string[] } {
  const name = header.slice(0, 120);
  const brackets = [...name.matchAll(/[([]([^()[\]]{1,60})[)\]]/g)].map((match) => match[1]!);
  const bare = name.replaceAll(/[([][^()[\]]{1,60}[)\]]/g, " ");
  const after = /\s(?:in|en|em)\s+(\S{1,20})$/i.exec(bare.trim())?.[1];
  return { said: [...brackets, ...(after ? [after] : [])].flatMap(pieces), rest: pieces(bare).slice(1) };
}

/** "Units (thousands)", "Price in cents", "Price (% of par)": the scale; null: the figures are what they show. */
export function scaleInHeader(header: string): string | null {
  const { said, rest } = partsOf(header);
  return (
    said.find((piece) => (scales.test(piece) || letters.test(piece)) && !currencyOf(piece)) ??
    rest.find((piece) => scales.test(piece)) ??
    null
  );
}

/** "Price (R)": a currency as good as any other, although nobody knows which; null: the name speaks of none. */
function unknownCurrencyIn(header: string): string | null {
  const isKnown = (piece: string): boolean =>
    /^\d$/.test(piece) ||
    piece.length > 12 ||
    (wordsOf(piece, 4).every((word) => harmless.has(word)) && /\p{L}/u.test(piece));
  return partsOf(header).said.find((piece) => !isKnown(piece)) ?? null;
}

/** Of the figures of a column, whatever names it: its currency, a scale of it, or a sign that nobody knows; null: nothing. */
export const unitInHeader = (header: string): string | null =>
  currencyInHeader(header) ?? scaleInHeader(header) ?? unknownCurrencyIn(header);
