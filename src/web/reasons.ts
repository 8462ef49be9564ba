/**
 * Why there is no figure, as people read it. Models, and what reads for programs, say it in English, from a closed set: here is each of
 * them once, with places for its numbers and currencies.
 */
import { currentLanguage, defineMessage, type Message, t } from "./messages/index.ts";

/** Of the models of `sql-models`, and of the functions that they call. */
const ofModels = [
  defineMessage("needs {needed} days, has {count}"),
  defineMessage("needs {needed} returns, has {count}"),
  defineMessage("needs {needed} days on which the benchmark rose, has {count}"),
  defineMessage("needs {needed} days on which the benchmark fell, has {count}"),
  defineMessage("money only went in, or only came out"),
  defineMessage("no single rate explains the flows"),
  defineMessage("more than one rate explains the flows"),
  defineMessage("the rate that explains the flows is out of all bounds"),
  defineMessage("more than everything was lost"),
  defineMessage("everything was lost"),
  defineMessage("no risk-free rate is known in {currency}"),
  defineMessage("no risk-free rate (FRED DTB3) is known for some of the days"),
  defineMessage("the returns do not vary"),
  defineMessage("the returns of one do not vary"),
  defineMessage("the benchmark does not vary"),
  defineMessage("the returns never differ from the benchmark's"),
  defineMessage("no return was below the risk-free rate"),
  defineMessage("never below its peak"),
  defineMessage("still below the peak"),
  defineMessage("there is no return"),
  defineMessage("it has no returns of its own"),
  defineMessage("nothing was held"),
  defineMessage("nothing is held"),
  defineMessage("nothing was invested"),
  defineMessage("the portfolio is empty"),
  defineMessage("no price is known"),
  defineMessage("it is worth nothing"),
  defineMessage("it cost nothing"),
  defineMessage("it trades no more, or its prices have stopped"),
  defineMessage("nothing is known of what it pays"),
  defineMessage("no prices of the benchmark are known on these days"),
  defineMessage("it has one close alone"),
  defineMessage("it has no close in the ten days before"),
  defineMessage("its prices begin less than a month before"),
  defineMessage("it has no close in the ten days up to a month before"),
  defineMessage("its prices begin less than a year before"),
  defineMessage("it has no close in the ten days up to a year before"),
  defineMessage("its ticker is not described yet"),
  defineMessage("an exchange rate that it needs, or one before it, is not known"),
];

/** Of src/targets: why nothing can be suggested. */
const ofTargets = [
  defineMessage("no exchange rate of {currency} is known, so it is in no figure"),
  defineMessage("no price of it is known yet"),
  defineMessage("no exchange rate of {currency} into {base} is known"),
  defineMessage("the last exchange rate of {currency} into {base} is more than {days} days old"),
  defineMessage("it is no longer quoted"),
  defineMessage("its last close is more than {days} days old"),
];

/** Of templates, and of the tables that pages are made of. */
const ofPages = [
  defineMessage("not known"),
  defineMessage("there is no whole"),
  defineMessage("no price at the start"),
  defineMessage("no price yet"),
  defineMessage("none in all"),
  defineMessage("not started"),
  defineMessage("bought since"),
  defineMessage("never held on one day"),
  defineMessage("no benchmark is chosen"),
];

interface Known {
  readonly message: Message;
  /** What it is in English, its places as groups. */
  readonly pattern: RegExp;
}

const known: readonly Known[] = [...ofModels, ...ofTargets, ...ofPages].map((message) => ({
  message,
  pattern: new RegExp(
    `^${message.replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&").replaceAll(/\{(\w+)\}/g, "(?<$1>[\\w,.]{1,40})")}$`,
  ),
}));

/** The reason in the language of who is spoken to; one that is of no set, as one that a page has said itself, stays as it is. */
export function sayReason(reason: string): string {
  if (currentLanguage() === "en") return reason;
  for (const { message, pattern } of known) {
    const said = pattern.exec(reason);
    if (said) return t(message, { ...said.groups });
  }
  return reason;
}

/** The same of what may have none. */
export const sayReasonOrNull = (reason: string | null): string | null => reason && sayReason(reason);
