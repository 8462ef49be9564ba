/**
 * What FRED's series tell, each day by what was known on that day. Apart from macro.ts, which reads portfolio models,
 * because portfolio models read interest rates.
 */
import { sqlAsset } from "../src/engine/index.ts";
import { raw_fred } from "./bronze.ts";
import { amount, day, nullable, ratio, text } from "./columns.ts";

const seriesId = text("FRED's name of the series.");
const observationDate = day("First day of the period the observation is about: of a month, its 1st.");

export const stg_fred_macro = sqlAsset({
  name: "stg_fred_macro",
  layer: "staging",
  description:
    "FRED's observations without the missing ones, each with the first day on which it could be known.",
  materialized: "view",
  deps: [raw_fred],
  columns: {
    series_id: seriesId,
    observation_date: observationDate,
    value: amount("Newest value, in the unit of the series."),
    available_date: day(
      "First day on which the value could be known: FRED's real-time start, or else the latest day on which the release regularly comes.",
    ),
  },
  key: ["series_id", "observation_date"],
  partitionBy: "series_id",
  timeColumn: "observation_date",
  checks: [
    {
      kind: "expression",
      name: "available_after_observed",
      description: "Nothing is known before the period it is about has begun.",
      expression: "available_date >= observation_date",
    },
  ],
  tags: ["macro"],
});

export const int_macro_publications = sqlAsset({
  name: "int_macro_publications",
  layer: "intermediate",
  description: "Each monthly series as it stood after each of its publications.",
  materialized: "view",
  deps: [stg_fred_macro],
  columns: {
    series_id: seriesId,
    published_date: day("Day on which a value of the series came out."),
    next_published_date: nullable(day("Day of the next publication; null for the last one.")),
    observation_date: day("The newest month known by then."),
    value: amount("Value of the newest month."),
    three_month_average: amount(
      "Mean of the newest month and the two before it, as far as they were observed.",
    ),
    previous_value: nullable(amount("Value of the last month observed before the newest.")),
    value_3_months_ago: nullable(
      amount("Value of the last month observed at least three months before the newest."),
    ),
    value_6_months_ago: nullable(
      amount("Value of exactly six months before the newest; null where that month was not observed."),
    ),
    value_12_months_ago: nullable(
      amount("Value of exactly twelve months before the newest; null where that month was not observed."),
    ),
    gap_to_12_month_low: nullable(
      amount(
        "Three-month average minus its lowest of the twelve months before; null below fourteen months of history.",
      ),
    ),
    gap_to_5_year_low: amount("Three-month average minus the lowest one published in five years."),
  },
  key: ["series_id", "published_date"],
  partitionBy: "series_id",
  timeColumn: "published_date",
  tags: ["macro"],
});

export const int_macro_signals = sqlAsset({
  name: "int_macro_signals",
  layer: "intermediate",
  description: "Every calendar day's macro signals as they were known on that day.",
  materialized: "table",
  deps: [stg_fred_macro, int_macro_publications],
  columns: {
    date: day("Calendar day."),
    unemployment_month: day("The newest month of UNRATE known."),
    unemployment: amount("Unemployment rate of that month, percent."),
    sahm_gap: nullable(
      amount(
        "Three-month average of the unemployment rate minus its lowest of the twelve months before, percentage points.",
      ),
    ),
    unemployment_slack: amount(
      "Three-month average of the unemployment rate minus its lowest of five years, percentage points.",
    ),
    unemployment_change_1m: nullable(
      amount("Unemployment rate minus that of the month observed before, percentage points."),
    ),
    unemployment_change_3m: nullable(
      amount("Unemployment rate minus that of three months before, percentage points."),
    ),
    production_month: day("The newest month of INDPRO known."),
    production_change_1m: nullable(
      ratio("Industrial production against the month before, a ratio (0.01 is 1 %)."),
    ),
    production_growth_6m: nullable(
      ratio("Growth of industrial production over six months, at an annual rate."),
    ),
    industrial_production_yoy: nullable(ratio("Growth of industrial production over twelve months.")),
    inflation_yoy: nullable(
      ratio(
        "Growth of consumer prices (CPIAUCSL) over twelve months; null where one of the months was not observed.",
      ),
    ),
    fed_funds: amount("Effective federal funds rate (DFF), percent a year."),
    yield_10y: nullable(
      amount("Ten-year Treasury yield, mean of the newest month known (GS10), percent a year."),
    ),
    curve_10y2y: nullable(
      amount("Ten-year minus two-year Treasury yield (T10Y2Y), percentage points; from June 1976 on."),
    ),
    yield_curve: nullable(amount("curve_10y2y, and before it exists GS10 minus DFF, percentage points.")),
    breakeven_inflation_10y: nullable(
      amount("Inflation over ten years that bond prices imply (T10YIE), percent a year; from 2003 on."),
    ),
  },
  key: ["date"],
  timeColumn: "date",
  tags: ["macro"],
});
