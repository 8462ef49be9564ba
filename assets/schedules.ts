import { type Schedule, schedule } from "../src/engine/index.ts";

export const schedules: readonly Schedule[] = [
  schedule({
    name: "daily_market_data_ingestion",
    description:
      "New bars of every ticker in the system, then everything downstream. US exchanges are open until 20:00 or " +
      "21:00 UTC: the day's bar is provisional until the next fetch.",
    cron: "0 18 * * 1-5",
    timeZone: "UTC",
    selection: "raw_prices+",
  }),
  schedule({
    name: "monthly_fred_macro_refresh",
    description: "FRED's macroeconomic series, then the regimes and what is measured by them.",
    cron: "0 6 1 * *",
    timeZone: "UTC",
    selection: "raw_fred+",
  }),
];
