/** A file of 100 MB costs whoever sends it an answer, and nobody else anything: the web's process, as people run it, stays small. */
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Service, startService } from "../cli/run-cli.ts";
import { createTestDatabase } from "../support/database.ts";

const megabyte = 1_000_000;
const uploads = 4;
/** Below what the uploads of one test hold together. What is collected late and the threads that read files take 160 to 200. */
const mostMegabytes = 300;

let web: Service;
let token: string;
let megabytesAtFirst: number;

beforeAll(async () => {
  const database = await createTestDatabase();
  const nowhere = "http://127.0.0.1:9";
  web = await startService(["web"], {
    DATABASE_URL: database.url,
    JWT_SECRET: "a secret of at least thirty-two characters",
    YAHOO_BASE_URL: nowhere,
    FRED_API_BASE_URL: nowhere,
    FRED_WEB_BASE_URL: nowhere,
  });
  const response = await fetch(`${web.url}/auth/register`, {
    method: "POST",
    headers: { Origin: web.url, "Content-Type": "application/json" },
    body: JSON.stringify({ email: "ann@example.org", password: "correct horse battery" }),
  });
  ({ token } = (await response.json()) as { token: string });
  megabytesAtFirst = peakMegabytes();
});
afterAll(() => web.stop());

/** The most it has ever had in memory. */
function peakMegabytes(): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${web.process.pid}/status`, "utf8"))!;
  return (Number(kilobytes) * 1024) / megabyte;
}

interface Upload {
  readonly path: string;
  readonly type: string;
  /** With its length said before, or in pieces, of which nobody knows how many follow. */
  readonly isMeasured: boolean;
  /** What it consists of, again and again. */
  readonly piece: string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly sentMegabytes: number;
}

/** Sends as much as is taken, until there is an answer or all is sent. */
function upload({ path, type, isMeasured, piece }: Upload, megabytes: number): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const block = Buffer.from(piece.repeat(Math.ceil(65_536 / piece.length)));
  const count = Math.ceil((megabytes * megabyte) / block.length);
  const length: Record<string, string> = isMeasured ? { "Content-Length": String(count * block.length) } : {};
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": type, Accept: "text/html", ...length };
  let sentBlocks = 0;
  let isAnswered = false;
  const sent = httpRequest(web.url + path, { method: "POST", headers, agent: false }, (response) => {
    isAnswered = true;
    let text = "";
    response.setEncoding("utf8").on("data", (data: string) => {
      text += data;
    });
    response.on("end", () => {
      resolve({ status: response.statusCode!, text, sentMegabytes: (sentBlocks * block.length) / megabyte });
      sent.destroy();
    });
  });
  sent.on("error", (error) => !isAnswered && reject(error));
  const write = (): void => {
    while (!isAnswered && sentBlocks < count) {
      sentBlocks += 1;
      if (!sent.write(block)) return void sent.once("drain", write);
    }
    if (sentBlocks === count) sent.end();
  };
  write();
  return promise;
}

const form = { path: "/transactions/import", type: "application/x-www-form-urlencoded" };
const row = "2024-01-05,BUY,NORD,1,100%0A";
const kinds: Readonly<Record<string, Upload>> = {
  "a form": { ...form, isMeasured: true, piece: row },
  "a form in pieces": { ...form, isMeasured: false, piece: row },
  "a file": {
    path: "/transactions/import/text",
    type: "application/octet-stream",
    isMeasured: true,
    piece: row,
  },
  "a file in pieces": {
    path: "/transactions/import/text",
    type: "application/octet-stream",
    isMeasured: false,
    piece: row,
  },
  "JSON in pieces": {
    path: "/api/transactions",
    type: "application/json",
    isMeasured: false,
    piece: "[[[[",
  },
  "what no route reads, in pieces": { ...form, path: "/sign-in", isMeasured: false, piece: "a=b&" },
};

test.for(Object.entries(kinds))(
  "100 MB as %s are refused with a reason, and at once where it is known",
  async ([, kind]) => {
    const answers = await Promise.all(Array.from({ length: uploads }, () => upload(kind, 100)));
    for (const { status, text, sentMegabytes } of answers) {
      expect(status).toBe(413);
      expect(text).toMatch(
        /at most [\d,]+ bytes .* send less at once|more than the [\d,]+ bytes that can be sent here at once/,
      );
      if (kind.isMeasured) expect(sentMegabytes).toBeLessThan(30);
    }
  },
);

test("the largest files that are taken, several at once, leave it small too", async () => {
  const path = "/transactions/import";
  const lines = Math.floor(2_400_000 / row.length);
  const csv = `date,type,ticker,quantity,price\n${"2024-01-05,BUY,NORD,1,100\n".repeat(lines)}`;
  const answers = await Promise.all(
    Array.from({ length: 2 }, async () => {
      const response = await fetch(web.url + path, {
        method: "POST",
        headers: { Authorization: `Bearer ${token}`, Origin: web.url },
        body: new URLSearchParams({ csv, step: "review" }),
      });
      await response.text();
      return response.status;
    }),
  );
  expect(answers.every((status) => status < 500 || status === 503)).toBe(true);
});

test("it never held what was sent in memory", () => {
  expect(peakMegabytes() - megabytesAtFirst).toBeLessThan(mostMegabytes);
});
