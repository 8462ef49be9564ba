/** By whom the engine's alerts are sent, as the settings say. */
import type { Config } from "../config.ts";
import type { AlertSender } from "../engine/index.ts";
import { webhookSender } from "./webhook.ts";

export async function alertSenders(config: Config): Promise<AlertSender[]> {
  const senders: AlertSender[] = [];
  if (config.alertWebhookUrl !== null) senders.push(webhookSender(config.alertWebhookUrl));
  if (config.smtpUrl !== null && config.alertEmail !== null) {
    const { emailSender } = await import("./email.ts"); // loaded by whoever sends emails
    senders.push(emailSender(config.smtpUrl, config.alertEmail));
  }
  return senders;
}
