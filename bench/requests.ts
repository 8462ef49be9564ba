/** A thread that asks for one address over some connections for some seconds, and says how long each answer took. */
import { Agent, get } from "node:http";
import { parentPort, workerData } from "node:worker_threads";

export interface Load {
  readonly url: string;
  readonly cookie: string;
  readonly connections: number;
  readonly seconds: number;
}

const { url, cookie, connections, seconds } = workerData as Load;
const agent = new Agent({ keepAlive: true, maxSockets: connections });
const headers = { Cookie: cookie, "Accept-Encoding": "gzip" };

const ask = (): Promise<void> =>
  new Promise((resolve, reject) => {
    get(url, { agent, headers }, (response) => {
      if (response.statusCode !== 200)
        reject(new Error(`expected 200 of ${url}, got ${response.statusCode}`));
      response.resume().once("end", resolve);
    }).once("error", reject);
  });

const took: number[] = [];
const end = performance.now() + seconds * 1000;

async function keepAsking(): Promise<void> {
  while (performance.now() < end) {
    const began = performance.now();
    await ask();
    took.push(performance.now() - began);
  }
}

await Promise.all(Array.from({ length: connections }, keepAsking));
agent.destroy();
parentPort?.postMessage(took);
