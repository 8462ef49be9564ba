/** Real rates, with a naira that lost a third of its worth in a day, and with what is no rate put among them. */
import { existsSync, readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { judgeRates } from "../../assets/ingest/fx-verdicts.ts";

const folder = new URL("../../../shared/data/", import.meta.url);

interface Quote {
  readonly date: string;
  readonly value: string;
  readonly isFinal: boolean;
}

/** Oldest first. The files of Investing.com have months first, and commas in thousands. */
function read(path: string): Quote[] {
  const records = parse(readFileSync(new URL(path, folder)), { columns: true, bom: true }) as Record<
    string,
    string
  >[];
  return records
    .map(({ date, close, Date: american, Price }) => {
      const [month = "", day = "", year = ""] = (american ?? "").split("/");
      return {
        date: date ?? `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`,
        value: (close ?? Price ?? "").replaceAll(",", ""),
        isFinal: true,
      };
    })
    .sort((a, b) => (a.date < b.date ? -1 : 1));
}

const series = [
  ["EUR", "prices/EURUSD__lean_oanda_mid.csv", false],
  ["KES", "africa/fx/USD_KES Historical Data.csv", true],
  ["KES", "africa/fx/USD_KES_2015_2025 Historical Data.csv", true],
  ["NGN", "africa/fx/USD_NGN Historical Data.csv", true],
  ["ZAR", "africa/fx/USD_ZAR Historical Data.csv", true],
] as const;

describe.skipIf(!existsSync(folder)).each(series)("%s of %s", (_currency, path, isInverse) => {
  const quotes = read(path);

  test("every day is a rate", () => {
    const { rates, defects } = judgeRates(quotes, isInverse, null);
    expect(defects).toEqual([]);
    expect(rates.map(({ date }) => date)).toEqual(quotes.map(({ date }) => date));
    for (const [index, { usdPerUnit }] of rates.entries()) {
      const value = Number(quotes[index]!.value);
      expect(Number(usdPerUnit) / (isInverse ? 1 / value : value)).toBeCloseTo(1, 12);
    }
  });

  test("one day a hundredfold, one a spike, one zero: these three are none", () => {
    const change: Readonly<Record<number, (value: number) => number>> = {
      200: (value) => value * 100,
      400: (value) => value * 1.6,
      600: () => 0,
    };
    const damaged = quotes.map((quote, index) => ({
      ...quote,
      value: String(change[index]?.(Number(quote.value)) ?? quote.value),
    }));
    const { defects } = judgeRates(damaged, isInverse, null);
    expect(defects.map(({ date, defect }) => [date, defect]).sort()).toEqual([
      [quotes[200]!.date, "hundredfold"],
      [quotes[400]!.date, "lone_spike"],
      [quotes[600]!.date, "not_positive"],
    ]);
  });
});
