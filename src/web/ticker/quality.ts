/** How good the data of a ticker is, in words, each beside what it touches. */

import { isOwnAsset } from "../../market/ticker.ts";
import type { CorporateAction, RateState, TickerFacts } from "../../portfolio/index.ts";
import type { Format } from "../format.ts";
import { sayKept } from "../kept-words.ts";
import { defineMessage, type Message, t } from "../messages/index.ts";
import { sentence } from "../words.ts";

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
    return [
      { kind: "information", text: t("You have entered no price of it: it is valued at what you paid.") },
    ];
  const texts = [
    t("Your price of {date} stands until you enter a newer one.", { date: format.date(last_price_date) }),
    ...(ledger.first_date < first_price_date
      ? [
          t("Until {date}, the day of the first one, it is valued at what you paid.", {
            date: format.date(first_price_date),
          }),
        ]
      : []),
  ];
  return [{ kind: "information", text: texts.join(" ") }];
}

function fetchNotes({ description: { first_price_date, last_error } }: TickerFacts): QualityNote[] {
  if (last_error !== null)
    return [
      {
        kind: "failure",
        text: t("The last fetch of its prices failed: {error}", { error: sayKept(last_error) }),
      },
    ];
  return first_price_date === null
    ? [{ kind: "information", text: t("Its price history is being fetched.") }]
    : [];
}

function ageNotes({ description, isStale }: TickerFacts, format: Format): QualityNote[] {
  const { last_price_date, is_last_close_final, is_active } = description;
  if (last_price_date === null) return [];
  const date = format.date(last_price_date);
  const notes: QualityNote[] = [];
  if (is_last_close_final === false)
    notes.push({
      kind: "information",
      text: t(
        "The price of {date} is provisional: the session was still open when it was fetched. The next fetch replaces it.",
        { date },
      ),
    });
  if (!is_active)
    notes.push({ kind: "warning", text: t("No longer quoted: its last price, of {date}, stays.", { date }) });
  else if (isStale)
    notes.push({
      kind: "warning",
      text: t("The price is stale: none is newer than that of {date}.", { date }),
    });
  return notes;
}

