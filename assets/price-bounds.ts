/** From where on a price is odd enough to be marked: by the checks of the models, and in words beside the figures. */
export const priceBounds = {
  /** A close further than this from the one before it, as a ratio: closes are adjusted for splits. */
  spike: 0.4,
  /** Days without a bar: delisted, suspended, or bars are missing. */
  gapDays: 10,
  /** Days by which the newest price of anything is newer: no market is closed for longer than a week. */
  staleDays: 7,
} as const;
