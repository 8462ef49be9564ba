/** Names and words in one spelling, so that they can be looked up. Every text is bounded before an expression sees it. */

/** No name of a column and no word for a kind of row is longer; what is, is cut. */
export const longestName = 120;

const letters: Readonly<Record<string, string>> = { ø: "o", ł: "l", ß: "ss", æ: "ae", ı: "i", đ: "d" };

const bare = (text: string): string =>
  text
    .slice(0, longestName)
    .toLowerCase()
    .normalize("NFKD")
    .replaceAll(/[øłßæıđ]/g, (letter) => letters[letter]!);

/** Names repeat from line to line and from file to file: spellings are kept, as many as a few files have. */
function kept(spellAnew: (text: string) => string): (text: string) => string {
  const spellings = new Map<string, string>();
  return (text) => {
    const known = spellings.get(text);
    if (known !== undefined || text.length > longestName) return known ?? spellAnew(text);
    if (spellings.size >= 5000) spellings.clear();
    const spelling = spellAnew(text);
    spellings.set(text, spelling);
    return spelling;
  };
}

/** "Price / share (USD)" and "price_share_usd" are one name: letters and digits alone, without accents. */
export const spell = kept((name) => bare(name).replaceAll(/[^\p{L}\p{N}]/gu, ""));

const ending = /(?<=.{3})(?:in)?(usd|eur|gbp|chf|sek|cad)$/;

/** The currency that `spellField` leaves out at the end of a name, as spelled; null: none. */
export const currencyAtEnd = (name: string): string | null =>
  ending.exec(spell(withoutBrackets(name)))?.[1] ?? null;

/** Without what stands in brackets, and without a currency at the end: "Price (USD)", "price_usd" -> "price". */
export const spellField = kept((name) => spell(withoutBrackets(name)).replace(ending, ""));

/** One pass, since an expression for brackets takes a second look at each of ten thousand that never close. */
function withoutBrackets(text: string): string {
  let depth = 0;
  let kept = "";
  for (const character of text.slice(0, longestName)) {
    if (character === "(" || character === "[") depth++;
    if (depth === 0) kept += character;
    if (character === ")" || character === "]") depth = Math.max(0, depth - 1);
  }
  return kept.trim() === "" ? text : kept;
}

/** The words of a text in order, at most `limit` of them. */
export function wordsOf(text: string, limit = 24): string[] {
  const words =
    bare(text)
      .replaceAll(/\p{M}/gu, "")
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.slice(0, limit);
}
