import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Big } from "big.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bookRows } from "../../src/ledger/import/booking.ts";
import { movementOf } from "../../src/ledger/import/choice.ts";
import type { Entry } from "../../src/ledger/import/entry.ts";
import { readImportFile } from "../../src/ledger/import/read.ts";
import { type ImportRow, readRow } from "../../src/ledger/import/rows.ts";

// What a file has beside its trades, as transactions: pure, so that each broker's own words and signs can be tried.

const clock = () => new Date("2026-01-15T12:00:00Z");
const folder = join(import.meta.dirname, "formats");

/** As if every number were known. */
const resolve = ({ instrument }: Entry): string | undefined =>
  instrument?.ticker === null ? (instrument.identifier ?? undefined) : undefined;

async function booked(csv: string): Promise<ImportRow[]> {
  const { entries } = readImportFile({ csv }, clock);
  const rows = await bookRows(
    entries.map((entry) => readRow(entry, resolve, clock)),
    resolve,
    clock,
  );
  return rows.filter(({ entry }) => entry.booked !== undefined);
}

/** "14: DIVIDEND MSFT 7.5 USD, tax 1.13", or why not. */
const told = (rows: readonly ImportRow[]): string[] =>
  rows.map(({ line, kind, input, counterpart, partOf, problem }) => {
    if (partOf !== undefined) return `${line}: of ${partOf}`;
    if (!input) return `${line}: ${kind} not: ${problem?.message}`;
    return [input, counterpart]
      .filter((one) => one !== undefined)
      .map(({ type, ticker, quantity, amount, currency, fee, tax }) =>
        [
          `${line}: ${type}`,
          ticker,
          quantity,
          amount,
          currency,
          ...(fee === "0" ? [] : [`fee ${fee}`]),
          ...(tax ? [`tax ${tax}`] : []),
        ]
          .filter((part) => part !== undefined)
          .join(" "),
      )
      .join(", ");
  });

const bookedFile = (name: string) => booked(readFileSync(join(folder, name), "utf8"));

describe("each broker's rows", () => {
  const names = readdirSync(folder).filter((name) => /\.(csv|json)$/.test(name));

  test("are booked as they say", async () => {
    const all = [];
    for (const name of names) {
      const lines = told(await bookedFile(name));
      if (lines.length > 0) all.push([name, ...lines].join("\n  "));
    }
    await expect(`${all.join("\n")}\n`).toMatchFileSnapshot(join(folder, "booked.snapshot"));
  });

  /** What the file's own figures say that a row moved: after costs, in whichever sign. */
  const ofFile = ({ booked: figures, quantity }: Entry): Big => {
    const { gross, net, price, costs } = figures!;
    const all = costs.reduce((sum, { value }) => sum.plus(value), new Big(0));
    if (net !== null && !new Big(net).eq(0)) return new Big(net).abs();
    if (gross !== null && !new Big(gross).eq(0)) return new Big(gross).abs().minus(all);
    return price !== null && quantity !== null
      ? new Big(price).times(quantity).minus(all)
      : new Big(quantity!);
  };

  test.each(names)(
    "%s: what is recorded and what is left out is all there is, in each currency",
    async (name) => {
      const rows = await bookedFile(name);
      const lineOf = new Map(rows.map((row) => [row.line, row]));
      for (const row of rows) {
        expect(
          [row.input !== null, row.partOf !== undefined, row.problem !== undefined].filter(Boolean),
        ).toEqual([true]);
        const { input, counterpart, group, entry } = row;
        if (!input || counterpart || group === "shares") continue;
        const parts = rows.filter(({ partOf }) => partOf === row.line);
        const withheld = parts.reduce((sum, part) => sum.plus(part.entry.amount!), new Big(0));
        // What stands in rows of its own is below 0 where it was withheld.
        expect(movementOf(input).abs().toFixed()).toBe(ofFile(entry).plus(withheld).toFixed());
        for (const { partOf } of parts) expect(lineOf.get(partOf!)).toBe(row);
      }
    },
  );
});

