/** Which column of a file is which field, where no declaration says: by what brokers call it and by what stands in it. Pure. */
import { chooseCosts, isCost, isTax } from "./cost-names.ts";
import { currencyOf } from "./currencies.ts";
import { readMoment } from "./dates.ts";
import { isBlank, readFigure } from "./figures.ts";
import type { Field } from "./format.ts";
import { meaningOf } from "./kinds.ts";
import { spell, spellField } from "./spelling.ts";
import type { Table } from "./table.ts";

/** Best first, as spelled by `spellField`: where a file has both, a trade's date is meant and not its settlement. */
const synonyms: Readonly<Partial<Record<Field, string>>> = {
  date: `tradedate transactiondate executiondate orderdate date datetime time activitydate executedat filledtime rundate day
    datum buchungsdatum buchungstag handelsdatum ausfuhrungsdatum transaktionsdatum fecha fechaoperacion data dataoperazione
    dateoperation datedoperation timestamp createdat opentime`,
  type: `type transactiontype tradetype side action buysell activity operation activitytype transcode transaction typ art
    transaktionstyp umsatzart tipo sens direction ordertype orderside kaufverkauf kauf tipooperazione tipodeoperacion
    operationtype transaktion transactietype aktie`,
  ticker: `ticker symbol tickersymbol stocksymbol instrument security stock asset code underlying stockticker coin pair market
    product wertpapier valor simbolo symbole symbolcusip instrumentcode securitysymbol`,
  identifier: "isin wkn sedol cusip isincode securityid",
  name: "name description securityname companyname bezeichnung wertpapiername product details title",
  quantity: `filledqty filledquantity executedqty executedquantity quantity qty shares units noofshares numberofshares volume size amountofshares anzahl stuck stucke stk
    menge quantite cantidad quantita antal aantal nominal anteile titres titulos sharesquantity unitsquantity filled noofunits
    numberofunits kvantitet antall vol stucknominale stucknom`,
  price: `fillprice avgfillprice averagefillprice filledprice executedprice executionprice price pricepershare priceshare unitprice shareprice tradeprice averageprice avgprice tprice
    rate kurs preis prix precio prezzo cours koers pris purchaseprice costpershare pricepaid ausfuhrungskurs buyprice priceunit
    kurswertprostuck stuckpreis priceperunit`,
  gross:
    "grossamount gross bruttobetrag principal principalamount kurswert subtotal tradevalue grossvalue proceeds",
  amount: `amount total netamount totalamount net value totalvalue betrag gesamt gesamtbetrag summe umsatz wert montant importe
    importo belopp bedrag totalcost cost nettobetrag montantnet netcash settlementamount consideration`,
  currency: `pricecurrency currencypriceshare currencyprimary instrumentcurrency tradecurrency spotpricecurrency quotecurrency
    currency ccy curr currencycode wahrung devise moneda valuta munt divisa handelswahrung kurswahrung`,
  amountCurrency: `accountcurrency buchungswahrung transactioncurrency settlementcurrency basecurrency kontowahrung
    totalcurrency amountcurrency currencytotal netamountcurrency`,
  feeCurrency: "feecurrency commissioncurrency ibcommissioncurrency feecoin brokeragecurrency",
  fxRate: `fxrate exchangerate exchrate fxexchangerate wechselkurs devisenkurs umrechnungskurs wisselkoers tauxdechange tipodecambio
    tassodicambio valutakurs conversionrate currencyrate`,
  assetType: "assettype assetclass securitytype assetcategory instrumenttype producttype",
  status: "status orderstatus state",
};

interface Rank {
  readonly field: Field;
  /** 0 is best. */
  readonly rank: number;
}

const ranks = new Map<string, Rank[]>();
for (const [field, names] of Object.entries(synonyms))
  for (const [rank, name] of names.split(/\s+/).entries())
    ranks.set(name, [...(ranks.get(name) ?? []), { field: field as Field, rank }]);

const ranksOf = (header: string): readonly Rank[] =>
  ranks.get(spell(header)) ?? ranks.get(spellField(header)) ?? [];

/** How a column's values look, of a few hundred lines. */
interface Profile {
  readonly filled: number;
  share(isSo: (value: string) => boolean): number;
}

const looked = 300;

function profile(lines: Table["lines"], index: number): Profile {
  const values = lines
    .slice(0, looked)
    .flatMap(({ cells }) => (isBlank(cells[index] ?? "") ? [] : [cells[index]!]));
  const share = (isSo: (value: string) => boolean): number =>
    values.length === 0 ? 0 : values.filter(isSo).length / values.length;
  return { filled: values.length, share };
}

const isDate = (value: string): boolean => readMoment(value) !== null;
const isFigure = (value: string): boolean => value.length <= 64 && readFigure(value, "point") !== null;
const isTradeWord = (value: string): boolean => {
  const meaning = meaningOf(value);
  return meaning === "BUY" || meaning === "SELL" || meaning === "REINVEST";
};
const isKindWord = (value: string): boolean => !["TRADE", "CASH", null].includes(meaningOf(value));
const isSymbol = (value: string): boolean =>
  /^[$]?[\p{L}\d.:/=^&_ -]{1,24}$/u.test(value) && !isDate(value) && !isFigure(value);