function oddityNotes({ oddities }: TickerFacts, format: Format): QualityNote[] {
  return oddities.flatMap(({ price_date, change, gap_days, is_spike, is_gap }) => {
    const date = format.date(price_date);
    const notes: QualityNote[] = [];
    if (is_gap)
      notes.push({
        kind: "warning",
        text: t(
          "A gap: no price for {days, plural, one {# day} other {# days}} before {date}. The last one before stands for them.",
          { days: gap_days, date },
        ),
      });
    if (is_spike)
      notes.push({
        kind: "warning",
        text: t(
          "A spike: the close of {date} is {change} from the one before it. Closes are adjusted for splits, so look whether it is real.",
          { date, change: format.signedPercent(change) },
        ),
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
      text: t(
        "Traded on {date}, before its first known price of {first}: until then it is valued at the price of your own last trade.",
        { date: format.date(firstTrade), first: format.date(first_price_date) },
      ),
    },
  ];
}

/** Of a currency whose rates do not reach back to the first trade. */
export function rateNote({ currency, first_rate_date, is_left_out }: RateState, format: Format): QualityNote {
  if (is_left_out)
    return {
      kind: "warning",
      text: t(
        "Left out of all figures: no exchange rate of {currency} is known yet. It counts as soon as one is.",
        {
          currency,
        },
      ),
    };
  return {
    kind: "warning",
    text:
      first_rate_date === null
        ? t(
            "No exchange rate of {currency} is known yet: it is valued at the rate that your own trade says. That is an estimate.",
            { currency },
          )
        : t(
            "Traded before the first known exchange rate of {currency}, of {date}: until then it is valued at the rate that your own trade says, or else at that first one. That is an estimate.",
            { currency, date: format.date(first_rate_date) },
          ),
  };
}

function splitNotes(action: CorporateAction, format: Format): QualityNote[] {
  if (!action.is_doubtful && action.is_accepted) return [];
  const { numerator, denominator, action_date, is_accepted, is_history_adjusted, reason } = action;
  const verdict = t(
    is_accepted
      ? is_history_adjusted
        ? "The split {numerator}:{denominator} of {date} is applied."
        : "The split {numerator}:{denominator} of {date} is applied, and the prices before it are scaled here."
      : "The split {numerator}:{denominator} of {date} changes nobody’s shares.",
    { numerator: numerator ?? "", denominator: denominator ?? "", date: format.date(action_date) },
  );
  return [{ kind: "warning", text: `${verdict} ${saySplitReason(reason)}` }];
}

/** Why, as sql-models/staging/stg_splits.sql says it: of a ratio as splits have it, and of one that is another's. */
const reasons: Readonly<Record<string, readonly [ofSplit: Message, ofOther: Message]>> = {
  "no close on both sides to compare": [
    defineMessage("No close on both sides to compare."),
    defineMessage(
      "The ratio is that of a spin-off or a rights issue, which scales prices alone; no close on both sides to compare.",
    ),
  ],
  "ratio too near 1 to tell from a day's move": [
    defineMessage("Ratio too near 1 to tell from a day's move."),
    defineMessage(
      "The ratio is that of a spin-off or a rights issue, which scales prices alone; ratio too near 1 to tell from a day's move.",
    ),
  ],
  "the close jumps by the ratio, and a dividend explains it": [
    defineMessage("The close jumps by the ratio, and a dividend explains it."),
    defineMessage(
      "The ratio is that of a spin-off or a rights issue, which scales prices alone; the close jumps by the ratio, and a dividend explains it.",
    ),
  ],
  "the close jumps by about the ratio, against the split: the history was adjusted for it, and it never happened":
    [
      defineMessage(
        "The close jumps by about the ratio, against the split: the history was adjusted for it, and it never happened.",
      ),
      defineMessage(
        "The ratio is that of a spin-off or a rights issue, which scales prices alone; the close jumps by about the ratio, against the split: the history was adjusted for it, and it never happened.",
      ),
    ],
  "the close jumps by about the ratio, as the split would move it: the history is not adjusted": [
    defineMessage(
      "The close jumps by about the ratio, as the split would move it: the history is not adjusted.",
    ),
    defineMessage(
      "The ratio is that of a spin-off or a rights issue, which scales prices alone; the close jumps by about the ratio, as the split would move it: the history is not adjusted.",
    ),
  ],
  "the close does not jump by the ratio": [
    defineMessage("The close does not jump by the ratio."),
    defineMessage(
      "The ratio is that of a spin-off or a rights issue, which scales prices alone; the close does not jump by the ratio.",
    ),
  ],
};

const ofOtherKind = "the ratio is that of a spin-off or a rights issue, which scales prices alone; ";

/** `accepted: the close does not jump` is said by the verdict already. What an operator ruled is in their own words. */
export function saySplitReason(reason: string | null): string {
  const text = (reason ?? "").replace(/^(?:accepted|denied|price only): /, "");
  const isOfOtherKind = text.startsWith(ofOtherKind);
  const why = reasons[isOfOtherKind ? text.slice(ofOtherKind.length) : text];
  if (why !== undefined) return t(isOfOtherKind ? why[1] : why[0]);
  return text === "" ? "" : sentence(sayKept(text));
}

/** What each kind of defect is, for people; `detail` says the rest. */
const defectNames: Readonly<Record<string, Message>> = {
  not_positive: defineMessage("A price that is none"),
  outside_range: defineMessage("A close outside its day’s range"),
  hundredfold: defineMessage("A price in another unit"),
  lone_spike: defineMessage("A spike of one day"),
  ruled_out: defineMessage("Ruled out"),
  doubled_dividend: defineMessage("A dividend listed twice"),
  no_close: defineMessage("A session without a close"),
  missing_day: defineMessage("A missing day"),
  lone_day: defineMessage("A day that no other ticker has"),
  other_currency: defineMessage("Another currency"),
  other_company: defineMessage("Another company"),
  other_unit: defineMessage("Another unit of the currency"),
};

/** In a few words. */
export function nameOfDefect(defect: string): string {
  const known = defectNames[defect];
  return known === undefined ? defect : t(known);
}

function defectNotes({ defects }: TickerFacts, format: Format): QualityNote[] {
  return defects.map(({ defect, defect_date, detail, is_kept_out }) => ({
    kind: "warning",
    text: [
      `${nameOfDefect(defect)}, ${format.date(defect_date)}: ${sayKept(detail)}.`,
      ...(is_kept_out ? [t("It is kept out of all figures.")] : []),
    ].join(" "),
  }));
}