describe("what was withheld of a dividend", () => {
  const statement = (dividends: string[], taxes: string[]): string =>
    [
      "Statement,Header,Field Name,Field Value",
      "Statement,Data,BrokerName,Interactive Brokers",
      "Dividends,Header,Currency,Date,Description,Amount",
      ...dividends.map((row) => `Dividends,Data,USD,${row}`),
      "Withholding Tax,Header,Currency,Date,Description,Amount,Code",
      ...taxes.map((row) => `Withholding Tax,Data,USD,${row},`),
      "",
    ].join("\n");
  const dividend = "2024-01-12,MSFT(US5949181045) Cash Dividend USD 0.75 per Share (Ordinary Dividend),7.5";
  const tax = "2024-01-12,MSFT(US5949181045) Cash Dividend USD 0.75 per Share - US Tax,-1.13";

  test("is its tax, also in several rows and where part of it was paid back", async () => {
    const back = "2024-01-12,MSFT(US5949181045) Cash Dividend USD 0.75 per Share - US Tax,0.13";
    expect(told(await booked(statement([dividend], [tax, back])))).toEqual([
      "4: DIVIDEND MSFT 7.5 USD tax 1",
      "6: of 4",
      "7: of 4",
    ]);
  });

  test("of two on one day is of the one that its words name, else a tax of its own", async () => {
    const special = "2024-01-12,MSFT(US5949181045) Cash Dividend USD 3.00 per Share (Bonus Dividend),30";
    expect(told(await booked(statement([dividend, special], [tax])))).toEqual([
      "4: DIVIDEND MSFT 7.5 USD tax 1.13",
      "5: DIVIDEND MSFT 30 USD",
      "7: of 4",
    ]);
    const unclear = tax.replace("0.75", "9.99");
    expect(told(await booked(statement([dividend, special], [unclear])))).toEqual([
      "4: DIVIDEND MSFT 7.5 USD",
      "5: DIVIDEND MSFT 30 USD",
      "7: TAX MSFT 1.13 USD",
    ]);
  });

  test("on another day, or of more than there was, is a tax of its own; what is paid back is below 0", async () => {
    const later = tax.replace("2024-01-12", "2024-02-12");
    const more = tax.replace("-1.13", "-11.3");
    expect(told(await booked(statement([dividend], [later, more])))).toEqual([
      "4: DIVIDEND MSFT 7.5 USD tax 11.3".replace(" tax 11.3", ""),
      "6: TAX MSFT 1.13 USD",
      "7: TAX MSFT 11.3 USD",
    ]);
    expect(told(await booked(statement([], [tax, later.replace("-1.13", "1.13")])))).toEqual([
      "5: TAX 1.13 USD",
      "6: TAX -1.13 USD",
    ]);
  });

  test("a dividend taken back is below 0", async () => {
    const taken = dividend.replace(",7.5", ",-7.5");
    expect(told(await booked(statement([dividend, taken], [])))).toEqual([
      "4: DIVIDEND MSFT 7.5 USD",
      "5: DIVIDEND MSFT -7.5 USD",
    ]);
  });
});

describe("a conversion", () => {
  const head = "Datum,Tijd,Valutadatum,Product,ISIN,Omschrijving,FX,Mutatie,,Saldo,,Order Id\n";
  const row = (time: string, what: string, currency: string, sum: string): string =>
    `15-01-2024,${time},15-01-2024,,,${what},,${currency},"${sum}",${currency},"0,00",\n`;
  const out = row("16:55", "Valuta Debitering", "EUR", "-29,10");
  const into = row("16:55", "Valuta Creditering", "USD", "31,90");

  test("is two rows of one moment, with one transfer_id", async () => {
    const rows = await booked(head + out + into);
    expect(told(rows)).toEqual(["2: FX_OUT 29.1 EUR", "3: FX_IN 31.9 USD"]);
    expect(new Set(rows.map(({ input }) => input?.transfer_id))).toEqual(new Set(["line 2"]));
  });

  test("is known by its moment where its reference was broken in two", async () => {
    const broken = out.replace('"0,00",\n', '"0,00",5925d76b\n');
    const whole = into.replace('"0,00",\n', '"0,00",5925d76b-eb36\n');
    expect(told(await booked(head + broken + whole))).toEqual(["2: FX_OUT 29.1 EUR", "3: FX_IN 31.9 USD"]);
  });

  test("with one side alone stays out, and so does one whose other side cannot be read", async () => {
    const alone = "not: the other side of the conversion is not in the file";
    expect(told(await booked(head + out))).toEqual([`2: FX_OUT ${alone}`]);
    expect(told(await booked(head + out + into.replace("16:55", "18:00")))).toEqual([
      `2: FX_OUT ${alone}`,
      `3: FX_IN ${alone}`,
    ]);
    const unknown = await booked(head + out + into.replaceAll("USD", "USDT"));
    expect(unknown.every(({ input, problem }) => input === null && problem)).toBe(true);
  });
});

