/** Which addresses are the public internet's. Pure. */
import ipaddr from "ipaddr.js";

/** Of all IPv6, what is given out for the public: whatever embeds another address, or is for one site, lies outside. */
const globalUnicast = ipaddr.parseCIDR("2000::/3");

/** false for loopback, private, link-local, shared, reserved and documentation ranges, of IPv6 too, and for what is no address. */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text); // what is IPv4 in IPv6's clothes is looked at as IPv4
  if (address.range() !== "unicast") return false;
  return address.kind() === "ipv4" || address.match(globalUnicast);
}
