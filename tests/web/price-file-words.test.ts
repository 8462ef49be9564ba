/** Why files of prices are refused, and which of their rows, as somebody reads it whose language is German; programs read English. */
import { beforeAll, describe, expect, test } from "vitest";
import type { PriceFileReport } from "../../src/price-files/index.ts";
import { textOf as readText } from "../support/html.ts";
import { type Program, startProgram } from "../support/program.ts";
import { textOf } from "./reader.ts";

let program: Program;
let token: string;

beforeAll(async () => {
  program = await startProgram();
  const answer = await fetch(`${program.url}/auth/register`, {
    method: "POST",
    headers: { Origin: program.url, "Content-Type": "application/json" },
    body: JSON.stringify({ email: "operator@example.org", password: "correct horse battery" }),
  });
  token = ((await answer.json()) as { token: string }).token;
});

const asked = (language: string) => ({
  Accept: "text/html",
  "Accept-Language": language,
  Authorization: `Bearer ${token}`,
});

async function read(path: string, language = "de") {
  const answer = await fetch(program.url + path, { headers: asked(language) });
  expect(answer.status).toBe(200);
  return textOf(await readText(answer));
}

async function send(path: string, fields: Record<string, string>) {
  const answer = await fetch(program.url + path, {
    method: "POST",
    headers: { ...asked("de"), Origin: program.url },
    body: new URLSearchParams(fields),
    redirect: "manual",
  });
  return { status: answer.status, html: textOf(await readText(answer)) };
}

