/** What is said to a person of input that does not fit its schema, which says no more than that. */
import { type Plain, plain } from "../plain.ts";

/** Of fields whose values are checked by nothing but their schema, by the last part of their way. */
const inputWords: Readonly<Record<string, string>> = {
  name: "Enter a name: a few words, at most 60 letters.",
  currency: "Enter the three letters of a currency, such as USD, EUR or KES.",
  base_currency: "Enter the three letters of a currency, such as USD, EUR or KES.",
  ticker: "Enter a ticker as it is quoted, such as AAPL, BRK-B or BTC-USD.",
  weight: "Enter a percentage from 0 to 100, or nothing.",
  parts: "Choose at least one thing to show.",
  expires_on: "Enter a day by year, month and day, such as 2030-03-31.",
  kind: "Choose one of the kinds.",
  asset_class: "Choose one of the classes.",
  income: "Choose where dividends come from.",
  closed_at: "Enter a day since 1900 by year, month and day, such as 2024-03-31, or leave it empty.",
  date: "Enter a day since 1900 by year, month and day, such as 2024-03-31.",
  price: "Enter the price: a number above 0, such as 101.5.",
  csv: "Enter a day and a price on each line, such as 2024-12-31, 12500000. A million letters can be read at once.",
  email: "Enter an email address, such as ada@example.com.",
  password: "Enter a password of 8 to 200 characters.",
  new_password: "Enter a password of 8 to 200 characters.",
  current_password: "Enter the password that you have now.",
  passkey_name: "Enter a name of at most 60 letters, such as Laptop.",
  day: "Choose a day that every year has, such as 6 April.",
  month: "Choose a day that every year has, such as 6 April.",
  tax_year_start: "Choose a day that every year has, such as 6 April.",
  from: "Enter days by year, month and day, such as 2024-03-31, the first one first.",
  to: "Enter days by year, month and day, such as 2024-03-31, the first one first.",
  path: "This address leads nowhere: go back, and follow the link once more.",
};

/** Of input that does not fit its schema. */
export const wordsOfInput = (field: string): Plain =>
  plain(
    inputWords[field.split(".").at(-1) ?? ""] ??
      "Something here was not as the page sends it. Go back, open the page anew, and try once more.",
  );
