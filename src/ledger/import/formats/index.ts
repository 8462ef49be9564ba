/** Every format that has a name. The next one is ten lines in one of these files. */
import type { Format } from "../format.ts";
import { americanFormats } from "./america.ts";
import { britishFormats } from "./britain.ts";
import { canadianFormats } from "./canada.ts";
import { cryptoFormats } from "./crypto.ts";
import { degiroFormats } from "./degiro.ts";
import { europeanFormats } from "./europe.ts";
import { interactiveBrokersFormats } from "./interactive-brokers.ts";
import { trackerFormats } from "./trackers.ts";

export const formats: readonly Format[] = [
  ...americanFormats,
  ...interactiveBrokersFormats,
  ...canadianFormats,
  ...britishFormats,
  ...europeanFormats,
  ...degiroFormats,
  ...cryptoFormats,
  ...trackerFormats,
];