/** Its report, as programs get it. */
async function take(hints: string, text: string): Promise<PriceFileReport> {
  const answer = await fetch(`${program.url}/api/prices/files?name=prices.csv${hints}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "text/csv" },
    body: text,
  });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { file: PriceFileReport }).file;
}

const pageOf = ({ file_id }: PriceFileReport, language?: string) =>
  read(`/assets/prices/${file_id}`, language);

/** All that a report says in words. */
const wordsOf = (report: PriceFileReport): string[] => [
  ...(report.problem === null ? [] : [report.problem]),
  ...report.notes,
  ...[report.refused_rows, report.doubtful_rows, report.series_refused, report.splits, report.kept_out]
    .flat()
    .map(({ detail }) => detail),
];

const daily = [
  "Date,Code,Open,High,Low,Close,Volume",
  "2024-01-02,SCOM,14,15,13,14.5,1000",
  "2024-01-03,SCOM,14,15,13,1,900.50,1000,7",
  "soon,SCOM,14,15,13,14.5,1000",
  ",SCOM,14,15,13,14.5,1000",
  "2999-01-04,SCOM,14,15,13,14.5,1000",
  "2024-01-06,SCOM,14,15,13,14.5,1000",
  "2024-01-08,S?,14,15,13,14.5,1000",
  "2024-01-08,,14,15,13,14.5,1000",
  "2024-01-08,SCOM,14,15,13,,1000",
  "2024-01-09,SCOM,14,15,13,about 14,1000",
  "2024-01-10,SCOM,14,15,13,-3,1000",
  "2024-06-11,SCOM,14,15,13,14.5,1000",
  "2024-01-11,SCOM,14,15,13,14.5,1000",
  "2024-01-12,SCOM,14,15,13,14.5,1000",
  "2024-01-12,SCOM,14,15,13,14.75,1000",
  "2023-07-15,SCOM,14,15,13,14.5,1000",
  "2024-01-15,SCOM,x,y,z,14.5,many",
  "2024-01-16,SCOM,14,15,13,1234.5,1000",
].join("\n");

test("each kind of row that is refused or doubtful is told in German, with the day and the figure as Germans write them", async () => {
  const report = await take("&exchange=XNAI", daily);
  expect(Object.keys(report.refused_by_reason).sort()).toEqual([
    ...["future", "no_code", "no_price", "not_positive", "out_of_place", "repeated_day", "rest_day"],
    ...["too_many_cells", "unreadable_date", "unreadable_price"],
  ]);
  const page = await pageOf(report);
  for (const said of [
    "Die Zeile hat 9 Zellen, die erste 7: Eine Zahl mit einem Komma wie 1,900.50 muss in Anführungszeichen stehen.",
    "„soon“ ist kein Tag seit 1900: Schreiben Sie ihn etwa als 2024-03-31.",
    "Die Zeile nennt keinen Tag.",
    "4. Jan. 2999 liegt noch in der Zukunft.",
    "6. Jan. 2024 ist ein Samstag, an dem die Börse ruht.",
    "15. Juli 2023 ist ein Samstag, an dem die Börse ruht, und liegt weit von den Zeilen daneben entfernt.",
    "„S?“ ist kein Kürzel eines Tickers: Schreiben Sie es in Buchstaben und Ziffern, etwa SCOM.",
    "Die Zeile nennt keinen Ticker.",
    "SCOM hat am 8. Jan. 2024 keinen Kurs.",
    "„about 14“ ist kein Kurs: Schreiben Sie eine Zahl über 0 ohne ihre Währung, etwa 101,5.",
    "Ein Kurs muss über 0 liegen, -3 tut es nicht.",
    "11. Juni 2024 liegt weit von den Zeilen daneben entfernt, die nahe beieinander sind.",
    "SCOM vom 12. Jan. 2024 steht mehr als einmal da, mit anderen Zahlen: 14,5 in Zeile 15 und 14,75 in Zeile 16; lassen Sie eine davon stehen.",
    "„x“ ist kein Kurs: Die Eröffnung bleibt leer.",
    "„y“ ist kein Kurs: Das Tageshoch bleibt leer.",
    "„z“ ist kein Kurs: Das Tagestief bleibt leer.",
    "„many“ ist keine Zahl gehandelter Stücke und bleibt weg.",
    "16. Jan. 2024: Eröffnung 14, Hoch 15, Tief 13 und Schluss 1.234,5 passen nicht zueinander.",
    "ein Ruhetag: 2",
    "zu viele Zellen: 1",
  ])
    expect(page).toContain(said);
  for (const detail of [...wordsOf(report), ...Object.keys(report.refused_by_reason)])
    expect(page).not.toContain(detail);
  expect(report.refused_rows.map(({ detail }) => detail)).toContain("expected a price, got: about 14");
  expect(await pageOf(report, "en-US")).toContain(
    "“about 14” is no price: write a number above 0, without its currency, such as 101.5.",
  );
});

describe("why nothing of a file is used is told in German", () => {
  const history = ["Date,Close", "2024-01-02,14", "2024-01-03,15"].join("\n");

  test.each([
    ["", "\n", "die Datei ist leer."],
    ["", "%PDF-1.7 and more", "das ist ein PDF: Bitten Sie den, der es erstellt hat, um die Zahlen als CSV."],
    ["", "PK\u0003\u0004", "das ist kein Text, sondern eine Tabellenkalkulation oder ein Archiv"],
    ["", "<!doctype html><p>Prices", "das ist eine Webseite und keine Tabelle in Textform"],
    ["", '{"prices": []}', "das ist JSON und keine Tabelle in Textform: Speichern Sie den Inhalt als CSV."],
    [
      "",
      "Date,Close\n".repeat(60_002),
      "die Datei hat mehr als die 60.000 Zeilen, die auf einmal gelesen werden können: Teilen Sie sie.",
    ],
    [
      "",
      Array(61).fill("x").join(","),
      "die Datei hat mehr als die 60 Spalten, die gelesen werden können: Lassen Sie die weg",
    ],
    ["", 'Date,Close\n2024-01-02,"14', "ein Anführungszeichen in Zeile 2 wird nie geschlossen"],
    [
      "",
      "a,b\n1,2",
      "die erste Zeile muss eine Spalte für Tage und eine für Kurse nennen, etwa Date,Close, und lautet: a, b.",
    ],
    [
      "&ticker=SCOM.XNAI",
      "Date,Close\n01/02/2024,14\n02/01/2024,15",
      "01/02/2024 kann 1. Feb. 2024 oder 2. Jan. 2024 sein; wählen Sie aus, was gilt, und nehmen Sie die Datei noch einmal auf.",
    ],
    ["", "Date,Close\nsoon,14", "keine Zeile der Datei war verwendbar."],
    ["&pair=EUR/KES", history, "EUR/KES ist kein Paar mit dem US-Dollar: Geben Sie eines wie USD/KES ein."],
    ["", "Date,Code,Close\n2024-01-02,ABC,14", "die Datei sagt nicht, von welcher Börse sie ist"],
    [
      "&ticker=NPN.JO",
      "Date,Code,Close\n2024-01-02,ABC,14",
      "die Datei enthält Kurse von ABC.JO, eingegeben ist NPN.JO: Geben Sie den Ticker der Datei ein oder keinen.",
    ],
    [
      "&ticker=SCOM",
      history,
      "SCOM endet nicht mit seiner Börse: Geben Sie das Symbol wie SCOM.XNAI oder NPN.JO ein",
    ],
    [
      "&exchange=XNAI&ticker=S~",
      history,
      "S~.XNAI ist kein Ticker: Geben Sie einen wie SCOM.XNAI oder NPN.JO ein.",
    ],
    ["", history, "die Datei sagt nicht, von welchem Ticker ihre Kurse sind"],
  ])("%s %.20s", async (hints, text, said) => {
    const report = await take(hints, text);
    const page = await pageOf(report);
    expect(page).toContain(said);
    expect(page).not.toContain(report.problem);
  });
});

test("a whole series that is refused, a rate that is none, and what is kept out are told in German", async () => {
  const { pool } = program.database;
  await pool.query(
    `insert into bronze.raw_assets (ticker, name, asset_class, currency, quote_unit, unit_factor, exchange_timezone, source)
     values ('NPN.JO', 'Naspers', 'stock', 'ZAR', 'ZAc', 0.01, 'Africa/Johannesburg', 'yahoo'),
       ('ABC.XNAI', 'ABC', 'stock', 'USD', 'USD', 1, 'Africa/Nairobi', 'file')`,
  );
  const days = ["01", "02", "05", "06", "07", "08", "09"].map((day) => `2024-02-${day}`);
  const closes = (...prices: number[]): string =>
    ["Date,Close", ...days.map((day, index) => `${day},${prices[index] ?? prices.at(-1)}`)].join("\n");
  await take("&ticker=KCB.XNAI", closes(20));
  const reports = [
    await take("&ticker=NPN.JO", closes(20)),
    await take("&ticker=ABC.XNAI", closes(20)),
    await take("&ticker=KCB.XNAI", closes(40)),
    await take("&pair=USD/KES", closes(150, 151, 4_000_000, 400, 150)),
    await take("&ticker=EQTY.XNAI", closes(40, 40, 40, 4000, 40)),
  ];
  const pages = await Promise.all(reports.map((report) => pageOf(report)));
  expect(pages[0]).toContain(
    "Die Kurse kommen von Yahoo Finance: Diese hier wurden damit verglichen und nicht",
  );
  expect(pages[1]).toContain("Gespeichert sind die Kurse in USD, hier stehen sie in KES.");
  expect(pages[2]).toContain(
    "An 7 von 7 gespeicherten Tagen sind dies andere Kurse, etwa das 2-Fache der gespeicherten",
  );
  expect(pages[3]).toMatch(
    /5\. Feb\. 2024: ein Kurs von 0,00000025 US-Dollar, während der vom 6\. Feb\. 2024 0,0025 ist\./,
  );
  expect(pages[3]).toMatch(
    /6\. Feb\. 2024: ein Kurs von 0,0025 US-Dollar, nach 0,0066\d+ am 2\. Feb\. 2024 und/,
  );
  expect(pages[4]).toContain("Der Schlusskurs 4.000 ist das 100-Fache des letzten guten, 40.");
  for (const [index, report] of reports.entries()) {
    const words = wordsOf(report);
    expect(words).not.toEqual([]);
    for (const detail of words) expect(pages[index]).not.toContain(detail);
  }
});

test("what a report of earlier versions says in words of theirs stands as it is", async () => {
  const report = await take("&ticker=SCOM.XNAI", "Date,Close\n2024-03-01,14\n2024-03-02,15");
  await program.database.pool.query(
    `update bronze.price_files
     set report = report || '{"problem": "the dog ate it", "refused_rows": [{"line": 2, "reason": "eaten", "detail": "eaten, too"}]}'
     where file_id = $1`,
    [report.file_id],
  );
  const page = await pageOf(report);
  expect(page).toContain("the dog ate it.");
  expect(page).toContain("eaten");
  expect(page).toContain("Eaten, too.");
});

test.each([
  [{ url: "http://ada:secret@example.org/" }, "Geben Sie die Adresse ohne Benutzernamen und Passwort ein."],
  [{ url: "https://{ticker}.example.org/" }, "nur {ticker}, {code}, {from}, {to} stehen"],
  [{ url: "ftp://example.org/" }, "Geben Sie eine Adresse ein, die mit https:// oder http:// beginnt."],
  [{ unit: "shillings" }, "Geben Sie ein, worin die Kurse angegeben sind"],
  [{ format: "json" }, "Geben Sie ein, wo die Tage und die Kurse stehen"],
])("an address that cannot be entered: %o", async (fields, said) => {
  const entered = {
    ticker: "SCOM.XNAI",
    url: "https://example.org/",
    format: "csv",
    unit: "KES",
    every: "day",
  };
  const { status, html } = await send("/assets/prices/urls", { ...entered, ...fields });
  expect(status).toBe(422);
  expect(html).toContain(said);
});

test.each([
  ["AAPL", "file", "AAPL gehört zu keiner Börse, deren Dateien gelesen werden."],
  ["SCOM.XNAI", "yahoo", "Yahoo Finance hat die Börse von SCOM.XNAI nicht."],
  [
    "SCOM.XNAI",
    "url",
    "SCOM.XNAI hat keine Adresse: Geben Sie diese zuerst ein, unter „Kurse von einer Adresse“.",
  ],
])("a source that %s cannot have: %s", async (ticker, source, said) => {
  const { status, html } = await send("/assets/prices/source", { ticker, source });
  expect(status).toBe(422);
  expect(html).toContain(said);
});
