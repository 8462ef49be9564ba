/** What is to be found in the downloads with errors. */

/**
 * Of each download: is its split accepted, which closes are kept out, from when on are prices right as they are, and which
 * of the closes that are left are marked as spikes? A repaired download differs from the damaged one in nothing but
 * what was kept out or scaled.
 */
export const findings: Readonly<
  Record<
    string,
    {
      readonly splits: boolean[];
      readonly keptOut: string[];
      readonly scaledBefore: string[];
      readonly spikes: string[];
    }
  >
> = {
  // One or more bars a hundred times too small or too large; at the end nobody knows yet whether they come back.
  "AET-L-1d-100x-error": {
    splits: [],
    keptOut: [9, 10, 11, 12, 13, 16, 17, 18, 19].map((day) => `2022-05-${String(day).padStart(2, "0")}`),
    scaledBefore: [],
    spikes: [],
  },
  "AET-L-1d-100x-error-fixed": { splits: [], keptOut: [], scaledBefore: [], spikes: [] },
  "SSW-JO-1d-100x-error": {
    splits: [],
    keptOut: [1, 2, 5, 6, 7, 8, 9].map((day) => `2023-06-0${day}`),
    scaledBefore: [],
    spikes: [],
  },
  "SSW-JO-1d-100x-error-fixed": { splits: [], keptOut: [], scaledBefore: [], spikes: [] },
  "NPN.JO_adjclose_100x_2022-06-14": {
    splits: [],
    keptOut: ["2022-06-14"],
    scaledBefore: [],
    spikes: [],
  },
  // A real split that the history is adjusted for from a day too early on: the days before are scaled.
  "4063-T-1d-bad-stock-split": { splits: [true], keptOut: [], scaledBefore: ["2023-03-29"], spikes: [] },
  "4063-T-1d-bad-stock-split-fixed": { splits: [true], keptOut: [], scaledBefore: [], spikes: [] },
  // A bar to which the split was applied twice.
  "MOB-ST-1d-bad-stock-split": { splits: [true], keptOut: ["2023-05-22"], scaledBefore: [], spikes: [] },
  "MOB-ST-1d-bad-stock-split-fixed": { splits: [true], keptOut: [], scaledBefore: [], spikes: [] },
  // A bar to which it was not; and a share merger together with a payout of more than half the price, which is a spike.
  "CNE-L-1d-bad-stock-split": {
    splits: [true],
    keptOut: ["2023-05-09"],
    scaledBefore: [],
    spikes: ["2023-05-16"],
  },
  "CNE-L-1d-bad-stock-split-fixed": {
    splits: [true],
    keptOut: [],
    scaledBefore: [],
    spikes: ["2023-05-16"],
  },
  // A bar to which it was applied twice; a share price of 1 to 3 cents, rounded, really jumps that much.
  "ALPHA-PA-1d-bad-stock-split": {
    splits: [true],
    keptOut: ["2023-05-08"],
    scaledBefore: [],
    spikes: ["2023-04-24", "2023-04-25", "2023-04-27", "2023-04-28", "2023-05-09", "2023-05-23"],
  },
  "ALPHA-PA-1d-bad-stock-split-fixed": {
    splits: [true],
    keptOut: [],
    scaledBefore: [],
    spikes: ["2023-04-24", "2023-04-25", "2023-04-27", "2023-04-28", "2023-05-08", "2023-05-23"],
  },
  // A dividend that Yahoo lists twice, on consecutive days and with another amount: the second is not paid.
  "KAP-IL-1d-bad-div": { splits: [], keptOut: ["2022-07-13"], scaledBefore: [], spikes: [] },
  "KAP-IL-1d-bad-div-fixed": { splits: [], keptOut: [], scaledBefore: [], spikes: [] },
};
