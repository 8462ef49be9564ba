/** A thread with a market on loopback that knows some tickers with long histories. Says its address. */
import { parentPort, workerData } from "node:worker_threads";
import { createReplayServer } from "../tests/support/replay-server.ts";
import { addDays, isWeekend, nextBar, type ReplayBar } from "../tests/support/replay-world.ts";
import { lastDay } from "./load.ts";

export interface Market {
  readonly tickers: readonly string[];
  readonly years: number;
}

const { tickers, years } = workerData as Market;
const server = await createReplayServer({ today: lastDay });
const { today } = server;

function barsOf(ticker: string): ReplayBar[] {
  const bars: ReplayBar[] = [];
  for (let day = addDays(today, -365 * years); day <= today; day = addDays(day, 1))
    if (!isWeekend(day)) bars.push(nextBar(ticker, bars.at(-1)?.close ?? 50, day));
  return bars;
}

const { bars: _, ...listing } = server.ticker("GLOBEX");
for (const ticker of tickers)
  server.addTicker({
    ...listing,
    ticker,
    name: `Bench ${ticker}`,
    bars: barsOf(ticker),
    splits: [],
    dividends: [],
  });
parentPort?.postMessage(server.url);
