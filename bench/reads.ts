/** What people see: the overview, first and again, and how many overviews a second programs get. */
import { Worker } from "node:worker_threads";
import { startSession } from "../src/accounts/index.ts";
import { lastDay } from "./load.ts";
import type { Load } from "./requests.ts";
import { GoldWatch } from "./visible.ts";
import type { World } from "./world.ts";
import type { Figure } from "./yardsticks.ts";

const cookieName = "stratafolio_session";

export interface Session {
  readonly cookie: string;
}

export async function signIn({ pool, surroundings }: World, person: number): Promise<Session> {
  const { clock, config } = surroundings;
  const { token } = await startSession({ pool, clock, jwtSecret: config.jwtSecret ?? "" }, person, null);
  return { cookie: `${cookieName}=${token}` };
}

export async function look(url: string, cookie: string): Promise<{ took: number; bytes: number }> {
  const began = performance.now();
  const response = await fetch(url, { headers: { Cookie: cookie, "Accept-Encoding": "gzip" } });
  const { byteLength } = await response.arrayBuffer();
  const took = performance.now() - began;
  if (!response.ok || response.redirected) throw new Error(`expected ${url}, got ${response.status}`);
  return { took, bytes: byteLength };
}

/** A client in a thread of its own asks as fast as it is answered; returns what each answer took. */
export async function ask(load: Load): Promise<number[]> {
  const worker = new Worker(new URL("./requests.ts", import.meta.url), { workerData: load });
  return await new Promise<number[]>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

/** The engine is at work. looks: each after a trade, so that nothing of it is kept, and once more. seconds: of each of three times that requests are counted for. */
export async function measureReads(world: World, looks: number, seconds: number): Promise<Figure[]> {
  const web = await world.startWeb();
  const watch = await GoldWatch.open(world);
  try {
    const page = `${web.url}/portfolio?range=Max`;
    const [first, again]: [number[], number[]] = [[], []];
    for (let number = -2; number < looks; number += 1) {
      const person = 1 + ((number + 2) % world.size.users);
      const { cookie } = await signIn(world, person);
      await watch.trade(person, lastDay);
      const took = [(await look(page, cookie)).took, (await look(page, cookie)).took] as const;
      if (number < 0) continue;
      first.push(took[0]);
      again.push(took[1]);
    }
    const { cookie } = await signIn(world, 1);
    const aSecond = async (path: string): Promise<number[]> => {
      const rates: number[] = [];
      for (let time = 0; time < 3; time += 1)
        rates.push((await ask({ url: web.url + path, cookie, connections: 16, seconds })).length / seconds);
      return rates;
    };
    return [
      { measure: "overview, first look after a trade", ours: first },
      { measure: "overview, again", ours: again },
      {
        measure: "overviews a second over the API",
        ours: await aSecond("/api/portfolio/performance"),
        floor: await aSecond("/healthz"),
        unit: "/ s",
      },
    ];
  } finally {
    watch.close();
    await web.close();
  }
}
