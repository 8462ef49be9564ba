/** What leaves as CSV: no cell that a spreadsheet calculates, and none that our importer reads otherwise. */
import { once } from "node:events";
import { createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import type { Response } from "express";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { asText, fromText, writeCsv } from "../../src/csv.ts";
import { exportTable } from "../../src/database/table-export.ts";
import { readTables } from "../../src/ledger/import/tables.ts";
import { sendFile } from "../../src/web/file-answer.ts";
import { createTestDatabase } from "../support/database.ts";

const begins = fc.constantFrom(
  "",
  "=",
  "+",
  "-",
  "@",
  "\t",
  "\r",
  "\n",
  "'",
  "''",
  "＝",
  "'=",
  "-1",
  "-1.5",
  "- ",
);
const cell = fc.tuple(begins, fc.string({ unit: "grapheme", maxLength: 20 })).map((parts) => parts.join(""));

async function csvOf(columns: readonly string[], rows: readonly object[]): Promise<string> {
  const parts: string[] = [];
  async function* batches() {
    if (rows.length > 0) yield rows;
  }
  await writeCsv(columns, batches(), async (text) => void parts.push(text));
  return parts.join("");
}

test("a cell begins as no formula does, comes back as it was, and a number stays one", () => {
  fc.assert(
    fc.property(cell, (text) => {
      const written = asText(text);
      expect(/^[=+\-@\t\r\n＝＋－＠]/.test(written)).toBe(/^-\d+(\.\d+)?$/.test(text));
      expect(fromText(written)).toBe(text);
    }),
  );
  expect(["-12.50", "0", "7", "-0.00000001"].map(asText)).toEqual(["-12.50", "0", "7", "-0.00000001"]);
  expect(asText('=HYPERLINK("https://evil.example";"x")')).toMatch(/^'=/);
  expect(asText("-2+3+cmd|' /C calc'!A0")).toMatch(/^'-/);
});

test("the importer reads the cells of an export as they were", async () => {
  // Blanks around a value, and what can be no character of a text, it takes off wherever a file comes from; the rest is the person's.
  const kept = cell
    .map((text) =>
      text
        .toWellFormed()
        .replaceAll(/[\0\u200b-\u200f\ufeff\u00a0\r\n]/g, "")
        .trim(),
    )
    .filter((text) => text !== "" && !/^="[^"]*"$/.test(text));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(kept, kept), { minLength: 1, maxLength: 5 }), async (rows) => {
      const csv = await csvOf(
        ["date", "word", "note"],
        rows.map(([word, note]) => ({ date: "2024-01-02", word, note })),
      );
      const { tables } = readTables(csv, (cells) => cells[0] === "date");
      expect(tables[0]!.lines.map(({ cells }) => cells.slice(1))).toEqual(rows);
    }),
  );
});

test("numbers, days, instants and nothing are written as they are", async () => {
  const rows = [{ a: -1.5, b: "-1.50", c: null, d: new Date(0), e: true, f: 'x, "y"' }];
  expect(await csvOf(["a", "b", "c", "d", "e", "f"], rows)).toBe(
    'a,b,c,d,e,f\n-1.5,-1.50,,1970-01-01T00:00:00.000Z,true,"x, ""y"""\n',
  );
  expect(await csvOf(["a"], [])).toBe("a\n");
});

test("an export reads a batch when the one before is taken, and all of one moment", async () => {
  const { pool } = await createTestDatabase();
  await pool.query("create table lines as select line from generate_series(1, 1801) as line");
  const sizes: number[] = [];
  let last = "";
  const select = "select line from lines where line > $1 order by line";
  await exportTable(pool, 0, { select, columns: ["line"] }, async (text) => {
    if (sizes.length === 0) await pool.query("delete from lines");
    sizes.push(text.split("\n").length - 1);
    last = text;
  });
  expect(sizes).toEqual([501, 500, 500, 301 - 0]);
  expect(last.endsWith("\n1801\n")).toBe(true);
});

test("who does not read a file is let go, and nothing more of it is made", async () => {
  let made = 0;
  const failed = Promise.withResolvers<Error>();
  const server = createServer((_request, response) => {
    const sent = Object.assign(response, {
      attachment: () => sent,
      set: () => sent,
    }) as unknown as Response;
    sendFile(
      sent,
      "lines.csv",
      async (write) => {
        for (;;) {
          made++;
          await write("x".repeat(100_000));
        }
      },
      { stallSeconds: 0.2, totalSeconds: 60 },
    ).catch(failed.resolve);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const request = get({ port, host: "127.0.0.1" }, (response) => response.pause());
  request.on("error", () => {});
  expect((await failed.promise).message).toContain("took nothing of it");
  expect(made).toBeLessThan(500);
});

test("who has gone keeps no export waiting", async () => {
  const failed = Promise.withResolvers<Error>();
  const server = createServer((_request, response) => {
    const sent = Object.assign(response, { attachment: () => sent, set: () => sent }) as unknown as Response;
    response.once("close", () => {
      sendFile(sent, "lines.csv", (write) => write("x".repeat(1_000_000)), {
        stallSeconds: 3600,
        totalSeconds: 3600,
      }).catch(failed.resolve);
    });
    response.flushHeaders();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  get({ port, host: "127.0.0.1" }, (response) => response.destroy()).on("error", () => {});
  expect((await failed.promise).message).toContain("has gone");
});
