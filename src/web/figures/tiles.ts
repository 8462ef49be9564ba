/** Figures that stand by themselves, each with its name. */
import type { Format } from "../format.ts";
import { t } from "../messages/index.ts";

export interface Tile {
  /** Of docs/metrics.md. */
  readonly figure: string;
  readonly label: string;
  /** A ratio; null: `reason` says why. Of an amount of money: absent. */
  readonly value?: number | null;
  /** With its sign, in the base currency. */
  readonly amount?: string;
  readonly reason?: string | null;
  readonly note?: string | null;
  readonly isSigned?: true;
  readonly isPercent?: true;
}

export const dated = (day: string | null, format: Format): string | null =>
  day && t("on {date}", { date: format.date(day) });