describe("sums", () => {
  const swissquote = (...rows: string[]): Promise<ImportRow[]> =>
    booked(
      `Date;Order #;Transaction;Symbol;Name;ISIN;Quantity;Unit price;Costs;Accrued Interest;Net Amount;Balance;Currency\n${rows.join("\n")}\n`,
    );

  test("go the way that their sign says, whatever number stands beside them", async () => {
    const rows = await swissquote(
      "23-08-2022 12:00:25;114723639;Forex credit;;;;1.0;1995.39;0.00;0.00;1995.39;2937.32;EUR",
      "23-08-2022 12:00:25;114723639;Forex debit;;;;1.0;2000.00;0.00;0.00;-2000.00;166660.08;USD",
      "24-08-2022 07:00:15;00000000;Debit;;;;1.0;2000.00;2.00;0.00;-2002.00;6612.40;CHF",
      "30-06-2022 18:01:13;00000000;Custody Fees;;;;1.0;50.00;3.85;0.00;-53.85;28197.90;CHF",
      "01-01-2022 11:37:15;00000000;Interests;;;;1.0;0.01;0.00;0.00;-0.01;1985.91;CHF",
    );
    expect(told(rows)).toEqual([
      "2: FX_IN 1995.39 EUR",
      "3: FX_OUT 2000 USD",
      "4: WITHDRAWAL 2000 CHF fee 2",
      "5: FEE 53.85 CHF",
      "6: INTEREST -0.01 CHF",
    ]);
  });

  test("before and after costs say what was withheld of an income, or add up", async () => {
    const rabobank = (gross: string, net: string): Promise<ImportRow[]> =>
      booked(
        `Portefeuille;Naam;Datum;Type mutatie;Valuta mutatie;Volume;Koers;Valuta koers;Valuta kosten €;Waarde;Bedrag;Isin code;Tijd;Beurs
1;Aandelen;28-11-2023;Contant dividend;EUR;60,5563;1,331559 ;EUR;0;${gross};${net};NL0014065450;;\n`,
      );
    expect(told(await rabobank("80,63", "68,54"))).toEqual(["2: DIVIDEND NL0014065450 80.63 EUR tax 12.09"]);
    expect(told(await rabobank("80,63", "8,54"))[0]).toContain("which do not add up");
    expect(told(await rabobank("68,54", "80,63"))[0]).toContain("which do not add up");
  });

  test("in pence are pounds", async () => {
    const rows = await booked(
      "date,type,ticker,quantity,price,amount,tax,currency\n2024-01-02,Dividend,VOD.L,,,90.5,10,GBX\n",
    );
    expect(told(rows)).toEqual(["2: DIVIDEND VOD.L 1.005 GBP tax 0.1"]);
  });
});

test("what is paid in lieu of a dividend is one, and a return of capital among dividends is none", async () => {
  const head = '"Type","SettleDate","ISIN","Description","Amount","CurrencyPrimary"\n';
  const rows = await booked(
    `${head}"Dividends","20230913","CH0111762537","SMM(CH0111762537) CASH DIVIDEND CHF 0.69 PER SHARE (Return of Capital)","4.83","CHF"
"Payment In Lieu Of Dividends","20250630","US11135F1012","AVGO(US11135F1012) PAYMENT IN LIEU OF DIVIDEND (Ordinary Dividend)","0.59","USD"\n`,
  );
  expect(told(rows)).toEqual(["2: RETURN_OF_CAPITAL CH0111762537 4.83 CHF", "3: DIVIDEND AVGO 0.59 USD"]);
});

