import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface Relay {
  /** The server's connection string by way of the relay. */
  readonly url: string;
  /** How many connections there are that are carried on. */
  readonly open: number;
  /** What comes on connections that stand now is taken and goes nowhere, in both directions; their sockets live on. */
  swallow(): void;
}

/** A TCP relay on loopback before a server, as a load balancer is: it can lose what stands behind a connection. */
export async function startRelay(url: string): Promise<Relay> {
  const target = new URL(url);
  const carried = new Set<{ lost: boolean }>();
  const sockets = new Set<Socket>();
  const server = createServer((inner) => {
    const outer = connect(Number(target.port), target.hostname);
    const pair = { lost: false };
    carried.add(pair);
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from);
      from.on("data", (data) => {
        if (!pair.lost) to.write(data);
      });
      from.on("error", () => {});
      from.on("close", () => {
        carried.delete(pair);
        if (!pair.lost) to.destroy();
      });
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const relayed = new URL(url);
  relayed.port = String((server.address() as AddressInfo).port);
  return {
    url: relayed.href,
    get open() {
      return [...carried].filter(({ lost }) => !lost).length;
    },
    swallow() {
      for (const pair of carried) pair.lost = true;
    },
  };
}
