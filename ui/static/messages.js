// @ts-check
/**
 * What scripts say, in the language of the page: one in another than English has their messages in it. Of the notation of ICU there
 * are places and plurals, in whose branches `#` is the number.
 */

const { lang, dataset } = document.documentElement;
/** @type {Readonly<Record<string, string>>} */
const messages = JSON.parse(document.getElementById("messages")?.textContent || "{}");
const plurals = new Intl.PluralRules(lang || "en");
const plural = /\{(\w+),\s*plural,\s*((?:=?\w+\s*\{[^{}]*\}\s*)+)\}/g;

/**
 * @param {string} branches "one {# row} other {# rows}"
 * @param {number} count
 */
function choose(branches, count) {
  const texts = new Map(
    [...branches.matchAll(/(=?\w+)\s*\{([^{}]*)\}/g)].map(([, when, text = ""]) => [when, text]),
  );
  const text = texts.get(`=${count}`) ?? texts.get(plurals.select(count)) ?? texts.get("other") ?? "";
  return text.replaceAll("#", count.toLocaleString(dataset.locale));
}

/**
 * @param {string} message
 * @param {Readonly<Record<string, string | number>>} [values]
 */
export function t(message, values = {}) {
  return (messages[message] || message)
    .replaceAll(plural, (_, name, branches) => choose(branches, Number(values[name])))
    .replaceAll(/\{(\w+)\}/g, (place, name) => String(values[name] ?? place));
}
