/** What the price and the fee of a trade are in, as its form says: the unit that its ticker is quoted in, or the currency itself. */
import Big from "big.js";
import type { LedgerCurrencies, TradeDraft } from "../../ledger/index.ts";
import { unitName } from "../entry-words.ts";
import type { Format } from "../format.ts";
import { t } from "../messages/index.ts";

interface UnitChoice {
  /** As the ledger takes it: "GBp" or "GBP". */
  readonly value: string;
  readonly label: string;
  readonly isChosen: boolean;
}

/** `draft`: null, of no ticker. `chosen`: the unit that was chosen when the form was sent. */
export function tradeUnits(draft: TradeDraft | null, chosen: string | undefined, format: Format) {
  const { currency = null, quote_unit = null, unit_factor = null, unit_name = null } = draft ?? {};
  const isInUnit = unit_name !== null && chosen !== currency;
  const close = draft?.close ?? null;
  return {
    /** Of price and fee; null: nobody knows yet. */
    unit: isInUnit ? unitName(unit_name) : currency,
    choices:
      unit_name === null
        ? []
        : unitChoices({ currency: currency!, quote_unit: quote_unit!, unit_name, isInUnit }),
    /** As it is sent with the form; null: nobody knows yet. */
    asked: isInUnit ? quote_unit : currency,
    /** Of which two choices these are, for the script of the form. */
    key: unit_name === null ? "" : `${quote_unit} ${currency}`,
    /** The close of the day, in the unit. */
    close: close !== null && isInUnit ? new Big(close).div(unit_factor!).toFixed() : close,
    /** What was traded on the day of the close, in the unit; null: not known. */
    traded:
      draft?.low && draft.high
        ? rangeOf([draft.low, draft.high], isInUnit ? unit_factor! : "1", format)
        : null,
    exchange: currency === null || currency === draft?.base_currency ? null : exchangeField(draft!, format),
  };
}

function rangeOf(prices: readonly [string, string], factor: string, format: Format): string {
  const [low, high] = prices.map((price) => format.quantity(new Big(price).div(factor).toFixed()));
  return low === high ? low! : t("{low} to {high}", { low: low!, high: high! });
}

function unitChoices(quote: {
  currency: string;
  quote_unit: string;
  unit_name: string;
  isInUnit: boolean;
}): UnitChoice[] {
  return [
    { value: quote.quote_unit, label: unitName(quote.unit_name), isChosen: quote.isInUnit },
    { value: quote.currency, label: quote.currency, isChosen: !quote.isInUnit },
  ];
}

function exchangeField({ currency, base_currency, rate }: TradeDraft, format: Format) {
  return {
    label: t("Exchange rate, {base} for one {currency}", { base: base_currency, currency: currency! }),
    hint:
      rate === null
        ? t("No rate of that day is known: say yours.")
        : t("Leave it empty for the day’s: {rate}", { rate: format.rate(rate) }),
  };
}

/** Of who has nothing in another currency the form asks for dollars before a ticker is typed. */
export const isDollarsAlone = ({ all }: Pick<LedgerCurrencies, "all">): boolean =>
  all.every((currency) => currency === "USD");

export function tradeLabels(unit: string | null, currencies: LedgerCurrencies) {
  const known = unit ?? (isDollarsAlone(currencies) ? "USD" : null);
  if (known === null) return { price: t("Price"), fee: t("Fee"), asked: "" };
  return {
    price: t("Price, {unit}", { unit: known }),
    fee: t("Fee, {unit}", { unit: known }),
    asked: known,
  };
}
