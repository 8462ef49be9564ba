/**
 * Assets of the reader's own go by their names on every page. What writes a ticker marks it, and the names are looked up
 * once, when the page is sent: a page that names none asks for nothing, and what is kept of a page is never of an old name.
 */
import Handlebars from "handlebars";
import { readOwnNames } from "../ledger/index.ts";
import { isOwnAsset, ownAssetsWithin } from "../market/ticker.ts";
import type { WebContext } from "./context.ts";

/** Around a ticker that is to be a name. Of private use: no text has it that means something. */
const mark = "\u{E000}";
const marked = new RegExp(`${mark}([^${mark}<]{1,20})${mark}`, "g");

/** A ticker as people read it: of an asset of their own its name, once the page is sent. */
export const shownTicker = (ticker: string): string =>
  isOwnAsset(ticker) ? `${mark}${ticker}${mark}` : ticker;

/** The same of each that a sentence names. */
export const withShownTickers = (text: string): string =>
  text.includes("~") ? text.replaceAll(ownAssetsWithin, shownTicker) : text;

/** Whether the markup names any. */
export const namesOwnAssets = (html: string): boolean => html.includes(mark);

/** The markup with the names in it. What is none of the person's stays a ticker. */
export async function putNamesIn(context: WebContext, userId: number | null, html: string): Promise<string> {
  const tickers = [...new Set([...html.matchAll(marked)].map(([, ticker]) => ticker!))];
  const names = userId === null ? new Map() : await readOwnNames(context, userId, tickers);
  return html.replaceAll(marked, (_, ticker: string) =>
    Handlebars.escapeExpression(names.get(ticker) ?? ticker),
  );
}
