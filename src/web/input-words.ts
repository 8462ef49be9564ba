/** What is said to a person of input that does not fit its schema, which says no more than that. */
import { type Plain, plain } from "../plain.ts";
import { defineMessage, type Message } from "./messages/index.ts";

/** Of fields whose values are checked by nothing but their schema, by the last part of their way. */
const inputWords: Readonly<Record<string, Message>> = {
  name: defineMessage("Enter a name: a few words, at most 60 letters."),
  currency: defineMessage("Enter the three letters of a currency, such as USD, EUR or KES."),
  base_currency: defineMessage("Enter the three letters of a currency, such as USD, EUR or KES."),
  ticker: defineMessage("Enter a ticker as it is quoted, such as AAPL, BRK-B or BTC-USD."),
  weight: defineMessage("Enter a percentage from 0 to 100, or nothing."),
  parts: defineMessage("Choose at least one thing to show."),
  expires_on: defineMessage("Enter a day by year, month and day, such as 2030-03-31."),
  kind: defineMessage("Choose one of the kinds."),
  asset_class: defineMessage("Choose one of the classes."),
  income: defineMessage("Choose where dividends come from."),
  closed_at: defineMessage(
    "Enter a day since 1900 by year, month and day, such as 2024-03-31, or leave it empty.",
  ),
  date: defineMessage("Enter a day since 1900 by year, month and day, such as 2024-03-31."),
  price: defineMessage("Enter the price: a number above 0, such as 101.5."),
  csv: defineMessage(
    "Enter a day and a price on each line, such as 2024-12-31, 12500000. A million letters can be read at once.",
  ),
  email: defineMessage("Enter an email address, such as ada@example.com."),
  password: defineMessage("Enter a password of 8 to 200 characters."),
  new_password: defineMessage("Enter a password of 8 to 200 characters."),
  current_password: defineMessage("Enter the password that you have now."),
  passkey_name: defineMessage("Enter a name of at most 60 letters, such as Laptop."),
  day: defineMessage("Choose a day that every year has, such as 6 April."),
  month: defineMessage("Choose a day that every year has, such as 6 April."),
  tax_year_start: defineMessage("Choose a day that every year has, such as 6 April."),
  from: defineMessage("Enter days by year, month and day, such as 2024-03-31, the first one first."),
  to: defineMessage("Enter days by year, month and day, such as 2024-03-31, the first one first."),
  exchange: defineMessage("Choose one of the exchanges, or none."),
  pair: defineMessage("Enter two currencies, one of them the US dollar, such as USD/KES."),
  url: defineMessage("Enter an address that begins with https:// or http://."),
  date_path: defineMessage(
    "Enter where the days and the prices are: of CSV the names of two columns, or nothing; of JSON two paths, such as $.prices[*].date.",
  ),
  price_path: defineMessage(
    "Enter where the days and the prices are: of CSV the names of two columns, or nothing; of JSON two paths, such as $.prices[*].date.",
  ),
  unit: defineMessage(
    "Enter what the prices are in: the three letters of a currency, such as KES, or GBp for pence.",
  ),
  path: defineMessage("This address leads nowhere: go back, and follow the link once more."),
};

/** Of input that does not fit its schema. */
export const wordsOfInput = (field: string): Plain =>
  plain(
    inputWords[field.split(".").at(-1) ?? ""] ??
      defineMessage(
        "Something here was not as the page sends it. Go back, open the page anew, and try once more.",
      ),
  );
