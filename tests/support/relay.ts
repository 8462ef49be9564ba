import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Relay {
  /** The server's connection string by way of the relay. */
  readonly url: string;
  /** How many connections there are that are carried on. */
  readonly open: number;
  /**
   * What comes on connections that stand now is taken and goes nowhere, in both directions; their sockets live on. With a
   * port, only on the one that the server sees come from there.
   */
  swallow(port?: number): void;
  /** Connections that stand now end, on both sides. */
  cut(): void;
  close(): void;
}

interface Pair {
  readonly inner: Socket;
  readonly outer: Socket;
  lost: boolean;
}

/** A TCP relay on loopback before a server, as a load balancer is: it can lose what stands behind a connection. */
export async function startRelay(url: string): Promise<Relay> {
  const target = new URL(url);
  const carried = new Set<Pair>();
  const pairs = new Set<Pair>(); // lost ones too
  const server = createServer((inner) => {
    const outer = connect(Number(target.port), target.hostname);
    const pair: Pair = { inner, outer, lost: false };
    carried.add(pair);
    pairs.add(pair);
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      from.on("data", (data) => {
        if (!pair.lost) to.write(data);
      });
      from.on("error", () => {});
      from.on("close", () => {
        carried.delete(pair);
        if (!pair.lost) to.destroy();
        if (inner.destroyed && outer.destroyed) pairs.delete(pair);
      });
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const relayed = new URL(url);
  relayed.port = String((server.address() as AddressInfo).port);
  const destroy = (): void => {
    for (const { inner, outer } of pairs) {
      inner.destroy();
      outer.destroy();
    }
  };
  return {
    url: relayed.href,
    get open() {
      return [...carried].filter(({ lost }) => !lost).length;
    },
    swallow(port) {
      for (const pair of carried) if (port === undefined || pair.outer.localPort === port) pair.lost = true;
    },
    cut: destroy,
    close() {
      destroy();
      server.close();
    },
  };
}
