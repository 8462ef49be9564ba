/** What a row of a broker's file is, told from the broker's word for it. Pure. */
import { wordsOf } from "./spelling.ts";

/** The ledger's types, those that it will have, and what else files hold. */
export const rowKinds = [
  "BUY",
  "SELL",
  "DIVIDEND",
  "INTEREST",
  "DEPOSIT",
  "WITHDRAWAL",
  "FEE",
  "TAX",
  "TRANSFER_IN",
  "TRANSFER_OUT",
  "FX_IN",
  "FX_OUT",
  "SPLIT",
  "RETURN_OF_CAPITAL",
  "BONUS",
  "CORPORATE_ACTION",
  "OPTION",
  "CFD",
  "SHORT_SALE",
  "NOT_EXECUTED",
  "OTHER",
] as const;

export type RowKind = (typeof rowKinds)[number];

/** As a word says it; some need the signs and figures of their row to become a kind. */
export type Meaning = RowKind | "REINVEST" | "TRANSFER" | "FX" | "CASH" | "TRADE";

export const isTrade = (kind: RowKind | null): kind is "BUY" | "SELL" => kind === "BUY" || kind === "SELL";

const vocabulary: Readonly<Partial<Record<Meaning, string>>> = {
  BUY: `buy buys buying bought bot purchase purchased purchases kauf kaufe ankauf gekauft erwerb sparplan sparplanausfuhrung
    wertpapierkauf achat achete achats souscription compra compras comprar comprado acquisto acquisti acquistato
    sottoscrizione kop kopt kjop kjopt kob kobt aankoop koop gekocht osto kupno zakup kup nakup alim alis subscribe b`,
  SELL: `sell sells selling sold sld sale verkauf verkaufe verkauft wertpapierverkauf vente ventes vendu venta ventas
    vendido vende venda vendita vendite venduto salj sald salg solgt verkoop verkocht myynti sprzedaz sprzedano prodej
    satis s`,
  REINVEST:
    "reinvest reinvested reinvestment reinvestments reinvestir reinvestissement wiederanlage thesaurierung drip",
  DIVIDEND: `dividend dividends dividende dividenden dividendes dividendo dividendos dividendi cdiv mdiv div utdelning
    divident utbytte udbytte osinko dywidenda distribution distributions ausschuttung ausschuttungen ertragnis ertragnisse
    provento proventi dist income dividendbetalning kupongutdelning capgain gain gains payout`,
  INTEREST: `interest interests int zins zinsen habenzinsen zinszahlung zinsertrag interet interets interes intereses
    interesse interessi interessen ranta rente renten rentebetaling coupon coupons kupon cedola cedole odsetki korko
    staking stake stakes reward rewards earn earnings earned yield airdrop mining lending`,
  DEPOSIT: `deposit deposits deposited einzahlung einzahlungen einlage insattning innskudd indbetaling storting versement
    depot ingreso deposito ricarica topup contribution contributions cotisation wplata vklad conferimento
    funding`,
  WITHDRAWAL: `withdrawal withdrawals withdraw withdrew auszahlung auszahlungen uttag uttak udbetaling onttrekking opname
    retrait retiro retirada prelievo wyplata payment disbursement`,
  FEE: `fee fees commission commissions gebuhr gebuhren frais commissione commissioni courtage avgift avgifter gebyr kosten
    transactiekosten aansluitingskosten comision comisiones charge charges custody provision depotgebuhr tarieven spese
    costi bollo cost costs adr honoraires taxas comissoes swap`,
  TAX: `tax taxes withholding steuer steuern quellensteuer kapitalertragsteuer kapitalertragssteuer solidaritatszuschlag
    taxe tva tvq tps impot impots impuesto impuestos imposta ritenuta rit retencion skatt kallskatt preliminarskatt
    belasting dividendbelasting bronbelasting voorheffing podatek nra wht sdrt duty`,
  FX: `forex fx conversion convert currency exchange valuta valutavaxling wisselen cambio devise devises waehrung
    wahrungstausch umrechnung fxt autofx`,
  TRANSFER: `transfer transfers journal journaled acat acats acct umbuchung ubertrag overforing
    overboeking virement trasferimento transferencia sweep internal toa overfort uberweisung
    wire ach eft mct overschrijving moneylink depotubertrag wertpapierubertrag`,
  TRANSFER_IN: "receive received einlieferung eingang",
  TRANSFER_OUT: "send sent auslieferung ausgang",
  SPLIT: "split splits stocksplit aktiensplit spl spr reverse fractionnement frazionamento delning",
  CORPORATE_ACTION: `merger spinoff spin acquisition exchanged tender rights right namechange reorganization reorganisation
    kapitalmassnahme productwijziging cil lieu corporate fusion ost emission`,
  OPTION:
    "option options bto sto btc stc oexp oasgn ocash oexcs expired assigned exercise exercised assignment warrant",
  CFD: "cfd cfds",
  NOT_EXECUTED: `cancelled canceled cancel rejected expiredorder pending failed storniert storno deleted inactive
    annule annulee abgelehnt reversed`,
  RETURN_OF_CAPITAL: "roc kapitalruckzahlung",
  BONUS: "bonus gratisaktie",
  OTHER: "ovrigt sonstiges sonstige autre autres overig other misc miscellaneous altro otros outros",
  CASH: "cash kontant contant bargeld barbestand",
  TRADE: "trade order orders trades exchtrade transaction",
};

