/** Whether a trade took place, told from the state of its order and from whatever stands beside its side. Pure. */
import { readMoment } from "./dates.ts";
import { readFigure } from "./figures.ts";
import type { CellBeside } from "./format.ts";
import { meaningOf } from "./kinds.ts";
import { spell, wordsOf } from "./spelling.ts";

/** "called_off": there was no trade. "unclear": it was called off in part, or undone. "unknown": a state that nobody knows. */
export type State = "called_off" | "unclear" | "unknown";

/** What says so. */
export interface Objection {
  readonly state: State;
  readonly column: string;
  readonly text: string;
}

/** How words begin that call an order off, in the languages of brokers. */
const calledOff =
  /^(cancel|void|reject|revok|storn|annul|anul|makul|avbrut|avbryt|peruut|perutt|geannul|afgewez|zrus|iptal|gestrich|gelosch|delet|bust|declin|refus|rechaz|rifiut|abgel|withdrawn|rescind|odrzuc|zamietn|отмен|аннул|отклон|取消|撤|キャンセル|却下)/;
/** And those that take a trade back, which stood before. */
const undone =
  /^(revers|correction|corrected|korrekt|korrig|rettels|correcc|correz|rectif|unw[io]u?nd|undo|ruckabw|ruckgang|сторно)/;
/** An order that still waits, or came to nothing; only where the column is one of states. */
const waiting =
  /^(active|open|new|working|queued|placed|submitted|sent|accepted|offen|aktiv|expired|lapsed|unfilled|unexecuted|not|nicht|non|kill|error|fail|pend|wait|invalid|inactive|verfall|fehl|ausstehend|scad|venc|caduc|expir|attente|wartend|vantar|ozek|beklem|ожид|未)/;
const done =
  /^(fill|execut|exec|complet|done|settl|clos|confirm|succe|ok|process|book|post|clear|final|traded|deal|match|approv|valid|normal|paid|recorded|ausgef|abger|gebucht|erledigt|bestat|vollst|ejecut|liquid|concl|effet|esegu|regol|uitgev|verwerkt|afgerek|utford|avslut|genomf|udfort|afvikl|gjennomf|toteut|zreal|wykon|rozlicz|proved|gercek|исполн|заверш|約定|完了|成交)/;
const inPart = /^(part|teil|parc|parz|gedeelt|delvis|czesc|osit|kismi)/;
const negations = new Set(["not", "no", "never", "un", "nicht", "non", "nie", "niet", "ikke"]);
/** "Good till cancelled", "immediate or cancel", "cancel if not filled": how long an order is good. */
const terms = new Set(["good", "till", "til", "until", "or", "if", "gtc", "gtd", "ioc", "fok"]);

const stateNames =
  /status|^(order|trade|execution|transaction)?states?$|^zustand$|^estado|^stato|^etat$|^stav$|^durum|^tila$/;
const isStateColumn = (name: string): boolean => stateNames.test(spell(name));

const yes = new Set("yes y true t 1 x ja j si s sim oui o da tak ano on ✓ ✔".split(" "));
const no = new Set("no n false f 0 nein nee non nao nej nie ne off".split(" "));
const questions = /^(is|was|has|been|ist)?/.source;
const asksIfCalledOff = new RegExp(`${questions}${calledOff.source.slice(1)}`);
const asksIfDone = new RegExp(
  `${questions}(executed|filled|completed|confirmed|valid|ausgefuhrt|ejecutada|eseguito)$`,
);

/** A column that asks: "Cancelled: yes", "Executed: no", "Cancelled on". */
function answer(name: string, text: string): State | null {
  const words = wordsOf(text);
  const bare = words.length === 1 ? words[0]! : text.slice(0, 40);
  if (asksIfDone.test(name)) return no.has(bare) && bare !== "0" ? "called_off" : null;
  if (!asksIfCalledOff.test(name) || no.has(bare)) return null;
  const figure = readFigure(bare, "point")?.value;
  if (figure !== undefined && Number(figure) === 0) return null;
  return yes.has(bare) || readMoment(bare) !== null || says(bare) === "called_off" ? "called_off" : "unclear";
}

/** Of words that say nothing else. */
function says(text: string): State | null {
  // A wide table is mostly figures: they are not taken apart for words.
  if (!/\p{L}/u.test(text)) return null;
  const words = wordsOf(text, 6);
  if (words.some((word) => terms.has(word))) return null;
  const isLabel = words.length <= 3;
  if (!words.some((word) => calledOff.test(word) || (isLabel && undone.test(word)))) return null;
  if (words.some((word) => negations.has(word))) return null;
  const isPlain = isLabel && !words.some((word) => inPart.test(word) || undone.test(word));
  return isPlain ? "called_off" : "unclear";
}

/** Of an order, in a column of states. */
export function stateOf(text: string): State | null {
  const words = wordsOf(text, 8);
  const [first = ""] = words;
  if (
    words.some((word) => calledOff.test(word)) &&
    words.some((word) => inPart.test(word) || done.test(word))
  )
    return words.some((word) => negations.has(word)) ? null : "unclear";
  if (words.some((word) => calledOff.test(word))) return negations.has(first) ? null : "called_off";
  if (undone.test(first)) return "unclear";
  if (waiting.test(first) || meaningOf(text) === "NOT_EXECUTED") return "called_off";
  // Levels of detail and numbers of orders stand in such columns too.
  if (first === "" || /\d/.test(text) || done.test(first) || inPart.test(first)) return null;
  return "unknown";
}

/** What the cells beside a trade say against it. A declared format knows itself which of its states mean what. */
export const objectionsIn = (beside: readonly CellBeside[], isDeclared: boolean): Objection[] =>
  beside.flatMap(({ name, text }): Objection[] => {
    const state =
      answer(spell(name), text) ??
      (!isDeclared && isStateColumn(name) ? stateOf(text) : says(text.slice(0, 200)));
    return state ? [{ state, column: name, text: text.slice(0, 60) }] : [];
  });

/** A name is no label, but it does not call itself off either. */
export const saysCalledOff = (name: string): boolean =>
  calledOff.test(wordsOf(name, 1)[0] ?? "") && says(name) !== null;

/** What decides: that there was no trade at all before that there are doubts. null: nothing. */
export function worstOf(objections: readonly Objection[]): Objection | null {
  const order: readonly State[] = ["called_off", "unclear", "unknown"];
  return objections.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state))[0] ?? null;
}
