/** How good the data of a ticker is, in words, each beside what it touches. */

import { isOwnAsset } from "../../market/ticker.ts";
import type { CorporateAction, RateState, TickerFacts } from "../../portfolio/index.ts";
import type { Format } from "../format.ts";

/** What a note is about, and so where on the page it stands. */
type Subject = "price" | "position" | "actions";

export interface QualityNote {
  readonly kind: "information" | "warning" | "failure";
  readonly text: string;
}

export type QualityNotes = Readonly<Record<Subject, readonly QualityNote[]>>;

/** `fetching`: the first prices are on their way. */
export function describeQuality(
  facts: TickerFacts,
  format: Format,
): { notes: QualityNotes; fetching: boolean } {
  const { first_price_date, last_error } = facts.description;
  const isOwn = isOwnAsset(facts.ticker);
  return {
    fetching: first_price_date === null && last_error === null && !isOwn,
    notes: {
      price: isOwn
        ? ownNotes(facts, format)
        : [
            ...fetchNotes(facts),
            ...ageNotes(facts, format),
            ...oddityNotes(facts, format),
            ...defectNotes(facts, format),
          ],
      position: [
        ...(isOwn ? [] : estimateNotes(facts, format)),
        ...facts.rates.map((rate) => rateNote(rate, format)),
      ],
      actions: facts.actions.flatMap((action) => splitNotes(action, format)),
    },
  };
}

/** What its owner prices is as they say: nothing is odd about it, and nothing is missing. */
function ownNotes({ description, ledger }: TickerFacts, format: Format): QualityNote[] {
  const { first_price_date, last_price_date } = description;
  if (first_price_date === null || last_price_date === null)
    return [{ kind: "information", text: "You have entered no price of it: it is valued at what you paid." }];
  const before =
    ledger.first_date < first_price_date
      ? ` Until ${format.date(first_price_date)}, the day of the first one, it is valued at what you paid.`
      : "";
  const text = `Your price of ${format.date(last_price_date)} stands until you enter a newer one.${before}`;
  return [{ kind: "information", text }];
}

function fetchNotes({ description: { first_price_date, last_error } }: TickerFacts): QualityNote[] {
  if (last_error !== null)
    return [{ kind: "failure", text: `The last fetch of its prices failed: ${last_error}` }];
  return first_price_date === null
    ? [{ kind: "information", text: "Its price history is being fetched." }]
    : [];
}

function ageNotes({ description, isStale }: TickerFacts, format: Format): QualityNote[] {
  const { last_price_date, is_last_close_final, is_active } = description;
  if (last_price_date === null) return [];
  const day = format.date(last_price_date);
  const notes: QualityNote[] = [];
  if (is_last_close_final === false)
    notes.push({
      kind: "information",
      text: `The price of ${day} is provisional: the session was still open when it was fetched. The next fetch replaces it.`,
    });
  if (!is_active)
    notes.push({ kind: "warning", text: `No longer quoted: its last price, of ${day}, stays.` });
  else if (isStale)
    notes.push({ kind: "warning", text: `The price is stale: none is newer than that of ${day}.` });
  return notes;
}

function oddityNotes({ oddities }: TickerFacts, format: Format): QualityNote[] {
  return oddities.flatMap(({ price_date, change, gap_days, is_spike, is_gap }) => {
    const day = format.date(price_date);
    const notes: QualityNote[] = [];
    if (is_gap)
      notes.push({
        kind: "warning",
        text: `A gap: no price for ${format.count(gap_days)} days before ${day}. The last one before stands for them.`,
      });
    if (is_spike)
      notes.push({
        kind: "warning",
        text: `A spike: the close of ${day} is ${format.signedPercent(change)} from the one before it. Closes are adjusted for splits, so look whether it is real.`,
      });
    return notes;
  });
}

function estimateNotes({ ledger, description }: TickerFacts, format: Format): QualityNote[] {
  const { first_price_date } = description;
  const firstTrade = ledger.first_date;
  if (first_price_date === null || firstTrade >= first_price_date) return [];
  return [
    {
      kind: "warning",
      text: `Traded on ${format.date(firstTrade)}, before its first known price of ${format.date(first_price_date)}: until then it is valued at the price of your own last trade.`,
    },
  ];
}

/** Of a currency whose rates do not reach back to the first trade. */
export function rateNote({ currency, first_rate_date, is_left_out }: RateState, format: Format): QualityNote {
  if (is_left_out)
    return {
      kind: "warning",
      text: `Left out of all figures: no exchange rate of ${currency} is known yet. It counts as soon as one is.`,
    };
  return {
    kind: "warning",
    text:
      first_rate_date === null
        ? `No exchange rate of ${currency} is known yet: it is valued at the rate that your own trade says. That is an estimate.`
        : `Traded before the first known exchange rate of ${currency}, of ${format.date(first_rate_date)}: until then it is valued at the rate that your own trade says, or else at that first one. That is an estimate.`,
  };
}

function splitNotes(action: CorporateAction, format: Format): QualityNote[] {
  if (!action.is_doubtful && action.is_accepted) return [];
  const { numerator, denominator, action_date, is_accepted, is_history_adjusted, reason } = action;
  const verdict = is_accepted
    ? is_history_adjusted
      ? "is applied"
      : "is applied, and the prices before it are scaled here"
    : "changes nobody’s shares";
  return [
    {
      kind: "warning",
      text: `The split ${numerator}:${denominator} of ${format.date(action_date)} ${verdict}. ${sentence(reason)}`,
    },
  ];
}

/** `accepted: the close does not jump` is said by the verdict already. */
function sentence(reason: string | null): string {
  const text = (reason ?? "").replace(/^[a-z ]+: /, "");
  return text === "" ? "" : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** What each kind of defect is, for people; `detail` says the rest. */
const defectNames: Readonly<Record<string, string>> = {
  not_positive: "A price that is none",
  outside_range: "A close outside its day’s range",
  hundredfold: "A price in another unit",
  lone_spike: "A spike of one day",
  ruled_out: "Ruled out",
  doubled_dividend: "A dividend listed twice",
  no_close: "A session without a close",
  missing_day: "A missing day",
  lone_day: "A day that no other ticker has",
  other_currency: "Another currency",
  other_company: "Another company",
  other_unit: "Another unit of the currency",
};

function defectNotes({ defects }: TickerFacts, format: Format): QualityNote[] {
  return defects.map(({ defect, defect_date, detail, is_kept_out }) => ({
    kind: "warning",
    text: `${defectNames[defect] ?? defect}, ${format.date(defect_date)}: ${detail}.${is_kept_out ? " It is kept out of all figures." : ""}`,
  }));
}
