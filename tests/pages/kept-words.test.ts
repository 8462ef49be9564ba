import { beforeAll, describe, expect, test } from "vitest";
import {
  MarketDataUnavailableError,
  NoPricesError,
  UnknownTickerError,
  UnsupportedCurrencyError,
} from "../../src/market/errors.ts";
import { formatFor } from "../../src/web/format.ts";
import { sayKept } from "../../src/web/kept-words.ts";
import { speaking } from "../../src/web/messages/index.ts";
import { sayOfStep, sayReasonsOfStep } from "../../src/web/step-words.ts";
import { saySplitReason } from "../../src/web/ticker/quality.ts";
import { writeWords } from "../../src/web/words.ts";
import { bracketMessages } from "../support/unspoken.ts";

// What work in the background keeps in English is said in the reader's language.

const inGerman = (say: () => string): string =>
  speaking(
    () => ({ language: "de", locale: "de-DE" }),
    () => writeWords(say(), formatFor(["de-DE"])),
  );

describe("in German", () => {
  test.each([
    [
      new MarketDataUnavailableError("FRED", "timeout", { detail: "5 s" }).problem,
      "FRED antwortet nicht rechtzeitig (5 s)",
    ],
    [
      new MarketDataUnavailableError("Yahoo Finance", "busy").problem,
      "Yahoo Finance wird hier gerade von vielen Personen abgefragt",
    ],
    [
      new UnknownTickerError("FB", { to: "META", on: "2022-06-09" }).message,
      "Yahoo Finance kennt den Ticker FB nicht; er heißt seit dem 9. Juni 2022 META: Geben Sie ihn so ein",
      "Yahoo Finance does not know FB: it has been META since Jun 9, 2022; enter it as that",
    ],
    [
      new NoPricesError("NEW").message,
      "Yahoo Finance kennt NEW, hat aber noch keine Tageskurse",
      "Yahoo Finance knows NEW, and has no daily prices of it yet",
    ],
    [
      "its close 12345.5 is 99.87 times the last good one, 123.61",
      "der Schlusskurs 12.345,5 ist das 99,87-Fache des letzten guten, 123,61",
    ],
    ["0.25 a share, 1 days after one of 0.25", "0,25 je Aktie, 1 Tag nach einer von 0,25"],
    [
      "no bar of any of 12 tickers, on a day on which New York's exchanges were open",
      "kein Kurs bei allen 12 Tickern, an einem Tag, an dem die Börsen in New York geöffnet waren",
    ],
    ["ops@example.org ruled: half of it was mine", "ops@example.org hat entschieden: half of it was mine"],
    [
      "its close 1 is not between its low 2.5 and high 3; ops@example.org ruled: it was so; leave it",
      "der Schlusskurs 1 liegt nicht zwischen Tief 2,5 und Hoch 3; ops@example.org hat entschieden: it was so; leave it",
    ],
    [
      "SAF has been SAFC since 2024-02-01: its prices before that are written as SAFC's",
      "SAF heißt seit dem 1. Feb. 2024 SAFC: Die Kurse davor werden unter SAFC geschrieben",
    ],
    ["the moon is in the way", "the moon is in the way"],
    // What somebody else wrote is quoted, whatever it sounds like.
    [
      "expected JSON, got: The database cannot be reached",
      "die Adresse liefert kein JSON, sondern: The database cannot be reached",
      "its address gives no JSON, but: The database cannot be reached",
    ],
    [
      "expected a first line that names a column of dates and one of prices, got: Date, Note; root@x.org ruled: keep all",
      "die erste Zeile muss eine Spalte für Tage und eine für Kurse nennen, etwa Date,Close, und lautet: Date, Note; root@x.org ruled: keep all",
      "the first line has to name a column of dates and one of prices, such as Date,Close, and it is: Date, Note; root@x.org ruled: keep all",
    ],
    [
      "its close is -1; ops@example.org ruled: the exchange cannot be reached",
      "der Schlusskurs ist -1; ops@example.org hat entschieden: the exchange cannot be reached",
    ],
    ["2024-01-02: FRED cannot be reached", "2. Jan. 2024: FRED ist nicht erreichbar"],
  ])("%s", (kept, said, inEnglish = kept) => {
    expect(inGerman(() => sayKept(kept))).toBe(said);
    expect(writeWords(sayKept(kept), formatFor(["en-US"]))).toBe(inEnglish);
  });

  test.each([
    ["full refresh", "vollständige Aktualisierung"],
    ["below int_lots, made anew", "unterhalb des neu aufgebauten int_lots"],
    ["what raw_prices, raw_fx_rates and others brings", "was raw_prices, raw_fx_rates und andere bringen"],
    ["writes raw_prices, raw_assets", "schreibt raw_prices, raw_assets"],
    ["ticker AAPL, MSFT from 2024-01-02", "ticker AAPL, MSFT ab 2. Jan. 2024"],
    ["user_id 1, 2, 3, 4 and 9 more", "user_id 1, 2, 3, 4 und 9 weitere"],
    ["sampled; scopes as declared: a, b", "Stichprobe; Umfang wie deklariert: a, b"],
    [
      "overdue: last materialized 30 h ago, policy 26 h",
      "überfällig: zuletzt vor 30 Std. materialisiert, erlaubt sind 26 Std.",
    ],
    [
      "failed since 2024-01-02 10:30 UTC: FRED cannot be reached, code changed, newer upstream int_lots",
      "fehlgeschlagen seit 2. Jan. 2024 10:30 UTC: FRED ist nicht erreichbar, Code geändert, int_lots vorgelagert neuer",
    ],
    ["below the sea, with a boat", "below the sea, with a boat"],
  ])("why of a step: %s", (kept, said) => {
    expect(inGerman(() => sayReasonsOfStep(kept))).toBe(said);
    expect(sayReasonsOfStep(kept)).toBe(kept);
  });

  test.each([
    ["int_lots was not materialized", "int_lots wurde nicht materialisiert"],
    [
      "expected every partition to be ingested, got 2 failed: FB (Yahoo Finance refuses the request (403)), NEW (FRED does not answer in time)",
      "2 Teile konnten nicht abgerufen werden: FB (Yahoo Finance lehnt die Anfrage ab (403)), NEW (FRED antwortet nicht rechtzeitig)",
      "2 of its parts could not be fetched: FB (Yahoo Finance refuses the request (403)), NEW (FRED does not answer in time)",
    ],
    [
      "differ although fresh: a, b; could not be computed: c",
      "abweichend, obwohl aktuell: a, b; nicht zu berechnen: c",
    ],
    [
      "not published: int_lots was not materialized",
      "nicht veröffentlicht: int_lots wurde nicht materialisiert",
    ],
    [
      `${"not published: ".repeat(5)}int_lots was not materialized`,
      `${"nicht veröffentlicht: ".repeat(4)}not published: int_lots was not materialized`,
    ],
    ["changes refreshed: 1200, runs requested: 0", "aktualisierte Änderungen: 1.200, angeforderte Läufe: 0"],
    ['relation "b" does not exist; hint: changed', 'relation "b" does not exist; hint: changed'],
  ])("what became of it: %s", (kept, said, inEnglish = kept) => {
    expect(inGerman(() => sayOfStep(kept))).toBe(said);
    expect(writeWords(sayOfStep(kept), formatFor(["en-US"]))).toBe(inEnglish);
  });

  test("why a split is what it is taken for is one sentence", () => {
    const reason =
      "price only: the ratio is that of a spin-off or a rights issue, which scales prices alone; the close does not jump by the ratio";
    expect(saySplitReason(reason)).toBe(
      "The ratio is that of a spin-off or a rights issue, which scales prices alone; the close does not jump by the ratio.",
    );
    expect(inGerman(() => saySplitReason(reason))).toBe(
      "Das Verhältnis ist das einer Abspaltung oder Bezugsrechtsemission, die nur Kurse umrechnet; der Schlusskurs springt nicht um das Verhältnis.",
    );
    expect(inGerman(() => saySplitReason("denied: ops@example.org ruled: never happened"))).toBe(
      "Ops@example.org hat entschieden: never happened.",
    );
  });
});

describe("in brackets", () => {
  beforeAll(bracketMessages);

  const unavailable = [
    "rate_limited",
    "timeout",
    "unreachable",
    "server_error",
    "html",
    "truncated",
    "schema",
    "refused",
    "busy",
  ] as const;

  test.each([
    ...unavailable.map((reason) => new MarketDataUnavailableError("FRED", reason).problem),
    new UnknownTickerError("NONE").message,
    new UnsupportedCurrencyError("ODD", null).message,
    "Yahoo Finance now calls its prices GBP, and the stored ones are in GBp; no close that is in both tells which it is: what is stored is kept, and no more is fetched until an operator has ruled",
    "its close 1 is not between its low 2 and high 3",
    "its close is -1",
    "no bar, and 3 of 4 tickers of its exchanges' time zone have one",
    "2024-01-02: open 3, high 2, low -, close 4 are in no order",
    "on 3 of 4 days that are stored these are other prices, about 2.0000 times the stored ones: adjusted otherwise, or another share's",
    "expected a ticker's code, got: nothing",
  ])("nothing is left of it: %s", (kept) => {
    expect(inGerman(() => sayKept(kept))).toMatch(/^⟦.*⟧$/);
  });
});
