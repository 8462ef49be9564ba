/** A figure as if more or less of a holding had been there, explained by the days that it is then of. */
import Big from "big.js";
import { readWhatIfFacts, type WhatIfFacts } from "../../portfolio/index.ts";
import { NotFoundError } from "../errors.ts";
import type { Format } from "../format.ts";
import { t } from "../messages/index.ts";
import { shownTicker } from "../own-names.ts";
import { type Answer, noMovements, periodOf, type Reading } from "./answer.ts";
import { readEvidence } from "./evidence.ts";
import { measuredWorkings } from "./portfolio-working.ts";
import { riskWorkings } from "./risk-working.ts";
import { type Asked, type Evidence, numeric, rowLimit, tableOf } from "./table.ts";
import { equation, type Working } from "./working.ts";

/** Figures that are asked about so, in the order of their table. */
export const whatIfFigures = [
  "twr",
  "volatility",
  "sharpe",
  "max_drawdown",
  "value_at_risk_95",
  "beta",
] as const;
export type WhatIfFigure = (typeof whatIfFigures)[number];

/** So many times as much of a ticker, 0 for none. */
export interface WhatIfQuestion {
  readonly ticker: string;
  readonly multiple: string;
  readonly of: WhatIfFigure;
}

type SoMuch = WhatIfFacts["was"];

const isOfRisk = (of: WhatIfFigure): of is "value_at_risk_95" | "beta" =>
  of === "value_at_risk_95" || of === "beta";

function workingOf(facts: SoMuch, of: WhatIfFigure, format: Format): Working {
  return isOfRisk(of) ? riskWorkings[of]!(facts.risk!, format) : measuredWorkings[of](facts, format);
}

/** Throws NotFoundError for a ticker that was not held in the range. */
export async function answerForWhatIf(
  { client, published, whose, span, asked }: Reading,
  { ticker, multiple, of }: WhatIfQuestion,
  benchmark: string | null,
): Promise<Answer> {
  const { format } = asked;
  const question = { ticker, multiple, benchmark, isOfRisk: isOfRisk(of), limit: rowLimit + 1 };
  const facts = await readWhatIfFacts(client, published, whose, span, question);
  if (!facts) throw new NotFoundError("position", ticker);
  const was = workingOf(facts.was, of, format);
  const changed = workingOf(facts.changed, of, format);
  const extent = { ...whose, ticker, start: span.start, end: span.end };
  const asItWas = t("as it was: {value}", { value: was.value ?? was.reason ?? "" });
  return {
    working: { ...changed, steps: [asItWas, worthOf(facts, multiple, format), ...changed.steps] },
    evidence: [
      dayTable(facts, ticker, asked),
      ...(await readEvidence(client, "what_if", extent, span.end, noMovements, asked)),
    ],
    asOf: span.end,
    period: periodOf("what_if", span, format),
  };
}

/** How the days are changed, on the last one of them. */
function worthOf({ held, was, changed }: WhatIfFacts, multiple: string, format: Format): string {
  const [before, after] = [was.days[0]!, changed.days[0]!];
  const difference = `(${format.quantity(multiple)} − 1) × ${format.money(held[0]!.market_value)}`;
  return t("worth of the whole on {date}: {sum}", {
    date: format.date(before.price_date),
    sum: equation(`${format.money(before.market_value)} + ${difference}`, format.money(after.market_value)),
  });
}

/** Of days on which it was held: all others are as they were. */
function dayTable({ held, was, changed }: WhatIfFacts, ticker: string, { format }: Asked): Evidence {
  const earned = (value: number | null) => ({ text: value === null ? "–" : format.signedPercent(value) });
  return tableOf(
    t("Days on which it was held"),
    [
      t("Date"),
      numeric(shownTicker(ticker)),
      numeric(t("Whole, as it was")),
      numeric(t("Whole, as if")),
      numeric(t("Money in or out, as if")),
      numeric(t("Return, as it was")),
      numeric(t("Return, as if")),
    ],
    changed.days.map((day, place) => [
      { text: format.date(day.price_date) },
      { text: format.money(held[place]!.market_value) },
      { text: format.money(was.days[place]!.market_value) },
      { text: format.money(day.market_value) },
      { text: format.signedMoney(new Big(day.net_flow).minus(day.paid_out).toFixed()) },
      earned(was.days[place]!.daily_return),
      earned(day.daily_return),
    ]),
  );
}
