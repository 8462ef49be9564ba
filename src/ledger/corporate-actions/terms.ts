/** What a person says of a corporate action, parsed once. */
import { z } from "zod";
import { type Plain, plain } from "../../plain.ts";
import { FutureDateError, shown } from "../errors.ts";
import { absenceWords, fieldWords } from "../field-words.ts";
import * as field from "../fields.ts";
import { latestToday } from "../input.ts";

export const corporateActionKinds = ["spin_off", "merger", "rename", "rights", "cash_in_lieu"] as const;
export type CorporateActionKind = (typeof corporateActionKinds)[number];

/** Those whose rows follow from what is held alone, so that an operator can write them for everybody. */
export const announcedKinds: ReadonlySet<CorporateActionKind> = new Set([
  "spin_off",
  "merger",
  "rename",
  "cash_in_lieu",
]);

/** Of a field that is wrong: what was expected of it. */
export const termExpectations = {
  kind: corporateActionKinds.join(", "),
  ticker: "the ticker that is held",
  new_ticker: "the ticker that it becomes, or that is spun off",
  date: "the first day on which it is as the action makes it, as YYYY-MM-DD",
  account: "the id or the name of one of your accounts; absent: all that hold it",
  numerator: "how many new shares, or rights' shares, come for `denominator` held",
  denominator: "for how many shares that are held `numerator` come",
  cost_share:
    "the part of the cost that goes with the new shares, above 0 and below 1, as the company says it; absent: by the closes of the day",
  price: "a price above 0: what one costs, in the currency that it is quoted in",
  new_price: "a price above 0: what one new share was worth on the day; absent: its close",
  cash_per_share: "a number above 0: cash for each share that is held, in the ticker's currency",
  fraction_price:
    "a number above 0: cash for one new share, which fractions are paid at; absent: they are kept",
  is_exercised:
    "true: shares are bought with the rights at `price`; false: the rights are sold at `price` each",
} as const;

export type TermField = keyof typeof termExpectations;

export class InvalidCorporateActionError extends Error {
  readonly code: `invalid_${TermField}`;
  readonly field: TermField;
  readonly plain: Plain;

  /** `words`: to a person; by default by what was typed into the field. */
  constructor(
    name: TermField,
    value: unknown,
    expected: string = termExpectations[name],
    words = fieldWords(name, value),
  ) {
    super(`expected ${name} to be ${expected}, got: ${shown(value)}`);
    this.code = `invalid_${name}`;
    this.field = name;
    this.plain = words;
  }
}

const said = (name: TermField) => termExpectations[name];
const ratio = {
  numerator: field.ratio.describe(said("numerator")),
  denominator: field.ratio.describe(said("denominator")),
};
const held = {
  ticker: field.ticker.describe(said("ticker")),
  date: field.date.describe(said("date")),
  account: field.account.describe(said("account")),
};
const newTicker = field.ticker.describe(said("new_ticker"));
const newPrice = field.price.optional().describe(said("new_price"));
const fractionPrice = field.price.optional().describe(said("fraction_price"));
const closing = field.price
  .optional()
  .describe("What one share was worth at the close of the day; absent: its close");

const schemas = {
  spin_off: z.strictObject({
    kind: z.literal("spin_off"),
    ...held,
    ...ratio,
    new_ticker: newTicker,
    cost_share: field.price
      .refine((share) => Number(share) < 1)
      .optional()
      .describe(said("cost_share")),
    price: closing,
    new_price: newPrice,
    fraction_price: fractionPrice,
  }),
  merger: z.strictObject({
    kind: z.literal("merger"),
    ...held,
    new_ticker: newTicker.optional(),
    numerator: ratio.numerator.optional(),
    denominator: ratio.denominator.optional(),
    cash_per_share: field.price.optional().describe(said("cash_per_share")),
    new_price: newPrice,
    fraction_price: fractionPrice,
  }),
  rename: z.strictObject({
    kind: z.literal("rename"),
    ticker: held.ticker,
    date: held.date,
    new_ticker: newTicker,
  }),
  rights: z.strictObject({
    kind: z.literal("rights"),
    ...held,
    ...ratio,
    price: field.price.describe(said("price")),
    is_exercised: z.boolean().default(true).describe(said("is_exercised")),
  }),
  cash_in_lieu: z.strictObject({
    kind: z.literal("cash_in_lieu"),
    ...held,
    price: field.price.describe(said("price")),
  }),
} as const satisfies Record<CorporateActionKind, z.ZodObject>;

