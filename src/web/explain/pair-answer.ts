/** The correlation of two holdings, explained by the returns of both. */
import { type PairFacts, readPairFacts } from "../../portfolio/index.ts";
import { NotFoundError } from "../errors.ts";
import type { Format } from "../format.ts";
import { t } from "../messages/index.ts";
import { shownTicker } from "../own-names.ts";
import { type Answer, periodOf, type Reading } from "./answer.ts";
import { type Asked, type Evidence, numeric, rowLimit, tableOf } from "./table.ts";
import { computed, equation, impossible, precise, type Working } from "./working.ts";

/** Throws NotFoundError for a ticker that was not held in the range. */
export async function answerForPair(
  { client, published, whose, span, asked }: Reading,
  ticker: string,
  other: string,
): Promise<Answer> {
  const pair = { ticker, other, limit: rowLimit + 1 };
  const { facts, missing } = await readPairFacts(client, published, whose, span, pair);
  if (!facts) throw new NotFoundError("position", missing);
  return {
    working: pairWorking(facts, asked.format),
    evidence: facts.returns.length === 0 ? [] : [pairTable(facts, ticker, other, asked)],
    asOf: span.end,
    period: periodOf("correlation", span, asked.format),
  };
}

function pairWorking(facts: PairFacts, format: Format): Working {
  const { figures, covariance, deviation, other_deviation, first_date, last_date } = facts;
  if (!figures) return impossible("never held on one day");
  const isKnown = covariance !== null && deviation !== null && other_deviation !== null;
  if (figures.correlation === null || !isKnown || first_date === null || last_date === null)
    return impossible(figures.correlation_reason);
  const value = format.number(figures.correlation);
  // Returns of a day are some hundredths, and their products some hundred-thousandths.
  const [both, own, theirs] = [covariance, deviation, other_deviation].map((one) => precise(format, one, 9));
  return computed(
    value,
    t("{count, plural, one {# return} other {# returns}} of both, {first} to {last}", {
      count: figures.returns,
      first: format.date(first_date),
      last: format.date(last_date),
    }),
    t("covariance = {both}, standard deviations = {own} and {theirs}", {
      both: both!,
      own: own!,
      theirs: theirs!,
    }),
    equation(`${both} ÷ (${own} × ${theirs})`, value),
  );
}

function pairTable({ returns }: PairFacts, ticker: string, other: string, { format }: Asked): Evidence {
  return tableOf(
    t("Returns"),
    [t("Date"), ...[ticker, other].map((one) => numeric(shownTicker(one)))],
    returns.map((pair) => [
      { text: format.date(pair.price_date) },
      { text: format.signedPercent(pair.own) },
      { text: format.signedPercent(pair.other) },
    ]),
  );
}
