/** The form of a trade with its price kept, whatever the market says: prices in tests are of no market. */
export const keptTrade = <T extends { ticker?: string; price?: string; date?: string; currency?: string }>(
  trade: T,
): T & { keep: string } => {
  const { ticker = "", price = "", date = "", currency = "" } = trade;
  return { ...trade, keep: new URLSearchParams({ ticker, price, date, currency }).toString() };
};
