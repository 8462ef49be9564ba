/** What nobody says of the currency of a price or a fee, and has to. */

import { type Unit, unitNameOf } from "../market/currency.ts";
import { type Plain, plain, SpokenError } from "../plain.ts";

/** A price was asked for in one unit, and its ticker is quoted in another. */
export class UnitNotSaidError extends SpokenError {
  readonly code = "unit_not_said";
  readonly field: "currency" | "price";

  constructor(ticker: string, { name, currency }: Unit) {
    const unitName = unitNameOf(name);
    super(
      unitName === null
        ? plain("{ticker} is quoted in {currency}: say the price and the fee in that, and record it.", {
            ticker,
            currency,
          })
        : plain(
            "{ticker} is quoted in {unit} ({name}): say whether the price and the fee are in {unit} or in {currency}, and record it.",
            { ticker, unit: unitName, name, currency },
          ),
    );
    this.field = unitName === null ? "price" : "currency";
  }
}

export class UnnamedFeeUnitError extends Error {
  readonly code = "ambiguous_currency";
  readonly plain: Plain;

  constructor(unit: string, currency: string) {
    super(
      `expected a fee that says whether it is in ${unit}, as the price, or in ${currency}, got: neither; name it in the file, such as Fee (${currency})`,
    );
    this.plain = plain(
      "Is the fee in {unit}, as the price, or in {currency}? Name it in the file, such as Fee ({currency}).",
      { unit, currency },
    );
  }
}

export class UnnamedCurrencyError extends Error {
  readonly code = "ambiguous_currency";
  readonly plain: Plain;

  /** `quotedIn`: what the ticker is quoted in, which is not the dollar that is taken for granted. */
  constructor(ticker: string, quotedIn: string) {
    super(
      `expected a currency beside the price, got: none, and ${ticker} is quoted in ${quotedIn}; say above what prices without a currency are in`,
    );
    this.plain = plain(
      "No currency stands beside the price, and {ticker} is quoted in {quotedIn}: say above what such prices are in.",
      {
        ticker,
        quotedIn,
      },
    );
  }
}
