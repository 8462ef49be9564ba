/** How something about an asset of one's own is refused. */
import { currencyWords } from "../ledger/index.ts";
import { type Plain, plain, SpokenError } from "../plain.ts";

export class OwnAssetNotFoundError extends SpokenError {
  readonly code = "not_found";

  constructor(ticker: string) {
    super(plain("You have no asset of your own {ticker}; it may have been deleted already.", { ticker }));
  }
}

export class OwnAssetNameTakenError extends SpokenError {
  readonly code = "name_taken";
  readonly field = "name";

  constructor(name: string) {
    super(
      plain("You have an asset {name} already; give this one another name.", { name: JSON.stringify(name) }),
    );
  }
}

export class UnknownCurrencyError extends Error {
  readonly code = "invalid_currency";
  readonly field = "currency";
  readonly plain: Plain;

  constructor(code: string) {
    super(`expected the code of a currency, such as USD or KES, got: ${code}`);
    this.plain = currencyWords(code);
  }
}

export class OwnAssetInUseError extends Error {
  readonly code = "own_asset_in_use";
  readonly plain: Plain;

  /** `what` cannot be done to it. */
  constructor(name: string, transactions: number, what: "get another currency" | "be deleted") {
    super(
      `${name} has ${transactions} transaction${transactions === 1 ? "" : "s"} and cannot ${what}; ` +
        `delete ${transactions === 1 ? "it" : "them"} first`,
    );
    const values = { name, count: transactions };
    this.plain =
      what === "be deleted"
        ? plain(
            "{name} has {count, plural, one {# transaction and cannot be deleted; delete it first} other {# transactions and cannot be deleted; delete them first}}.",
            values,
          )
        : plain(
            "{name} has {count, plural, one {# transaction and cannot get another currency; delete it first} other {# transactions and cannot get another currency; delete them first}}.",
            values,
          );
  }
}

export class OwnPriceNotFoundError extends SpokenError {
  readonly code = "not_found";

  constructor(name: string, date: string) {
    super(plain("{name} has no price of {date:day}; it may have been deleted already.", { name, date }));
  }
}

/** Of a text that holds no prices: what was expected. */
export class UnreadablePricesError extends Error {
  readonly code = "invalid_csv";
  readonly field = "csv";
  readonly plain = plain(
    "No days and prices can be read here. Put a day and the price of this asset alone on each line, such as 2024-12-31, 12500000.",
  );
}

/** A price of a day that is still to come would be everybody's last day. */
export class FuturePriceError extends Error {
  readonly code = "invalid_prices";
  readonly field = "prices";
  readonly plain: Plain;

  constructor(date: string, today: string) {
    super(`expected prices of days up to ${today}, got one of ${date}`);
    this.plain = plain(
      "{date:day} is still to come. Enter the price when the day has come, or correct the date.",
      { date },
    );
  }
}
