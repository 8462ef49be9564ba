import { describe, expect, test } from "vitest";
import { toldOf } from "./import-told.ts";

// What names of columns and the lines around a table say of all figures in it: right, asked or refused, never dollars in silence.

const row = "2024-01-05;BUY;AAPL;10;100\n";
const header = "date;type;ticker;quantity;price\n";
const bought = ["2024-01-05 BUY 10 AAPL at 100 fee 0"];

describe("the lines around a table", () => {
  test.each([
    ...[
      "Account currency: EUR",
      "Base currency;EUR",
      "Konto-Währung: EUR",
      "Kontowährung EUR",
      "Devise du compte : EUR",
    ],
    ...["Moneda base: EUR", "Valuta conto: EUR", "Currency: CHF", "Waluta: PLN", "Reporting Currency (EUR)"],
    ...[
      "All amounts in EUR",
      "Alle Beträge in Euro",
      "Montants en EUR",
      "Depot 123456 EUR",
      "Cash balance: €1,234.50",
    ],
    ...["Currency: USD\nAccount currency: CHF", "通貨: JPY", "Валюта: RUB"],
  ])("that say %s leave prices without a currency to be asked about", (line) => {
    expect(toldOf(`${line}\n\n${header}${row}`)).toEqual(["ambiguous_currency"]);
    // A price that says its own is in that.
    expect(toldOf(`${line}\n\n${header.replace("price", "price (USD)")}${row}`)).toEqual(bought);
    expect(toldOf(`${line}\n\n${header.replace("\n", ";currency\n")}${row.replace("\n", ";USD\n")}`)).toEqual(
      bought,
    );
  });

  test.each(["All prices in EUR", "* Currency: EUR", "Values are shown in GBP"])(
    "below it too: %s",
    (line) => {
      expect(toldOf(`${header}${row}${line}\n`)).toEqual(["ambiguous_currency"]);
    },
  );

  test.each([
    ...["Account currency: USD", "All amounts in USD", "Transactions of BOB ALL", "Trades in all accounts"],
    ...["Account currency: EUR\nPrice currency: USD", "TOP 10 of 2024", "Exported in January"],
  ])("that say %s leave dollars", (line) => {
    expect(toldOf(`${line}\n\n${header}${row}`)).toEqual(bought);
  });

  test("make another dollar of $ where the account is in one", () => {
    const dollars = (line: string, csv: string) => toldOf(`${line}\n\n${csv}`);
    const beside = header + row.replace("100", "$100");
    const named = header.replace("price", "price ($)") + row;
    for (const csv of [beside, named]) {
      expect(dollars("Account currency: CAD", csv)).toEqual(["ambiguous_currency"]);
      expect(dollars("Account currency: EUR", csv)).toEqual(bought);
    }
    expect(dollars("Account currency: CAD", named.replace("($)", "(US$)"))).toEqual(bought);
  });
});

test("an amount in another currency says what a price without one is in, where it is the price of all", () => {
  const paid = (total: string) =>
    toldOf(`${header.replace("\n", ";Total (EUR)\n")}${row.replace("\n", `;${total}\n`)}`);
  expect(paid("1000")).toEqual(["2024-01-05 BUY 10 AAPL at 100 EUR fee 0"]);
  expect(paid("920")).toEqual(["ambiguous_currency"]);
});

describe("the zone of times", () => {
  const at = (csv: string) => toldOf(csv)[0]!.slice(0, 10);
  const night = "2024-01-06 00:30:00;BUY;AAPL;10;100\n";
  test.each(["Date (UTC)", "Date(UTC)", "Date UTC", "date_utc", "Time (GMT)", "Timestamp (UTC+0)"])(
    "is in the name of the column %s",
    (name) => {
      expect(at(header.replace("date", name) + night)).toBe("2024-01-05");
    },
  );

  test("may be another than UTC, in a column of its own or above the table", () => {
    expect(at(header.replace("date", "Date (UTC+9)") + night.replace("00:30", "13:30"))).toBe("2024-01-05");
    expect(at(header.replace("date", "Date (GMT-5)") + night)).toBe("2024-01-06");
    expect(at(header.replace("\n", ";Timezone\n") + night.replace("\n", ";UTC\n"))).toBe("2024-01-05");
    expect(at(`All times in UTC\n\n${header}${night}`)).toBe("2024-01-05");
    expect(at(`Exported 2024-02-01 10:00 UTC\n\n${header}${night}`)).toBe("2024-01-06");
    expect(at(header + night)).toBe("2024-01-06");
  });
});

describe("a unit in the name of a column", () => {
  // A name that is recognised as none is asked, and then its unit still holds.
  const named = (before: string, after: string) =>
    toldOf(header.replace(before, after) + row, { columns: { [before]: after } });

  test.each([
    ...[
      "Units (thousands)",
      "Units (000s)",
      "Units ('000)",
      "Quantity in thousands",
      "Quantity (k)",
      "Shares (millions)",
    ],
    ...["Quantity (lots)", "Units (tsd)", "Quantity (x100)", "Qty (mio)", "Quantity (contracts)"],
  ])("%s is refused", (name) => {
    expect(named("quantity", name)).toEqual(["unknown_unit"]);
  });

  test.each([
    "Price (cents)",
    "Price (¢)",
    "Price (US cents)",
    "Price (%)",
    "Price (% of par)",
    "Price (thousands)",
    "Price in cents",
    "Price (USD thousands)",
    "Price (per 100)",
  ])("%s is refused, whatever else names the currency", (name) => {
    const csv = header.replace("price", name).replace("\n", ";currency\n") + row.replace("\n", ";USD\n");
    expect(toldOf(csv, { columns: { price: name } })).toEqual(["unknown_unit"]);
  });

  test.each([
    "Price (R)",
    "Price (RM)",
    "Price (Ft)",
    "Price (S/)",
    "Price (Bs.)",
    "Price (лв)",
    "Price (₫)",
    "Price (rand)",
    "Price (Naira)",
    "Price [KSh]",
    "Price (₦/share)",
    "Price in R",
  ])("%s is no price in dollars", (name) => {
    expect(named("price", name)).toEqual(["unsupported_currency"]);
  });

  test.each([
    "Price (per share)",
    "Price (avg)",
    "Price (net)",
    "Price (local)",
    "Price (each)",
    "Price (incl. fees)",
    "Price (filled)",
    "Price (1)",
    "Price (USD/share)",
  ])("%s is", (name) => {
    expect(named("price", name)).toEqual(bought);
  });

  test.each(["Quantity (shares)", "Quantity (filled)", "Shares (No.)", "Quantity (units)"])(
    "%s is a number of shares",
    (name) => {
      expect(named("quantity", name)).toEqual(bought);
    },
  );

  test.each(["Fee (R)", "Fee (cents)", "Fee (₦)"])("%s is left out, and said", (name) => {
    const csv = header.replace("\n", `;${name}\n`) + row.replace("\n", ";5\n");
    expect(toldOf(csv)).toEqual([`${bought[0]} fee_left_out`]);
  });
});
