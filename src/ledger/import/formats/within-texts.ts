/** What several formats share: a trade told in words, and costs on lines of their own. */
import type { TextLine, Texts } from "../format.ts";

/** "Sell 3 @ 139.74 USD", "Achat 6 QT GROUP OYJ@79,96 EUR (...)": side, quantity, price and currency. */
export function takeTrade(text: string): Partial<Texts> {
  const match =
    /^(?:OPEN |CLOSE )?(\p{L}{2,20}) (-?[\d.,]{1,24})(?:\/[\d.,]{1,24})?(?: [^@]{1,120})?\s?@\s?([\d.,]{1,24})(?: ([A-Z]{3}))?/u.exec(
      text.slice(0, 250),
    );
  if (!match) return {};
  const [, type, quantity, price, currency] = match;
  return { type: type!, quantity: quantity!, price: price!, ...(currency && { currency }) };
}

/** The costs of an order stand on lines of their own; the first trade with the same key bears them. */
export function bearCosts(keyOf: (texts: Texts) => string, isCost: (texts: Texts) => boolean) {
  return (lines: readonly TextLine[]): TextLine[] => {
    const bearers = new Map<string, number>();
    for (const { line, texts } of lines)
      if (texts.price && !bearers.has(keyOf(texts))) bearers.set(keyOf(texts), line);
    const paid = new Map<string, string>();
    for (const { texts } of lines)
      if (!texts.price && !isCost(texts))
        paid.set(`${keyOf(texts)} ${texts.amountCurrency}`, texts.amount ?? "");
    const costs = new Map<number, TextLine[]>();
    const left = lines.filter((line) => {
      const bearer = line.texts.price || !isCost(line.texts) ? undefined : bearers.get(keyOf(line.texts));
      if (bearer !== undefined)
        costs
          .set(bearer, costs.get(bearer) ?? [])
          .get(bearer)!
          .push(line);
      return bearer === undefined;
    });
    return left.map((line) => {
      const borne = costs.get(line.line);
      if (!borne) return line;
      const feeCurrency = borne[0]!.texts.amountCurrency;
      const fee = borne.map((cost) => cost.texts.amount ?? "");
      // Where money was changed for the trade, what it came to at home tells the rate of its costs.
      const home =
        feeCurrency === line.texts.currency ? undefined : paid.get(`${keyOf(line.texts)} ${feeCurrency}`);
      const exchange = home ? { gross: home, amount: "", amountCurrency: feeCurrency ?? "" } : {};
      return { ...line, texts: { ...line.texts, fee, ...(feeCurrency && { feeCurrency }), ...exchange } };
    });
  };
}
