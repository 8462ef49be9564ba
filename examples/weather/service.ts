/** A service of invented readings on this machine, so that the example needs no network: its `url` is what is asked. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface ServiceReading {
  readonly observed_at: string;
  readonly celsius: number;
}

/** The readings of a station from a day on; null: there is no such station. What it throws is answered with 503. */
export type Answer = (station: string, from: string) => readonly ServiceReading[] | null;

export interface Service {
  readonly url: string;
  close(): Promise<void>;
}

export async function startService(answer: Answer): Promise<Service> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://service");
    const station = decodeURIComponent(url.pathname.split("/")[2] ?? "");
    const send = (status: number, body: unknown): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    try {
      const readings = answer(station, url.searchParams.get("from") ?? "");
      send(readings ? 200 : 404, readings);
    } catch {
      send(503, null);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Three readings of each day of the first week of 2026; colder in the north, and silent at times. */
export function inventedReadings(station: string, from: string): ServiceReading[] | null {
  const warmth: Readonly<Record<string, number>> = { hill: -4, lake: 1, port: 7 };
  const base = warmth[station];
  if (base === undefined) return null;
  const readings: ServiceReading[] = [];
  for (let day = 1; day <= 7; day++) {
    const date = `2026-01-0${day}`;
    if (date < from) continue;
    for (const hour of ["06", "14", "22"]) {
      const celsius = station === "lake" && day === 3 ? 999.9 : base + day * 0.5 + (hour === "14" ? 3.5 : 0);
      readings.push({ observed_at: `${date}T${hour}:00:00Z`, celsius });
    }
  }
  return readings;
}
