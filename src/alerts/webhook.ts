import type { Alert, AlertSender } from "../engine/index.ts";

/** What an answer says of itself, in an error: the rest is of no use there. */
const longestAnswer = 200;

/**
 * Posts each alert as JSON: {event, kind, subject, message, text, asset, run_id, since}. `text` is what chat programs show
 * (Slack, Mattermost, Rocket.Chat). Any answer but 2xx is a failure, a redirect too: then it is tried again later.
 */
export function webhookSender(url: string): AlertSender {
  return {
    name: "webhook",
    async send(alert, signal) {
      const response = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(payloadOf(alert)),
        redirect: "manual",
        signal,
      });
      const answer = await response.text();
      if (!response.ok)
        throw new Error(
          `expected the webhook to answer 2xx, got ${response.status}: ${answer.slice(0, longestAnswer)}`,
        );
    },
  };
}

function payloadOf(alert: Alert) {
  const { event, kind, subject, message, asset, runId, since } = alert;
  return {
    event,
    kind,
    subject,
    message,
    text: headline(alert),
    asset,
    run_id: runId,
    since: since.toISOString(),
  };
}

/** One line that says it all. */
export function headline({ event, message }: Alert): string {
  return event === "raised" ? message : `Well again: ${message}`;
}
