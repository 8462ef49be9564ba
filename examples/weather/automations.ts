/** What happens by itself. */
import type { Pool } from "pg";
import { type RunRequest, schedule, sensor } from "../../src/engine/index.ts";
import { readings, stations } from "./assets.ts";

export const hourly_readings = schedule({
  name: "hourly_readings",
  description: "The newest readings of every station, then everything below them.",
  cron: "5 * * * *",
  timeZone: "UTC",
  selection: "readings+",
});

export const weather_sensor = sensor({
  name: "weather_sensor",
  description: "Carries on what changed, whoever wrote it; fetches the readings of stations that have none.",
  sources: [stations, readings],
  requests: requestFirstReadings,
});

async function requestFirstReadings(pool: Pool): Promise<RunRequest[]> {
  const { rows } = await pool.query<{ station: string }>(
    `select station
     from weather.stations
     where not exists (select from weather.readings where readings.station = stations.station)
     order by station`,
  );
  return rows.map(({ station }) => ({
    selection: readings.name,
    partitions: [station],
    requestKey: `first readings of ${station}`,
    reason: `${station} has no readings yet`,
  }));
}
