/** Addresses that an operator enters: what is fetched, and what never is. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fetchGuarded } from "../../src/market/guarded-fetch.ts";
import { isPublicAddress } from "../../src/market/public-address.ts";

let server: Server;
let host: string;
let asked = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked++;
    const path = request.url ?? "";
    if (path === "/large") return void response.end(Buffer.alloc(5000));
    if (path === "/slow") return;
    if (path === "/missing") return void response.writeHead(404).end();
    const to = /^\/to\/(.*)$/.exec(path)?.[1];
    if (to !== undefined) return void response.writeHead(302, { Location: decodeURIComponent(to) }).end();
    response.end("Date,Close\n2024-01-02,10\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const allowed = (): { allowedHosts: string[] } => ({ allowedHosts: [host] });

test("a host that is allowed is asked, though its address is this machine's", async () => {
  expect((await fetchGuarded(`http://${host}/prices.csv`, allowed())).toString()).toContain("2024-01-02,10");
  expect((await fetchGuarded(`http://${host}/to/%2Fprices.csv`, allowed())).toString()).toContain("10");
});

describe("refused, and never asked", () => {
  const nasty = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://0x7f000001/",
    "http://2130706433/",
    "http://0177.0.0.1/",
    "http://localhost/",
    "http://LOCALHOST./",
    "http://0.0.0.0/",
    "http://0/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.64.0.1/",
    "http://192.0.2.1/",
    "http://198.18.0.1/",
    "http://203.0.113.7/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001::1]/",
    "http://[2001:db8::1]/",
    "http://[fc00::1]/",
    "http://[fd12:3456::1]/",
    "http://[fe80::1]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "https://127.0.0.1/",
    "file:///etc/passwd",
    "ftp://example.org/",
    "gopher://127.0.0.1/",
    "data:text/csv,Date",
    "http://name:secret@example.org/",
    "/etc/passwd",
    "",
  ];

  test.each(nasty)("%s", async (url) => {
    const before = asked;
    await expect(fetchGuarded(url, allowed())).rejects.toMatchObject({ code: "invalid_url" });
    expect(asked).toBe(before);
  });

  test("where a host that is allowed leads on to it", async () => {
    for (const to of [
      "http://127.0.0.1:1/",
      "http://169.254.169.254/",
      "file:///etc/passwd",
      "http://[::1]/",
    ])
      await expect(
        fetchGuarded(`http://${host}/to/${encodeURIComponent(to)}`, allowed()),
      ).rejects.toMatchObject({ code: "invalid_url" });
  });

  test("another port of a host that is allowed with one", async () => {
    await expect(fetchGuarded("http://127.0.0.1:1/", allowed())).rejects.toMatchObject({
      code: "invalid_url",
    });
  });
});

test("too many redirects, too much, too long and nothing end it", async () => {
  const again = (times: number): string =>
    times === 0 ? "/prices.csv" : `/to/${encodeURIComponent(again(times - 1))}`;
  expect((await fetchGuarded(`http://${host}${again(3)}`, allowed())).length).toBeGreaterThan(0);
  await expect(fetchGuarded(`http://${host}${again(4)}`, allowed())).rejects.toThrow("more than 3 times");
  await expect(fetchGuarded(`http://${host}/large`, { ...allowed(), mostBytes: 1000 })).rejects.toThrow(
    "expected at most 1000 bytes",
  );
  await expect(fetchGuarded(`http://${host}/slow`, { ...allowed(), seconds: 0.2 })).rejects.toThrow();
  await expect(fetchGuarded(`http://${host}/missing`, allowed())).rejects.toThrow("status 404");
});

test("public addresses are public", () => {
  for (const address of ["8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001:830::200e"])
    expect([address, isPublicAddress(address)]).toEqual([address, true]);
});