export const isIsin = (value: string): boolean => /^[A-Z]{2}[A-Z0-9]{9}\d$/.test(value);

/** How well a column's values fit a field, 0 to 1; a field that can hold anything fits by name alone. */
function suitability(field: Field, { share }: Profile): number {
  switch (field) {
    case "date":
      return share(isDate);
    case "type":
      return share(isTradeWord) > 0 ? share(isKindWord) : 0;
    case "ticker":
      return share(isSymbol);
    case "quantity":
    case "price":
    case "gross":
    case "amount":
    case "fee":
    case "tax":
    case "fxRate":
      return share(isFigure);
    case "currency":
    case "amountCurrency":
    case "feeCurrency":
      return share((value) => currencyOf(value) !== null);
    default:
      return 1;
  }
}

/** Fields that a column can be by its values alone, whatever it is called. */
const byValues: readonly Field[] = ["date", "type", "currency", "identifier"];

const rankOf = (field: Field, { ranks: own }: Candidate): number | undefined =>
  own.find((rank) => rank.field === field)?.rank;

/** Columns for each field, best first. */
export type Columns = Readonly<Partial<Record<Field, readonly number[]>>>;

interface Candidate {
  readonly index: number;
  readonly profile: Profile;
  readonly header: string;
  readonly ranks: readonly Rank[];
}

/** By name, and of those by values; an empty column counts least, but counts. */
function byName(field: Field, candidates: readonly Candidate[]): number[] {
  const named = candidates.flatMap((candidate) => {
    const rank = rankOf(field, candidate);
    return rank === undefined
      ? []
      : [{ ...candidate, rank, suitability: suitability(field, candidate.profile) }];
  });
  const worth = (candidate: { suitability: number; profile: Profile }) =>
    candidate.suitability >= 0.5
      ? 2
      : candidate.suitability > 0
        ? 1
        : candidate.profile.filled === 0
          ? 0.5
          : 0;
  return named.toSorted((a, b) => worth(b) - worth(a) || a.rank - b.rank).map(({ index }) => index);
}

/** Of columns whose names say nothing: those whose values can be nothing else. */
function byContent(field: Field, candidates: readonly Candidate[]): number[] {
  if (!byValues.includes(field)) return [];
  const isContent = (candidate: Candidate): boolean =>
    field === "identifier"
      ? candidate.profile.share(isIsin) > 0.8
      : candidate.profile.filled > 0 &&
        suitability(field, candidate.profile) > 0.8 &&
        // What the account or a fee is in is no currency of the price.
        !(field === "currency" && candidate.ranks.some(({ field: named }) => /.Currency$/.test(named)));
  return candidates.filter(isContent).map(({ index }) => index);
}

/** In the order in which fields choose: a column that a name and values both claim is not left for another field. */
const choosing: readonly Field[] = [
  ...(["date", "type", "identifier", "ticker", "quantity", "price", "gross", "amount"] as const),
  ...(["currency", "amountCurrency", "feeCurrency", "fxRate", "assetType", "status", "name"] as const),
];

/** `taken`: columns that a person has given to fields already. */
export function guessColumns({ headers, lines }: Table, taken: ReadonlySet<number> = new Set()): Columns {
  const candidates: Candidate[] = headers.map((header, index) => ({
    header,
    index,
    profile: profile(lines, index),
    ranks: ranksOf(header),
  }));
  const free = (): Candidate[] => candidates.filter(({ index }) => !used.has(index));
  const used = new Set(taken);
  const columns: Partial<Record<Field, readonly number[]>> = {};
  for (const field of choosing) {
    const found = byName(field, free());
    const chosen = (found.length > 0 ? found : byContent(field, free())).slice(0, field === "type" ? 3 : 1);
    if (chosen.length === 0) continue;
    columns[field] = chosen;
    used.add(chosen[0]!);
  }
  const costs = free().filter(
    ({ header, profile: { filled, share } }) => isCost(header) && (filled === 0 || share(isFigure) > 0.5),
  );
  const taxes = free().filter(({ header, profile: { share } }) => isTax(header) && share(isFigure) > 0.5);
  return { ...columns, ...chooseCosts(costs, taxes) };
}

/** Those that a format which knows of no currency has all the same. */
export const currencyColumns = (headers: readonly string[]): number[] =>
  headers.flatMap((header, index) =>
    ranksOf(header).some(({ field }) => field === "currency") ? [index] : [],
  );

/** A cheap look, since it is taken at every line: names do not begin with a figure. */
export const hasValues = (cells: readonly string[]): boolean =>
  cells.some((cell) => /^[-+(]?[$€£]?\d/.test(cell));

/** Whether a line names columns. */
export function looksLikeHeader(cells: readonly string[]): boolean {
  if (cells.length < 3 || hasValues(cells)) return false;
  const known = new Set<Field>();
  for (const cell of cells) {
    if (cell === "" || cell.length > 60) continue;
    if (isCost(cell)) known.add("fee");
    for (const { field } of ranksOf(cell)) known.add(field);
  }
  return known.size >= 3;
}
