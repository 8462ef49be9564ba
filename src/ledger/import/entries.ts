/** The lines of a table as entries: what each is, when, of what, how much and for how much. Pure. */

import { Big } from "big.js";
import { plain } from "../../plain.ts";
import { type CostField, type CostReading, costFields, readCosts } from "./costs.ts";
import { currencyOf, isMoney, isVague } from "./currencies.ts";
import { type DateOrder, type Moment, readMoment } from "./dates.ts";
import type { BookedCost, BookedFigures, Entry, Reading } from "./entry.ts";
import {
  AmbiguousDateError,
  AmbiguousFigureError,
  ContradictedTradeError,
  type FigureField,
  UnknownKindError,
  UnknownUnitError,
  UnsupportedAssetError,
} from "./errors.ts";
import { type DecimalMark, isBlank, readFigure } from "./figures.ts";
import type { TextLine, Texts } from "./format.ts";
import { type Instrument, readInstrument } from "./instrument.ts";
import { isTrade, kindBySign, kindOf, type Meaning, meaningOf, type RowKind, type Signs } from "./kinds.ts";
import { meaningIn } from "./layout.ts";
import { costsInMajor, inMajorUnits } from "./minor-units.ts";
import { type Figures, type Money, settle } from "./money.ts";
import { readOwnEntry } from "./own.ts";
import { readOwnRate } from "./own-rate.ts";
import { checkCurrency, currencyFor, isPricedAsQuoted } from "./price-currency.ts";
import { Remarks } from "./remarks.ts";
import { spell } from "./spelling.ts";
import { type Objection, objectionsIn, saysCalledOff, stateOf, worstOf } from "./states.ts";
import { offsetIn } from "./surroundings.ts";
import { scaleInHeader } from "./units.ts";

function readDay(
  text: string,
  order: DateOrder | null,
  remarks: Remarks,
): { date: string | null; moment: Moment | null } {
  const moment = readMoment(text);
  if (!moment) return { date: null, moment: null };
  if (typeof moment.date === "string") return { date: moment.date, moment };
  if (order) return { date: moment.date[order], moment };
  remarks.refuse(new AmbiguousDateError(text.slice(0, 40), moment.date.day, moment.date.month));
  return { date: null, moment };
}

/** The figure and what stands beside it; a figure of two readings is refused by name. */
function figureOf(field: FigureField, text: string, { notation }: Reading, remarks: Remarks) {
  const figure = isBlank(text) ? null : readFigure(text, notation.decimalMark);
  if (figure?.isAmbiguous) remarks.refuse(new AmbiguousFigureError(field, text.slice(0, 40)));
  const isAmbiguous = figure?.isAmbiguous ?? false;
  return { value: isAmbiguous ? null : (figure?.value ?? null), unit: figure?.unit ?? null, isAmbiguous };
}

const moneyFields = ["quantity", "price", "gross", "amount"] as const;

/** The mark by which number times price is what was paid, where only one does: the row speaks for itself. */
function markByProduct(texts: Texts, { notation }: Reading): DecimalMark | null {
  if (notation.decimalMark || !moneyFields.some((field) => readFigure(texts[field] ?? "", null)?.isAmbiguous))
    return null;
  const fits = (mark: DecimalMark): boolean => {
    const [quantity, price, gross, amount] = moneyFields.map(
      (field) => readFigure(texts[field] ?? "", mark)?.value,
    );
    const paid = gross ?? amount;
    if (!quantity || !price || !paid || new Big(paid).eq(0)) return false;
    const ratio = new Big(quantity).times(price).div(paid).abs();
    return ratio.gt("0.95") && ratio.lt("1.05");
  };
  const fitting = (["point", "comma"] as const).filter(fits);
  return fitting.length === 1 ? fitting[0]! : null;
}

function figuresOf(texts: Texts, given: Reading, remarks: Remarks): Figures {
  const mark = markByProduct(texts, given);
  const reading = mark ? { ...given, notation: { ...given.notation, decimalMark: mark } } : given;
  const read = (field: (typeof moneyFields)[number]) => figureOf(field, texts[field] ?? "", reading, remarks);
  const [quantity, price, gross, amount] = [read("quantity"), read("price"), read("gross"), read("amount")];
  return {
    // A sum of money is no number of shares.
    quantity: quantity.unit && isMoney(currencyOf(quantity.unit) ?? "") ? null : quantity.value,
    price: price.value && !new Big(price.value).eq(0) ? price.value : null,
    gross: gross.value,
    amount: amount.value,
    priceUnit: price.unit,
    moneyUnit: gross.unit ?? amount.unit,
  };
}

