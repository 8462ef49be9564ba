import type { AlertSender } from "../engine/index.ts";
import { mailSender } from "../mail/index.ts";
import { headline } from "./webhook.ts";

const longestSubject = 120;

/** url: of the SMTP server, as `mailSender` takes it. to: addresses, by comma. */
export function emailSender(url: string, to: string): AlertSender {
  const send = mailSender(url, to.split(",")[0]!.trim());
  return {
    name: "email",
    async send(alert) {
      const [first = ""] = headline(alert).split("\n");
      const cut = first.length > longestSubject ? `${first.slice(0, longestSubject - 1)}…` : first;
      await send({
        to,
        subject: `[stratafolio] ${cut}`,
        text: `${headline(alert)}\n\nSince ${alert.since.toISOString()}.\n`,
      });
    },
  };
}
