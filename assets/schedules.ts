import { type Schedule, schedule } from "../src/engine/index.ts";
import { defineMessage } from "../src/plain.ts";

export const schedules: readonly Schedule[] = [
  schedule({
    name: "daily_market_data_ingestion",
    description: defineMessage(
      "New bars of every ticker in the system and new rates of every currency, then everything downstream. US exchanges are open " +
        "until 20:00 or 21:00 UTC: the day's bar is provisional until the next fetch.",
    ),
    cron: "0 18 * * 1-5",
    timeZone: "UTC",
    selection: "raw_prices+ raw_assets+ raw_fx_rates+",
  }),
  schedule({
    name: "evening_market_data_ingestion",
    description: defineMessage(
      "The same once more, an hour after the last exchange of the Americas closed: the figures of the day are final the same " +
        "night.",
    ),
    cron: "0 22 * * 1-5",
    timeZone: "UTC",
    selection: "raw_prices+ raw_assets+ raw_fx_rates+",
  }),
  schedule({
    name: "monthly_fred_macro_refresh",
    description: defineMessage("FRED's macroeconomic series, then the regimes and what is measured by them."),
    cron: "0 6 1 * *",
    timeZone: "UTC",
    selection: "raw_fred+",
  }),
  schedule({
    name: "nightly_verification",
    description: defineMessage(
      "Computes what is stored of some people and tickers anew, others each night, and compares. Rows that differ although " +
        "no change of them waits are an error of the models or of the engine.",
    ),
    cron: "30 3 * * *",
    timeZone: "UTC",
    selection: "*",
    verifies: { valuesPerColumn: 20 },
  }),
];