const sign = (value: string | null): boolean | null =>
  value === null || new Big(value).eq(0) ? null : value.startsWith("-");

function signsOf({ quantity, gross, amount }: Figures, texts: Texts): Signs {
  // One that cannot be read, or in two ways, is one all the same: its row is a trade to be asked about.
  const text = texts.quantity ?? "";
  const isUnread = quantity === null && !isBlank(text);
  const isQuantityNegative = isUnread ? /^[-−–(]/.test(text) : sign(quantity);
  return {
    hasQuantity: isQuantityNegative !== null,
    hasSymbol: Boolean(texts.ticker || texts.identifier || texts.name),
    isQuantityNegative,
    isAmountNegative: sign(amount) ?? sign(gross),
  };
}

const assetMeanings: ReadonlyMap<string, Meaning> = new Map([
  ...["opt", "optn", "call", "put", "war", "fop"].map((word): [string, Meaning] => [word, "OPTION"]),
  ...["forex", "cash", "fx"].map((word): [string, Meaning] => [word, "FX"]),
]);

function assetMeaning(text: string): Meaning | null {
  if (text === "") return null;
  const meaning = assetMeanings.get(text.toLowerCase()) ?? meaningOf(text);
  return meaning === "OPTION" || meaning === "CFD" || meaning === "FX" ? meaning : null;
}

/** By the word, the signs, the kind of asset and the state of the order; null: to be asked. */
function readKind(texts: Texts, signs: Signs, { layout }: Reading): RowKind | null {
  const { format } = layout;
  const asset = assetMeaning(texts.assetType ?? "");
  if (asset) return kindOf(asset, signs);
  if (format?.kind) return format.kind;
  const word = texts.type ?? "";
  // A trade without a word for its side has a sign.
  const isTradeLike = signs.hasQuantity && signs.hasSymbol;
  if (word === "" && isTradeLike) return kindBySign(signs);
  if (word === "")
    return kindOf(meaningOf(texts.name || (texts.description ?? "")) ?? "OTHER", signs) ?? "OTHER";
  const meaning = meaningIn(layout, word);
  if (meaning) return kindOf(meaning, signs);
  return isTradeLike ? null : "OTHER";
}

/** What the line says against its own side; null: nothing. */
function objectionTo(
  { texts, beside = [] }: TextLine,
  kind: RowKind | null,
  { layout }: Reading,
): Objection | null {
  const status = stateOf(texts.status ?? "");
  const own = status && { state: status, column: "of its state", text: texts.status! };
  const named = [texts.name, texts.description].flatMap((text) =>
    text && saysCalledOff(text) ? [{ state: "unclear" as const, column: "of its name", text }] : [],
  );
  const types = new Set(layout.columns.type);
  const other = beside.find(({ index, text }) => {
    const meaning = types.has(index) ? meaningIn(layout, text) : null;
    return (meaning === "BUY" || meaning === "SELL") && isTrade(kind) && meaning !== kind;
  });
  const opposite = other ? [{ state: "unclear" as const, column: other.name, text: other.text }] : [];
  return worstOf([
    ...(own ? [own] : []),
    ...objectionsIn(beside, layout.format !== null),
    ...named,
    ...opposite,
  ]);
}

/** A kind that the line itself calls off, or doubts. */
function withState(
  line: TextLine,
  kind: RowKind | null,
  figures: Figures,
  reading: Reading,
  remarks: Remarks,
) {
  const objection = objectionTo(line, kind, reading);
  const { layout } = reading;
  if (!objection) return kind;
  const { state, column, text } = objection;
  const isFilled = layout.countsFills && figures.quantity !== null && !new Big(figures.quantity).eq(0);
  if (state === "called_off" && !(isFilled && isTrade(kind))) return "NOT_EXECUTED";
  if (state === "unknown" && layout.format === null)
    remarks.warn(
      "unknown_state",
      plain('Nobody knows whether an order that is "{text}" was executed: it is taken so.', { text }),
    );
  if (state !== "unknown") remarks.refuse(new ContradictedTradeError(text, column));
  return kind;
}

/** One that cannot be read is left out, and said. */
const costReading = (reading: Reading, remarks: Remarks): CostReading => ({
  ...reading,
  figureOf: (text) => {
    const { value, unit, isAmbiguous } = figureOf("fee", text, reading, remarks);
    if (value !== null) return { value, unit };
    if (!isAmbiguous && !/^(free|gratis|zero|included)$/i.test(text))
      remarks.warn(
        "fee_left_out",
        plain('A fee of "{text}" cannot be read: it is left out.', { text: text.slice(0, 40) }),
      );
    return null;
  },
});

/** A price is what one share cost; costs are in the price's currency. */
function moneyOf(
  line: TextLine,
  figures: Figures,
  kind: "BUY" | "SELL",
  currency: string | null,
  ticker: string | null,
  reading: Reading,
  remarks: Remarks,
): Money & Pick<Entry, "rate" | "currency"> {
  const { texts } = line;
  const { columns } = reading.layout;
  const stated = { figures, currency, moneyCurrency: moneyCurrencyOf(figures, texts, reading) };
  const major = inMajorUnits(stated, remarks);
  // What names no currency at all is taken as dollars.
  const own = major.currency ?? "USD";
  const read = readCosts(line, own, costReading(reading, remarks));
  const costs = costsInMajor(read, major, currency, kind, remarks);
  const moneyCurrency = major.moneyCurrency ?? own;
  const row = { kind, figures: major.figures, costs, currency: own, moneyCurrency };
  const money = settle(
    {
      ...row,
      hasCostColumns: costFields.some((field) => (columns[field]?.length ?? 0) > 0) || costs.length > 0,
      coin: texts.feeCurrency && ticker ? (/^([A-Z0-9]{2,10})-/.exec(ticker)?.[1] ?? null) : null,
    },
    remarks,
  );
  const text = texts.fxRate ?? "";
  const fxRate = text === "" ? null : (readFigure(text, reading.notation.decimalMark)?.value ?? null);
  const rate = currency === null ? null : readOwnRate({ ...row, stated: fxRate }, remarks);
  return { ...money, currency: major.currency, ...(rate && { rate }) };
}

/** Of what was paid, from whatever names it; null: nothing does. */
const moneyCurrencyOf = ({ moneyUnit }: Figures, { amountCurrency }: Texts, { layout }: Reading) =>
  (moneyUnit && !isVague(moneyUnit) ? currencyOf(moneyUnit) : null) ??
  (amountCurrency ? currencyOf(amountCurrency) : null) ??
  layout.headerCurrencies.amount ??
  null;

/** A column of thousands, of cents, of percent: its figures are others than they show. */
function refuseScales({ price, gross }: Figures, { layout }: Reading, remarks: Remarks): void {
  const money = price !== null ? "price" : gross !== null ? "gross" : "amount";
  for (const field of ["quantity", money] as const) {
    const name = layout.names[layout.columns[field]?.[0] ?? -1] ?? "";
    const scale = scaleInHeader(name);
    if (scale !== null) remarks.refuse(new UnknownUnitError(name, scale));
  }
}

/** Of times that do not say it themselves. */
function offsetOf({ beside = [] }: TextLine, { layout, surroundings }: Reading): number | null {
  const zone = beside.find(({ name }) =>
    /^(timezone|tz|zone|zeitzone|zonahoraria|fuseauhoraire)$/.test(spell(name)),
  );
  return (
    layout.offset ??
    (layout.format?.zone === "UTC" ? 0 : null) ??
    (zone ? offsetIn(zone.text) : null) ??
    surroundings.offset
  );
}

/** What one line says. A trade that cannot be understood whole has errors; anything else is kept as far as it is. */
export function readEntry(textLine: TextLine, reading: Reading): Entry {
  if (reading.layout.format?.isOwn) return readOwnEntry(textLine, reading);
  const { line, texts } = textLine;
  const remarks = new Remarks();
  const figures = figuresOf(texts, reading, remarks);
  const signs = signsOf(figures, texts);
  const kind = withState(textLine, readKind(texts, signs, reading), figures, reading, remarks);
  const { date, moment } = readDay(texts.date ?? "", reading.notation.dateOrder, remarks);
  const time = moment?.time ?? readMoment(`2000-01-01 ${(texts.time ?? "").slice(0, 40)}`)?.time ?? null;
  const derivative = kind === "OPTION" ? "option" : kind === "CFD" ? "CFD" : null;
  const hasInstrument = Boolean(texts.ticker || texts.identifier || texts.name);
  const instrumentOf = (currency: string | null): Instrument =>
    readInstrument({
      symbol: texts.ticker ?? "",
      identifier: texts.identifier ?? "",
      name: texts.name ?? "",
      isCrypto: reading.layout.format?.isCrypto === true || /^crypto/i.test(texts.assetType ?? ""),
      currency,
      derivative,
    });
  const quote = hasInstrument ? instrumentOf(null).quote : null;
  const isKept = kind !== null && !isTrade(kind);
  const counted = isKept ? { ...figures, gross: null, price: null, priceUnit: null } : figures;
  // What a person says of a file is no word of prices that its broker is known to write as they are quoted.
  const isQuotedFormat = !isKept && reading.layout.format?.isAsQuoted === true;
  const notation = isQuotedFormat ? { ...reading.notation, currency: null } : reading.notation;
  const currency = currencyFor(counted, texts, isKept ? null : quote, { ...reading, notation }, remarks);
  const instrument = hasInstrument ? instrumentOf(currency) : null;
  const base = {
    line,
    texts,
    kind,
    word: texts.type ?? "",
    date,
    time,
    offset: moment?.offset ?? (time === null ? null : offsetOf(textLine, reading)),
    instrument,
    currency,
    ...(currency === null && isPricedAsQuoted(reading) && { isAsQuoted: true }),
  };
  if (isKept) return { ...base, ...asKept(textLine, figures, currency, reading, remarks) };
  if (kind === null) remarks.refuse(new UnknownKindError((texts.type ?? "").slice(0, 60)));
  // A contract stands for many units, and its price is one unit's.
  if (/^(fut|futures?)$/i.test(texts.assetType ?? ""))
    remarks.refuse(new UnsupportedAssetError("future", instrument?.symbol ?? ""));
  if (instrument?.derivative)
    remarks.refuse(new UnsupportedAssetError(instrument.derivative, instrument.symbol));
  checkCurrency(currency, texts, reading, remarks);
  refuseScales(figures, reading, remarks);
  const money = moneyOf(
    textLine,
    figures,
    kind ?? "BUY",
    currency,
    instrument?.ticker ?? null,
    reading,
    remarks,
  );
  const { errors, warnings, notes } = remarks;
  return { ...base, ...money, amount: figures.amount ?? figures.gross, errors, warnings, notes };
}

/** Of an entry that is no trade nothing is asked: its figures stand by as they are understood, with what speaks against them. */
function asKept(
  line: TextLine,
  figures: Figures,
  currency: string | null,
  reading: Reading,
  remarks: Remarks,
) {
  const { texts } = line;
  refuseScales(figures, reading, remarks);
  const silent = new Remarks();
  const sums = [...(texts.fee ?? [])]
    .map((text) => figureOf("fee", text, reading, silent).value)
    .filter((value) => value !== null);
  const costsOf = (of: CostField): BookedCost[] =>
    readCosts(
      { ...line, texts: { ...texts, fee: [], tax: [], [of]: texts[of] ?? [] } },
      currency ?? "",
      costReading(reading, remarks),
    ).flatMap(({ value, currency: paidIn }) =>
      value.eq(0) ? [] : [{ of, value: value.toFixed(), currency: paidIn }],
    );
  const costs = costFields.flatMap(costsOf);
  // In two currencies they are no sums of one another.
  const isForeign =
    figures.amount !== null &&
    Boolean(texts.currency && texts.amountCurrency) &&
    currencyOf(texts.currency!) !== currencyOf(texts.amountCurrency!);
  const { isCrypto = false, bringsCost = false } = reading.layout.format ?? {};
  const booked: BookedFigures = {
    gross: isForeign ? null : figures.gross,
    net: figures.amount,
    price: figures.price,
    costs,
    problem: remarks.errors[0] ?? remarks.warnings.find(({ code }) => code === "fee_left_out") ?? null,
    format: reading.layout.format && { isCrypto, bringsCost },
  };
  return {
    quantity: figures.quantity,
    price: figures.price,
    amount: figures.amount ?? figures.gross,
    fee: sums.length === 0 ? null : sums.reduce((sum, cost) => sum.plus(cost), new Big(0)).toFixed(),
    booked,
    errors: [],
    warnings: [],
    notes: [],
  };
}
