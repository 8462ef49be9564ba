/** What the form of a trade asks when the market says another price: take what would fit, or keep what was typed. */
import { z } from "zod";
import { correctionOf, type TradeDoubt } from "../../ledger/index.ts";
import type { Format } from "../format.ts";
import { t } from "../messages/index.ts";
import { parseInput } from "../route.ts";
import { inWords } from "../words.ts";

/** What was typed, as it was. */
interface TypedTrade {
  readonly ticker: string;
  readonly quantity: string;
  readonly price: string;
  readonly date: string;
  readonly currency?: string | undefined;
}

/** What was typed into a form of any type: of what has no price nothing is asked. */
export const typedTrade = (
  values: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> & Readonly<Record<"ticker" | "quantity" | "price" | "date", string>> => ({
  ...values,
  ticker: values.ticker ?? "",
  quantity: values.quantity ?? "",
  price: values.price ?? "",
  date: values.date ?? "",
});

/** Thrown while a trade is recorded, which ends it. */
export class TradeQuestion extends Error {
  readonly doubts: readonly TradeDoubt[];

  constructor(doubts: readonly TradeDoubt[]) {
    super(doubts.map((doubt) => doubt.message).join("; "));
    this.doubts = doubts;
  }
}

/** As the buttons send it: what would fit, or what is kept. */
export const answerFields = { use: z.string().max(200).optional(), keep: z.string().max(200).optional() };

const correction = z.object({
  price: z.string().max(50).optional(),
  quantity: z.string().max(50).optional(),
  date: z.string().max(20).optional(),
  currency: z.string().max(10).optional(),
});

/** What of the trade the question is about: another one is asked of anew. */
const subjectOf = ({ ticker, price, date, currency = "" }: TypedTrade): string =>
  new URLSearchParams({ ticker, price, date, currency }).toString();

/** The trade as its answer makes it. */
export const corrected = <T extends TypedTrade>(trade: T, use: string | undefined): T =>
  use === undefined
    ? trade
    : { ...trade, ...parseInput(correction, Object.fromEntries(new URLSearchParams(use))) };

/** Asks, unless just that was answered. */
export const askOnce =
  (trade: TypedTrade, keep: string | undefined) =>
  (doubts: readonly TradeDoubt[]): void => {
    if (keep !== subjectOf(trade)) throw new TradeQuestion(doubts);
  };

export interface Question {
  readonly sentences: readonly string[];
  /** As the button that corrects sends and names it; null: nobody can say what would fit. */
  readonly use: { readonly value: string; readonly label: string } | null;
  readonly keep: string;
}

export function describeQuestion({ doubts }: TradeQuestion, trade: TypedTrade, format: Format): Question {
  const suspicion = doubts.find((doubt) => doubt.suspicion !== null)?.suspicion;
  const fits = suspicion ? correctionOf(trade, suspicion) : null;
  const label = (): string => {
    if (fits?.currency) return t("It was paid in {currency}", { currency: fits.currency });
    if (fits?.date) return t("Use {date}", { date: format.date(fits.date) });
    const price = format.quantity(fits?.price ?? "0");
    return fits?.quantity
      ? t("Use {price}, and {quantity} of it", { price, quantity: format.quantity(fits.quantity) })
      : t("Use {price}", { price });
  };
  return {
    sentences: doubts.map((doubt) => inWords(doubt, doubt.message)),
    use: fits && { value: new URLSearchParams({ ...fits }).toString(), label: label() },
    keep: subjectOf(trade),
  };
}