const meanings = new Map<string, Meaning>(
  Object.entries(vocabulary).flatMap(([meaning, words]) =>
    words.split(/\s+/).map((word) => [word, meaning as Meaning] as const),
  ),
);

/** Phrases that say another thing than their words; the first that is found counts. */
const phrases: readonly (readonly [RegExp, Meaning])[] = [
  [/\b(buy|sell|bought|sold) to (open|close)\b|\b(opening|closing) transaction\b/, "OPTION"],
  [/\b(sell|sold) short\b|\bshort (sale|sell)\b|\bbuy to cover\b/, "SHORT_SALE"],
  [/\bpayments? in lieu( of (a )?(div|dividends?))?\b/, "DIVIDEND"],
  [/\breturn of capital\b|\bcapital return\b/, "RETURN_OF_CAPITAL"],
  [
    /\b(name change|cash in lieu|spin off|stock merger|exchange offer|symbol change|rights issue)\b/,
    "CORPORATE_ACTION",
  ],
  [/\b(stock|forward|reverse) (stock )?split\b|\bstock dividend\b/, "SPLIT"],
  [
    /\b(cash|bank|card|account|sepa) (top up|topup|deposit)\b|\btop up\b|\bmoney in\b|\bcash in\b|\bcash receipt\b/,
    "DEPOSIT",
  ],
  [/\bmoney out\b|\bcash out\b|\bcash withdrawal\b|\bcash disbursement\b/, "WITHDRAWAL"],
  [
    /\b(dividend|interest|coupon) (tax|withholding|wht)\b|\btax (on|withheld)\b|\bimpots? sur\b|\bforeign tax\b/,
    "TAX",
  ],
  [/\bdiv(idend)?s? reinvest/, "REINVEST"],
  [/\breinvest(ed|ment)? (of )?dividends?\b(?! (buy|share|shares))/, "REINVEST"],
  [
    /\b(qualified|non qualified|cash|ordinary|special|contant) div(idend)?\b|\b(long|short) term cap(ital)? gains?\b/,
    "DIVIDEND",
  ],
  [/\bcap(ital)? gains? dist(ribution)?\b/, "DIVIDEND"],
  [/\b(sweep|settlement fund|core account)\b/, "TRANSFER"],
  [/\b(transfer|transferred|journal) (in|from)\b|\bshares in\b|\bsecurities in\b/, "TRANSFER_IN"],
  [/\b(transfer|transferred) (out|to)\b|\bshares out\b|\bsecurities out\b/, "TRANSFER_OUT"],
];

