/** Explanations for somebody whose shares became others, by each kind of corporate action. */
import { beforeAll, describe, expect, test } from "vitest";
import { figures } from "../../src/web/explain/figures.ts";
import { type Program, startProgram } from "../support/program.ts";
import { type Explained, explanationOf, hold } from "./explanation.ts";
import { type Reader, settle, signUp } from "./reader.ts";

let program: Program;
let bought: readonly [ticker: string, quantity: string, price: string, date: string][];

beforeAll(async () => {
  program = await startProgram();
  await program.engine.run({ triggerKind: "manual", triggerName: "test", selection: "raw_fred+" });
  bought = [
    ["NORD", "7", "120", "2023-01-05"],
    ["NORD", "6", "130", "2023-06-05"],
  ];
});

/** Of each kind what its form says; NORD is split two for one on 2024-06-10. */
const actions = {
  "a spin-off": ["spin-off", { ticker: "NORD", new_ticker: "CURA", numerator: "1", denominator: "3" }],
  "a spin-off, fractions in cash": [
    "spin-off",
    {
      ticker: "NORD",
      new_ticker: "CURA",
      numerator: "1",
      denominator: "4",
      cost_share: "0.2",
      fraction_price: "40",
    },
  ],
  "a merger": ["merger", { ticker: "NORD", new_ticker: "WRLD", numerator: "3", denominator: "4" }],
  "a merger for shares and cash": [
    "merger",
    {
      ticker: "NORD",
      new_ticker: "CURA",
      numerator: "1",
      denominator: "2",
      cash_per_share: "30",
      fraction_price: "50",
    },
  ],
  "a takeover for cash": ["merger", { ticker: "NORD", cash_per_share: "140" }],
  "a new symbol": ["rename", { ticker: "NORD", new_ticker: "CURA" }],
  "rights that were used": [
    "rights",
    { ticker: "NORD", numerator: "1", denominator: "4", is_exercised: "yes", price: "90" },
  ],
  "rights that were sold": [
    "rights",
    { ticker: "NORD", numerator: "1", denominator: "4", is_exercised: "no", price: "12" },
  ],
} as const;
const date = "2024-03-04";

async function holder(): Promise<Reader> {
  const reader = await signUp(program, `${crypto.randomUUID()}@example.com`);
  for (const [ticker, quantity, price, day] of bought)
    await reader.trade(ticker, "BUY", quantity, price, day);
  return reader;
}

async function write(reader: Reader, kind: string, terms: Record<string, string>, on = date): Promise<void> {
  const { status, location } = await reader.post(`/transactions/corporate-actions/new/${kind}`, {
    ...terms,
    date: on,
    step: "write",
  });
  expect([status, location]).toEqual([303, expect.stringContaining("written=1")]);
  await settle(program);
}

async function explained(reader: Reader, path: string): Promise<Explained> {
  const { status, html } = await reader.get(path);
  expect(status, path).toBe(200);
  return explanationOf(html);
}

const ranges = ["range=Max", "from=2023-03-01&to=2024-03-04"];

/** Figures that an action could leave without its reason; returns and risk follow from the value and the flows of each day. */
const names = (Object.keys(figures) as (keyof typeof figures)[]).filter((figure) =>
  /value|price$|quantity|cost|pnl|fees|income|contributions|gain|effect|change|daily_return|twr|total_return/.test(
    figure,
  ),
);

/** Every equation of the portfolio and of each ticker (these over the whole time). */
async function everythingAddsUp(reader: Reader): Promise<void> {
  for (const scope of ranges) {
    const { html } = await reader.get(`/portfolio/performance?${scope}`);
    const tickers = [
      ...new Set([...html.matchAll(/href="\/tickers\/([^"?]+)/g)].map(([, ticker]) => ticker!)),
    ];
    expect(tickers.length).toBeGreaterThan(0);
    for (const figure of names) {
      const subjects = [
        ...(figures[figure].portfolio === null ? [] : [""]),
        ...(figures[figure].ticker === null || scope !== ranges[0]
          ? []
          : tickers.map((ticker) => `&ticker=${ticker}`)),
      ];
      for (const subject of subjects) {
        const path = `/explain/${figure}?${scope}${subject}`;
        const explanation = await explained(reader, path);
        if (!explanation.result.startsWith("Not computed")) hold(path, explanation);
      }
    }
  }
}

describe("every equation", () => {
  test.each(Object.entries(actions))("holds after %s", async (_name, [kind, terms]) => {
    const reader = await holder();
    await write(reader, kind, terms);
    await everythingAddsUp(reader);
  });

  test("holds after cash for a fraction that a split left", async () => {
    const reader = await holder();
    await reader.trade("NORD", "BUY", "0.25", "140", "2024-02-05");
    await write(reader, "cash-in-lieu", { ticker: "NORD", price: "75" }, "2024-06-10");
    await everythingAddsUp(reader);
  });
});
