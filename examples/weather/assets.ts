/** What there is: two sources and four models, each declared once. The models' bodies stand in `models/<layer>/<name>.sql`. */
import { sourceAsset, sqlAsset } from "../../src/engine/index.ts";
import { ingestReadings } from "./readings.ts";

/** From what comes in to what is read. */
export const layers = ["received", "cleaned", "daily", "summary"];

const station = { type: "text", description: "Code of the station." } as const;
const region = { type: "text", description: "Where the station stands." } as const;
const observed_on = { type: "date", description: "Day of the reading, in UTC." } as const;
const celsius = { type: "numeric", description: "Temperature of the air." } as const;

export const stations = sourceAsset({
  name: "stations",
  schema: "weather",
  layer: "received",
  description: "The stations there are, written by hand.",
  columns: { station, name: { type: "text", description: "For people." }, region },
  key: ["station"],
  partitionBy: "station",
});

export const readings = sourceAsset({
  name: "readings",
  schema: "weather",
  layer: "received",
  description: "What the stations' service says, as it says it.",
  columns: {
    station,
    observed_at: { type: "timestamp with time zone", description: "When." },
    observed_on,
    celsius,
  },
  key: ["station", "observed_at"],
  partitionBy: "station",
  timeColumn: "observed_on",
  retry: { attempts: 3, backoffSeconds: 0.2 },
  timeoutSeconds: 60,
  ingest: ingestReadings,
});

export const cleaned_readings = sqlAsset({
  name: "cleaned_readings",
  layer: "cleaned",
  description: "Readings without those that say that there was none.",
  materialized: "view",
  columns: readings.columns,
  key: ["station", "observed_at"],
  partitionBy: "station",
  timeColumn: "observed_on",
  deps: [readings],
});

export const station_days = sqlAsset({
  name: "station_days",
  layer: "daily",
  description: "How cold and how warm a day was at a station.",
  materialized: "incremental",
  columns: {
    station,
    observed_on,
    readings: { type: "bigint", description: "How many there are of the day." },
    coldest: celsius,
    mean: { type: "numeric", description: "Of the day's readings, to a hundredth." },
    warmest: celsius,
  },
  key: ["station", "observed_on"],
  partitionBy: "station",
  timeColumn: "observed_on",
  deps: [cleaned_readings],
  checks: [
    {
      kind: "expression",
      name: "temperature_on_earth",
      description: "Colder or warmer was never measured: the unit is another one.",
      expression: "coldest >= -90 and warmest <= 57",
    },
  ],
});

export const region_days = sqlAsset({
  name: "region_days",
  layer: "daily",
  description: "The mean of a region's stations on a day.",
  materialized: "incremental",
  columns: {
    region,
    observed_on,
    stations: { type: "bigint", description: "How many had readings that day." },
    mean: { type: "numeric", description: "Of the stations' means, to a hundredth." },
  },
  key: ["region", "observed_on"],
  partitionBy: "region",
  timeColumn: "observed_on",
  // A station's days are its region's. A station that moves leaves a region that is named nowhere any more: every region.
  deps: [{ asset: station_days, via: stations }, stations],
});

export const station_summary = sqlAsset({
  name: "station_summary",
  layer: "summary",
  description: "Everything on one line for each station, those without readings too.",
  materialized: "view",
  columns: {
    station,
    name: stations.columns.name,
    region,
    days: { type: "bigint", description: "With readings." },
    last_day: { ...observed_on, nullable: true },
    coldest: { ...celsius, nullable: true },
    warmest: { ...celsius, nullable: true },
  },
  key: ["station"],
  partitionBy: "station",
  deps: [stations, station_days],
});