describe("a row that nobody can tell the truth of stays out", () => {
  const one = async (row: string, more = "") =>
    (await told(await booked(`date,type,ticker,quantity,price,amount,currency,note\n${row}\n${more}`)))[0];

  test.each([
    ["2024-01-02,Dividend,ACME,,,,USD,", "it has no amount"],
    ["2024-01-02,Dividend,,,,5,USD,", "nothing says of which instrument it is"],
    ["2024-01-02,Deposit,,,,5,USDT,", "it is in USDT, which is no currency"],
    ["2024-01-02,Sweep,,,,5,USD,", "it moved money within the broker, where it is the same money"],
    [
      "2024-01-02,Transfer,,,,5,USD,",
      "nothing says whether it came from elsewhere or moved within the broker",
    ],
    ["2024-01-02,Transfer In,ACME,5,,,USD,", "what the shares had cost is not in the file"],
    ["2024-01-02,Split,ACME,5,,,USD,", "splits are counted as the market has them"],
    [
      "2024-01-02,Spin off,ACME,5,,,USD,",
      "what a corporate action does to a holding is not in the file: enter it by hand",
    ],
    ["2024-01-02,Convert,,,,5,USD,", "the other side of the conversion is not in the file"],
    ["2024-01-02,Dividend,ACME,,,5,USD,reversal", '"reversal" in the column note'],
    ["2024-13-02,Dividend,ACME,,,5,USD,", "2024-13-02"],
    ["2027-01-02,Deposit,,,,5,USD,", "2027-01-02"],
    ["2024-01-02,Interest,,,,5,USD,", "INTEREST 5 USD"],
    ["2024-01-02,Margin Interest,,,,5,USD,", "nothing says whether it was paid or received"],
  ])("%s", async (row, why) => {
    expect(await one(row)).toContain(why);
  });

  test("a withdrawal without a sign, where others have one", async () => {
    expect(await one("2024-01-02,Withdrawal,,,,5,USD,")).toBe("2: WITHDRAWAL 5 USD");
    expect(await one("2024-01-02,Withdrawal,,,,5,USD,", "2024-01-03,Fee,,,,-1,USD,\n")).toContain(
      "nothing says whether it was paid or paid back",
    );
  });
});

const decimal = fc.integer({ min: 1, max: 9_999_999 }).map((cents) => new Big(cents).div(100));
const entry = fc.record({
  kind: fc.constantFrom("Dividend", "Interest", "Fee", "Tax", "Deposit", "Withdrawal"),
  sum: decimal,
  currency: fc.constantFrom("USD", "EUR", "KES", "XXQ"),
  isBack: fc.boolean(),
  isMissing: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});

test("law: what is recorded and what is left out is what the file says, in each currency", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 40 }), async (rows) => {
      // One row below 0 makes it a file that writes signs.
      const signed = rows.map((row) => {
        const isOut =
          ["Fee", "Tax", "Withdrawal"].includes(row.kind) !== (row.isBack && row.kind !== "Withdrawal");
        return { ...row, sum: isOut ? row.sum.neg() : row.sum };
      });
      const lines = signed.map(
        ({ kind, sum, currency, isMissing }) =>
          `2024-01-02,${kind},${kind === "Dividend" ? "ACME" : ""},,,${isMissing ? "" : sum.toFixed(2)},${currency}`,
      );
      const csv = `date,type,ticker,quantity,price,amount,currency\n2024-01-01,Fee,,,,-1,USD\n${lines.join("\n")}\n`;
      const found = await booked(csv);
      const balance = (sums: [string, Big][]) => {
        const totals = new Map<string, Big>();
        for (const [currency, sum] of sums)
          totals.set(currency, (totals.get(currency) ?? new Big(0)).plus(sum));
        return Object.fromEntries([...totals].map(([currency, sum]) => [currency, sum.toFixed()]));
      };
      const recorded = found.flatMap(({ input }): [string, Big][] =>
        input ? [[input.currency!, movementOf(input)]] : [],
      );
      const out = found.flatMap(({ input, partOf, entry: { amount, currency } }): [string, Big][] =>
        input || partOf !== undefined || amount === null ? [] : [[currency ?? "", new Big(amount)]],
      );
      const said = signed.flatMap(({ sum, currency, isMissing }): [string, Big][] =>
        isMissing ? [] : [[currency, sum]],
      );
      expect(balance([...recorded, ...out])).toEqual(balance([["USD", new Big(-1)], ...said]));
      expect(out.every(([currency]) => currency === "XXQ")).toBe(true);
    }),
    { numRuns: 100 },
  );
});