/** What is said beside the terms. */
const asked = {
  preview: z.boolean().optional().describe("true: what would be written, and nothing is"),
  for: z
    .enum(["me", "everyone"])
    .optional()
    .describe("everyone: an operator writes it for all holders, of whom the answer tells how many there are"),
};

/** What the API's description is made from. */
export const corporateActionInput = z.union([
  schemas.spin_off.extend(asked),
  schemas.merger.extend(asked),
  schemas.rename.extend(asked),
  schemas.rights.extend(asked),
  schemas.cash_in_lieu.extend(asked),
]);

/** Decimals are strings, and absent is what nobody said or the kind does not have. */
export interface Terms {
  readonly kind: CorporateActionKind;
  readonly ticker: string;
  readonly date: string;
  readonly new_ticker?: string | undefined;
  readonly account?: number | string | undefined;
  readonly numerator?: string | undefined;
  readonly denominator?: string | undefined;
  readonly cost_share?: string | undefined;
  readonly price?: string | undefined;
  readonly new_price?: string | undefined;
  readonly cash_per_share?: string | undefined;
  readonly fraction_price?: string | undefined;
  readonly is_exercised?: boolean | undefined;
}

const isSaid = (value: unknown): boolean => value !== undefined && value !== null && value !== "";

/** Throws InvalidCorporateActionError for the first field that is wrong, or FutureDateError. */
export function parseTerms(input: unknown, clock: () => Date): Terms {
  const given = z.record(z.string(), z.unknown()).safeParse(input).data ?? {};
  const fields = Object.fromEntries(Object.entries(given).filter(([, value]) => isSaid(value)));
  const kind = corporateActionKinds.find((one) => one === fields.kind);
  if (kind === undefined) throw new InvalidCorporateActionError("kind", fields.kind);
  const parsed = schemas[kind].safeParse(fields);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    if (issue!.code === "unrecognized_keys") {
      const name = issue.keys[0] as TermField;
      const place = name in termExpectations ? name : "kind";
      throw new InvalidCorporateActionError(
        place,
        fields[name],
        `without ${name.slice(0, 40)}, which a ${kind} has not`,
        absenceWords(place),
      );
    }
    const name = issue!.path[0] as TermField;
    throw new InvalidCorporateActionError(name, fields[name]);
  }
  const terms: Terms = parsed.data;
  const today = latestToday(clock());
  if (terms.date > today) throw new FutureDateError(terms.date, today);
  requireWhole(terms);
  return terms;
}

/** What one field asks of another. */
function requireWhole(terms: Terms): void {
  if (terms.new_ticker === terms.ticker)
    throw new InvalidCorporateActionError(
      "new_ticker",
      terms.new_ticker,
      "another ticker than the one that is held",
      plain("Both tickers are the same: enter the new one here."),
    );
  if (terms.kind !== "merger") return;
  if (terms.new_ticker === undefined && terms.cash_per_share === undefined)
    throw new InvalidCorporateActionError(
      "new_ticker",
      undefined,
      "said, or cash_per_share, or both",
      plain("Enter what it became, or the cash that was paid for each share, or both."),
    );
  const ofShares = ["numerator", "denominator"] as const;
  const ofNone = [...ofShares, "new_price", "fraction_price"] as const;
  if (terms.new_ticker !== undefined) {
    for (const name of ofShares)
      if (terms[name] === undefined) throw new InvalidCorporateActionError(name, undefined);
  } else {
    const extra = ofNone.find((name) => terms[name] !== undefined);
    if (extra)
      throw new InvalidCorporateActionError(
        extra,
        terms[extra],
        "left out where nothing but cash is paid",
        plain("Leave this empty, for nothing but cash was paid; or enter what the shares became."),
      );
  }
}