/** These end a label of a few words whatever stands before them: a "withdrawal conversion fee" is a fee. */
const heads: ReadonlySet<Meaning> = new Set(["FEE", "TAX", "NOT_EXECUTED", "OPTION", "CFD"]);
/** These give way to any other word: a "cash dividend" is a dividend, a "buy order" is a purchase. */
const weak: ReadonlySet<Meaning> = new Set(["CASH", "TRADE"]);
/** In a label of at most so many words the last one can be its head; what is longer describes the trade. */
const labelLength = 5;

/** What takes a trade back, or corrects one: which trades are left is for the person to say. */
const undoings = new Set(
  `reversal reversals reverse correction corrections corrected korrektur rettelse correccion rectification bust busted ca not
    annulation annullamento annulering stornierung kaufstorno verkaufsstorno void voided undo`.split(/\s+/),
);

/**
 * null: no word of it says anything. In a label the first word that says something counts, unless a later one is its head; in
 * a description ("YOU BOUGHT DIVIDEND FUND ...") the first one alone, since what follows is a name.
 * A purchase and a sale in one label, or one that is undone, says nothing: it is asked.
 */
export function meaningOf(text: string): Meaning | null {
  const words = wordsOf(text);
  const meaning = meaningOfWords(words);
  if (meaning !== "BUY" && meaning !== "SELL" && meaning !== "REINVEST") return meaning;
  const isLabel = words.length <= labelLength;
  const isUndone = words.slice(0, isLabel ? labelLength : 2).some((word) => undoings.has(word));
  const sides = new Set(isLabel ? words.map((word) => meanings.get(word)) : []);
  return isUndone || (sides.has("BUY") && sides.has("SELL")) ? null : meaning;
}

function meaningOfWords(words: readonly string[]): Meaning | null {
  const isLabel = words.length <= labelLength;
  // "S" alone is a sale, in "S&P 500" it is none.
  const said = words.flatMap((word) =>
    word.length > 1 || words.length === 1 ? (meanings.get(word) ?? []) : [],
  );
  const strong = said.find((meaning) => !weak.has(meaning)) ?? null;
  const start = isLabel ? words : words.slice(0, labelLength);
  const phrase = phrases.find(([pattern]) => pattern.test(start.join(" ")));
  const opensWithTrade = !isLabel && (strong === "BUY" || strong === "SELL");
  if (phrase && !(opensWithTrade && phrase[1] !== "OPTION" && phrase[1] !== "SHORT_SALE")) return phrase[1];
  if (isLabel) {
    const head = said.findLast((meaning) => heads.has(meaning));
    if (head) return head;
  }
  return strong ?? said[0] ?? null;
}

export interface Signs {
  readonly hasQuantity: boolean;
  readonly hasSymbol: boolean;
  /** null: there is no figure to have a sign. */
  readonly isQuantityNegative: boolean | null;
  readonly isAmountNegative: boolean | null;
}

/** What goes out of the account, by the sign of the money, else of the shares. */
const isOutward = ({ isAmountNegative, isQuantityNegative }: Signs): boolean =>
  isAmountNegative ?? isQuantityNegative ?? false;

/** The kind that a meaning has in a row with such figures; null: still to be asked. */
export function kindOf(meaning: Meaning, signs: Signs): RowKind | null {
  switch (meaning) {
    case "REINVEST":
      return signs.hasQuantity ? "BUY" : "DIVIDEND";
    case "TRANSFER": {
      const isShares = signs.hasQuantity && signs.hasSymbol;
      const isOut = isShares ? (signs.isQuantityNegative ?? false) : isOutward(signs);
      return isOut ? "TRANSFER_OUT" : "TRANSFER_IN";
    }
    case "FX":
      return (signs.isQuantityNegative ?? isOutward(signs)) ? "FX_OUT" : "FX_IN";
    case "CASH":
      return isOutward(signs) ? "WITHDRAWAL" : "DEPOSIT";
    case "TRADE":
      return kindBySign(signs);
    default:
      return meaning;
  }
}

/** Of a row that says nothing but how much: shares come in or go out, or money goes the other way. null: no sign says. */
export function kindBySign(signs: Signs): "BUY" | "SELL" | null {
  if (signs.isQuantityNegative) return "SELL";
  if (signs.isAmountNegative !== null) return signs.isAmountNegative ? "BUY" : "SELL";
  return null;
}
