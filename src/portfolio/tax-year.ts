/** The years in which gains are taxed: of twelve months from a day that the person says. */

export interface TaxYear {
  /** The calendar year in which it begins: what it is asked for by. */
  readonly year: number;
  /** "2025/26"; "2025" where it is the calendar year. */
  readonly label: string;
  /** Its first and its last day. */
  readonly from: string;
  readonly to: string;
}

/** Pure. `start`: month and day, such as 04-06. */
export function taxYearOf(year: number, start: string): TaxYear {
  const next = Date.parse(`${year + 1}-${start}T00:00:00Z`);
  return {
    year,
    label: start === "01-01" ? String(year) : `${year}/${String((year + 1) % 100).padStart(2, "0")}`,
    from: `${year}-${start}`,
    to: new Date(next - 86_400_000).toISOString().slice(0, 10),
  };
}

/** The year that a day is in. Pure. */
export function taxYearOn(date: string, start: string): TaxYear {
  const year = Number(date.slice(0, 4));
  return taxYearOf(date.slice(5) < start ? year - 1 : year, start);
}
