/** Beyond these a close is shown to people as odd: it may be real, or an error of the source. */
export const priceBounds = {
  /** From one close to the next, as a ratio, up or down. */
  change: 0.4,
  /** Calendar days without a bar. */
  gapDays: 10,
} as const;
