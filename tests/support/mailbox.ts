/** A real SMTP server on loopback, and what it was given. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import pino from "pino";
import { SMTPServer } from "smtp-server";
import { afterAll, expect } from "vitest";
import { MailQueue, mailSender } from "../../src/mail/index.ts";

export interface Letter {
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
}

export interface Mailbox {
  readonly letters: Letter[];
  /** What a web context is given. */
  readonly mail: MailQueue;
  readonly url: string;
  /** What came for somebody, once all that is on its way has come. */
  of(email: string): Promise<readonly Letter[]>;
  /** The path of the only link to `path/…` in the last letter to somebody. */
  link(email: string, path: string): Promise<string>;
}

/** Quoted-printable, as nodemailer writes what is longer than a line or not ASCII. */
function decoded(source: string): { subject: string; text: string } {
  const [head = "", ...rest] = source.split("\r\n\r\n");
  const body = rest.join("\r\n\r\n");
  const text = /^Content-Transfer-Encoding: quoted-printable/im.test(head)
    ? Buffer.from(
        body
          .replaceAll("=\r\n", "")
          .replaceAll(/=([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
        "latin1",
      ).toString("utf8")
    : body;
  const subject = /^Subject: (.*(?:\r\n .*)*)/im.exec(head)?.[1] ?? "";
  return { subject: subject.replaceAll(/\r\n /g, " "), text: text.replaceAll("\r\n", "\n") };
}

export async function openMailbox(): Promise<Mailbox> {
  const letters: Letter[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onData: async (stream, { envelope }, done) => {
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk as Buffer);
      const to = envelope.rcptTo.map(({ address }) => address);
      letters.push({ to, ...decoded(Buffer.concat(chunks).toString()) });
      done();
    },
  });
  const listening = server.listen(0, "127.0.0.1");
  await once(listening, "listening");
  const url = `smtp://127.0.0.1:${(listening.address() as AddressInfo).port}`;
  const mail = new MailQueue(mailSender(url, "stratafolio@example.com"), pino({ level: "silent" }));
  afterAll(async () => {
    await mail.idle();
    await new Promise<void>((done) => server.close(done));
  });
  const of = async (email: string) => {
    await mail.idle();
    return letters.filter(({ to }) => to.includes(email));
  };
  return {
    letters,
    mail,
    url,
    of,
    async link(email, path) {
      const last = (await of(email)).at(-1);
      const found = /https:\/\/\S+/g.exec(last?.text ?? "");
      const link = last?.text.match(/https:\/\/\S+/g)?.find((one) => one.includes(path)) ?? found?.[0];
      expect(link, `a link to ${path} for ${email}`).toContain(path);
      return new URL(link!).pathname;
    },
  };
}
