import { createTransport } from "nodemailer";
import type { AlertSender } from "../engine/index.ts";
import { headline } from "./webhook.ts";

const longestSubject = 120;
const timeoutMilliseconds = 8_000;

/** url: `smtp://user:password@host:587` (STARTTLS where the server offers it) or `smtps://`. to: addresses, by comma. */
export function emailSender(url: string, to: string): AlertSender {
  const timeouts = `connectionTimeout=${timeoutMilliseconds}&greetingTimeout=${timeoutMilliseconds}&socketTimeout=${timeoutMilliseconds}`;
  const transport = createTransport(`${url}${url.includes("?") ? "&" : "?"}${timeouts}`);
  const account = decodeURIComponent(new URL(url).username);
  const from = account.includes("@") ? account : to.split(",")[0]!.trim(); // many servers let an account send as itself only
  return {
    name: "email",
    async send(alert) {
      const [first = ""] = headline(alert).split("\n");
      const cut = first.length > longestSubject ? `${first.slice(0, longestSubject - 1)}…` : first;
      await transport.sendMail({
        from: { name: "Stratafolio", address: from },
        to,
        subject: `[stratafolio] ${cut}`,
        text: `${headline(alert)}\n\nSince ${alert.since.toISOString()}.\n`,
      });
    },
  };
}
