/** What a line was charged, from the columns of its costs, each in its own sign and currency. Pure. */
import { Big } from "big.js";
import { currencyOf, isVague } from "./currencies.ts";
import type { TextLine } from "./format.ts";
import type { Layout } from "./layout.ts";
import { spellField } from "./spelling.ts";

/** Positive: paid. */
export interface Cost {
  readonly value: Big;
  readonly currency: string;
  /** Nothing names it: it is taken to be the price's. */
  readonly isAssumed?: boolean;
}

export const sumOf = (costs: readonly Cost[]): Big =>
  costs.reduce((total, { value }) => total.plus(value), new Big(0));

export const costFields = ["fee", "tax"] as const;
export type CostField = (typeof costFields)[number];

/** A column of costs, by the order of the texts of a line; those of no column are alike. */
const columnOf = ({ costColumns }: TextLine, field: CostField, position: number): number | null =>
  costColumns?.[field][position] ?? null;
const keyOf = (field: CostField, column: number | null): string => `${field} ${column}`;

const isNegative = (text: string): boolean => /^[^\d]{0,4}[-−–(]|-$/.test(text.slice(0, 64));

/** Columns that write what is paid as less than nothing, as most of their values are. */
export function negativeColumns(lines: readonly TextLine[]): ReadonlySet<string> {
  const balance = new Map<string, number>();
  for (const line of lines)
    for (const field of costFields)
      for (const [position, text] of (line.texts[field] ?? []).entries()) {
        if (!/[1-9]/.test(text)) continue;
        const key = keyOf(field, columnOf(line, field, position));
        balance.set(key, (balance.get(key) ?? 0) + (isNegative(text) ? 1 : -1));
      }
  return new Set([...balance].filter(([, surplus]) => surplus > 0).map(([key]) => key));
}

interface Charge extends Cost {
  /** Its column's, without the currency in it; one in two currencies is one. */
  readonly name: string;
  /** As its column's name or the figure itself says it. */
  readonly stated: string | null;
}

/** "Fee", "Fee (GBP)", "Fee local" -> "fee". */
const costName = (header: string): string =>
  spellField(header).replace(/(?<=.{3})(local|base|account|converted|original|native|home|foreign)$/, "");

/** The same cost in two currencies counts once: in the price's, if it is there. */
function onceEach(charges: readonly Charge[], currency: string): Charge[] {
  const groups = Map.groupBy(charges, ({ name }) => name);
  return [...groups].flatMap(([name, group]) => {
    const isTwofold = name !== "" && new Set(group.map(({ stated }) => stated)).size > 1;
    if (!isTwofold) return group;
    const rank = (charge: Charge): number =>
      (charge.value.eq(0) ? 4 : 0) +
      (charge.currency === currency ? 0 : 2) +
      (charge.stated === null ? 1 : 0);
    return group.toSorted((a, b) => rank(a) - rank(b)).slice(0, 1);
  });
}

export interface CostReading {
  readonly layout: Layout;
  readonly negative: ReadonlySet<string>;
  /** The figure of a text; null: it is none, and has been told. */
  readonly figureOf: (text: string) => { readonly value: string; readonly unit: string | null } | null;
}

/** `currency`: of the price. */
export function readCosts(line: TextLine, currency: string, reading: CostReading): Cost[] {
  const { layout, negative, figureOf } = reading;
  const column = line.texts.feeCurrency;
  const charges = costFields.flatMap((field) =>
    (line.texts[field] ?? []).flatMap((text, position): Charge[] => {
      const figure = figureOf(text);
      if (!figure) return [];
      const index = columnOf(line, field, position);
      const named = index === null ? null : (layout.columnCurrencies[index] ?? null);
      const beside = figure.unit !== null && !isVague(figure.unit) ? currencyOf(figure.unit) : null;
      const ownColumn = field === "fee" && column ? (currencyOf(column) ?? column.slice(0, 12)) : null;
      const value = new Big(figure.value);
      return [
        {
          value: negative.has(keyOf(field, index)) ? value.neg() : value,
          name: index === null ? "" : `${field} ${costName(layout.names[index] ?? "")}`,
          stated: beside ?? named,
          currency: beside ?? named ?? ownColumn ?? currency,
          isAssumed: (beside ?? named ?? ownColumn) === null,
        },
      ];
    }),
  );
  return onceEach(charges, currency);
}
