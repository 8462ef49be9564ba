/** Emails by SMTP: the one sender for alerts and for what accounts say to their owners. */
import { createTransport } from "nodemailer";
import type { Log } from "../log.ts";

export interface Message {
  /** Addresses, by comma. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

const timeoutMilliseconds = 8_000;
/** At once, so that a server that hangs holds up few. */
const mostAtOnce = 2;
/** Beyond this the server is not keeping up, and what is asked for again soon is better dropped than kept. */
const mostWaiting = 500;

/**
 * A sender by way of `url`: `smtp://user:password@host:587` (STARTTLS where the server offers it) or `smtps://`.
 * `otherwiseFrom`: as whom, where the user of the url is no address (many servers let an account send as itself only).
 */
export function mailSender(url: string, otherwiseFrom: string): (message: Message) => Promise<void> {
  const timeouts = `connectionTimeout=${timeoutMilliseconds}&greetingTimeout=${timeoutMilliseconds}&socketTimeout=${timeoutMilliseconds}`;
  const transport = createTransport(`${url}${url.includes("?") ? "&" : "?"}${timeouts}`);
  const account = decodeURIComponent(new URL(url).username);
  const address = account.includes("@") ? account : otherwiseFrom;
  return async (message) => {
    await transport.sendMail({ from: { name: "Stratafolio", address }, ...message });
  };
}

/** What is to be said, found out when its turn comes; null: nothing after all. */
export type MailJob = () => Promise<Message | null>;

/**
 * Emails that nobody waits for: who is answered cannot tell by the time it takes whether one was sent. They are kept in
 * memory; one that fails is in the log, and whoever misses it asks again.
 */
export class MailQueue {
  readonly #send: (message: Message) => Promise<void>;
  readonly #log: Log;
  readonly #waiting: MailJob[] = [];
  readonly #working = new Set<Promise<void>>();

  constructor(send: (message: Message) => Promise<void>, log: Log) {
    this.#send = send;
    this.#log = log;
  }

  add(job: MailJob): void {
    if (this.#waiting.length >= mostWaiting) {
      this.#log.error({ waiting: mostWaiting }, "an email was dropped: too many wait to be sent");
      return;
    }
    this.#waiting.push(job);
    this.#take();
  }

  /** Sends what waits, for so long at most; what is left then is in the log. */
  async close(milliseconds: number): Promise<void> {
    const { promise: impatience, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    await Promise.race([this.idle(), impatience]);
    clearTimeout(timer);
    const left = this.#waiting.splice(0).length + this.#working.size;
    if (left > 0) this.#log.error({ left }, "emails were dropped: the mail server did not take them in time");
  }

  /** Resolves when nothing waits and nothing is being sent. */
  async idle(): Promise<void> {
    while (this.#working.size > 0) await Promise.all(this.#working);
  }

  #take(): void {
    while (this.#working.size < mostAtOnce) {
      const job = this.#waiting.shift();
      if (!job) return;
      const working = this.#perform(job).finally(() => {
        this.#working.delete(working);
        this.#take();
      });
      this.#working.add(working);
    }
  }

  async #perform(job: MailJob): Promise<void> {
    try {
      const message = await job();
      if (message) await this.#send(message);
    } catch (error) {
      this.#log.error({ err: error }, "an email could not be sent");
    }
  }
}
