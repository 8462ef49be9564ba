/** Alerts as they leave the program: to a real HTTP server and a real SMTP server on loopback. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";
import { expect, onTestFinished, test } from "vitest";
import { alertSenders } from "../../src/alerts/index.ts";
import { readConfig } from "../../src/config.ts";
import type { Alert } from "../../src/engine/index.ts";

const alert: Alert = {
  alertId: 1,
  event: "raised",
  kind: "run",
  subject: "schedule nightly",
  message: "run 7 (schedule nightly) failed: raw_prices: fetch failed: connect ECONNREFUSED 127.0.0.1:2",
  asset: "raw_prices",
  runId: 7,
  since: new Date("2024-03-01T18:00:00Z"),
};

async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<string> {
  const server = createServer((request, response) => void answer(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
}

test("without settings nobody is told", async () => {
  expect(await alertSenders(readConfig({}))).toEqual([]);
});

test("a webhook is posted what happened, and a line that chat programs show", async () => {
  const bodies: unknown[] = [];
  const url = await serve(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    bodies.push(JSON.parse(Buffer.concat(chunks).toString()));
    response.end("ok");
  });
  const [webhook] = await alertSenders(readConfig({ ALERT_WEBHOOK_URL: url }));
  await webhook!.send(alert, AbortSignal.timeout(5000));
  await webhook!.send({ ...alert, event: "recovered" }, AbortSignal.timeout(5000));
  const rest = {
    kind: "run",
    subject: "schedule nightly",
    message: alert.message,
    asset: "raw_prices",
    run_id: 7,
    since: "2024-03-01T18:00:00.000Z",
  };
  expect(bodies).toEqual([
    { event: "raised", ...rest, text: alert.message },
    { event: "recovered", ...rest, text: `Well again: ${alert.message}` },
  ]);
});

test("an answer that is no yes, and one that does not come, are failures", async () => {
  const refusing = await serve((_, response) => response.writeHead(500).end("no room"));
  const [webhook] = await alertSenders(readConfig({ ALERT_WEBHOOK_URL: refusing }));
  await expect(webhook!.send(alert, AbortSignal.timeout(5000))).rejects.toThrow(
    "expected the webhook to answer 2xx, got 500: no room",
  );
  const silent = await serve(() => {});
  const [patient] = await alertSenders(readConfig({ ALERT_WEBHOOK_URL: silent }));
  await expect(patient!.send(alert, AbortSignal.timeout(50))).rejects.toThrow("timeout");
});

test("an email is delivered, signed in, to everybody named", async () => {
  const messages: { to: string[]; text: string; user: string | undefined }[] = [];
  const server = new SMTPServer({
    authOptional: false,
    allowInsecureAuth: true,
    disabledCommands: ["STARTTLS"],
    onAuth: ({ username, password }, _, done) =>
      password === "secret" ? done(null, { user: username }) : done(new Error("no")),
    onData: async (stream, { envelope, user }, done) => {
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk as Buffer);
      const to = envelope.rcptTo.map(({ address }) => address);
      messages.push({ to, text: Buffer.concat(chunks).toString(), user: user as string });
      done();
    },
  });
  const listening = server.listen(0, "127.0.0.1");
  await once(listening, "listening");
  onTestFinished(() => new Promise<void>((done) => server.close(done)));
  const { port } = listening.address() as AddressInfo;
  const settings = {
    SMTP_URL: `smtp://me:secret@127.0.0.1:${port}`,
    ALERT_EMAIL: "anna@example.org, bert@example.org",
  };
  const [email] = await alertSenders(readConfig(settings));
  await email!.send(alert, AbortSignal.timeout(5000));
  await email!.send({ ...alert, event: "recovered" }, AbortSignal.timeout(5000));
  expect(messages).toMatchObject([
    { to: ["anna@example.org", "bert@example.org"], user: "me" },
    { to: ["anna@example.org", "bert@example.org"], user: "me" },
  ]);
  const unfolded = messages.map(({ text }) => text.replaceAll(/\r\n /g, " "));
  expect(unfolded[0]).toContain(
    "Subject: [stratafolio] run 7 (schedule nightly) failed: raw_prices: fetch failed",
  );
  expect(unfolded[1]).toContain("Subject: [stratafolio] Well again: run 7");
  const [wrong] = await alertSenders(
    readConfig({ ...settings, SMTP_URL: `smtp://me:wrong@127.0.0.1:${port}` }),
  );
  await expect(wrong!.send(alert, AbortSignal.timeout(5000))).rejects.toThrow("Invalid login");
});
