/** Addresses of machines and of networks. */
import { BlockList, isIP } from "node:net";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8);
loopback.addAddress("::1", "ipv6");

/** Does the name or address, as in a URL or of a socket, lead to this machine and nowhere else? */
export function isLoopback(host: string): boolean {
  const address = host.replace(/^\[(.*)\]$/, "$1");
  const version = isIP(address);
  if (version === 0) return /^(.+\.)?localhost$/i.test(address);
  return loopback.check(address, version === 6 ? "ipv6" : "ipv4"); // ::ffff:127.0.0.1 too
}

/** An address, or a network as 10.0.0.0/8. */
export function isSubnet(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  const widest = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  const isLength = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= widest);
  return widest > 0 && isLength && more.length === 0;
}
