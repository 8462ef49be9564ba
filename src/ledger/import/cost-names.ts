/** Which names of columns are those of costs and taxes, and which of them say the same. Pure. */
import { spell, spellField, wordsOf } from "./spelling.ts";

/** In the languages of brokers; a name need only contain one. */
const costs =
  `fee commission brokerage gebuhr courtage frais provision stamp levy charge kosten spesen spese commissione comision comissao
  comissoes avgift kurtage kommission prowizj corretagem palkkio poplat omkostning entgelt gastos despesas custos encargos
  tarifa tariff taxas tasa clearing handling surcharge honorar emolument bollo canon oneri gebyr komis provize masraf biaya
  jutalek handlingsfee 手数料 費用 佣金 费用 手续费 수수료 комисси сбор`
    .normalize("NFKD")
    .split(/\s+/)
    .join("|");
/** And those that are a cost only if they are all of the name. */
const wholes =
  /^(costs|costi|costes|kostnad|comm|sec|taf|orf|nfa|secfees?|finra|duty|duties|transactioncosts?|tradingcosts?|dealingcosts?|othercosts?)$/;
const costWords = new RegExp(`${costs.replaceAll(/\p{M}/gu, "")}|(transaction|trading|dealing|other)costs?`);
const opensWithCost = new RegExp(`^(${costWords.source})|${wholes.source}`);
/** No sum of money. */
const noMoney =
  /currency|(?<!corpo)rate|bps|basispoints|percent|pct|prozent|type|date|basis|waluta|wahrung|^id|number/;
/** Another sum than the cost, unless the name opens with the cost: "Sum incl. fees", but "Fee incl. VAT". */
const otherSums = /price|value|incl|excl|inkl|exkl|total/;
const within = new Set(
  "before after less minus without plus of ohne nach vor mit hors sans avec sin con senza dopo utan efter".split(
    " ",
  ),
);
const allCosts = /^total(fees?|commissions?|costs?|charges?|brokerage)$/;
const taxWords =
  /^(tax|taxes|steuer|steuern|withholdingtax|impots?|imposta|impuesto|belasting|skatt|vat|gst|stt|iva|tva|mwst|btw|kapitalertragsteuer|quellensteuer)$/;

/** A percentage, a code or a day: nothing that was paid. */
export const isNoMoney = (header: string): boolean => header.includes("%") || noMoney.test(spell(header));

export const isTax = (header: string): boolean => taxWords.test(spellField(header));

export const isCost = (header: string): boolean => {
  const name = spellField(header);
  const whole = spell(header);
  if (isNoMoney(header) || !(costWords.test(name) || wholes.test(name))) return false;
  const isOther = otherSums.test(whole) || wordsOf(header).some((word) => within.has(word));
  return !isOther || opensWithCost.test(name) || allCosts.test(name);
};

/** What a name has before "incl. VAT", and what that is. */
function partsOf(header: string): { base: string; inclusion: "incl" | "excl" | null; tax: string } {
  const match = /^(.+?)(incl|excl|including|excluding)(?:uding|usive|of)*(.*)$/.exec(spell(header));
  const base = (match?.[1] ?? spellField(header)).replace(/s$/, "");
  return {
    base,
    inclusion: (match?.[2]?.slice(0, 4) as "incl" | "excl" | undefined) ?? null,
    tax: match?.[3] ?? "",
  };
}

interface Named {
  readonly header: string;
  readonly index: number;
}

/** Each cost once: what stands in a total, or in another with its tax, is left out. */
export function chooseCosts(
  costs: readonly Named[],
  taxes: readonly Named[],
): { fee: number[]; tax: number[] } {
  const total = costs.find(({ header }) => allCosts.test(spellField(header)));
  const counted = total ? [total] : costs;
  const inclusive = counted
    .map(({ header }) => partsOf(header))
    .filter(({ inclusion }) => inclusion === "incl");
  const isWithin = ({ header }: Named): boolean => {
    const { base, inclusion } = partsOf(header);
    return inclusion !== "incl" && inclusive.some((whole) => whole.base === base);
  };
  const isTaxWithin = ({ header }: Named): boolean =>
    inclusive.some(
      ({ tax }) => tax !== "" && (tax.includes(spellField(header)) || spellField(header).includes(tax)),
    );
  return {
    fee: counted.filter((cost) => !isWithin(cost)).map(({ index }) => index),
    tax: taxes.filter((tax) => !isTaxWithin(tax)).map(({ index }) => index),
  };
}
