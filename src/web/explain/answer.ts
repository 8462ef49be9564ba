/** What an explanation answers, what it is read from, and of which days it is. */
import type { PoolClient } from "pg";
import type { PublishedModels, Span, Whose } from "../../portfolio/index.ts";
import type { Format } from "../format.ts";
import { t } from "../messages/index.ts";
import type { FigureName } from "./figures.ts";
import type { Movements } from "./movement-table.ts";
import type { Asked, Evidence } from "./table.ts";
import type { Working } from "./working.ts";

export interface Answer {
  readonly working: Working;
  readonly evidence: readonly Evidence[];
  readonly asOf: string | null;
  /** "since 5 May 2021"; null: it is of the last day alone. */
  readonly period: string | null;
}

/** What an answer is read from. */
export interface Reading<S = Span> {
  readonly client: PoolClient;
  readonly published: PublishedModels;
  readonly whose: Whose;
  readonly span: S;
  readonly asked: Asked;
}

export const noMovements: Movements = { movements: [], areTrades: true };

/** Figures of the last day alone: what came before does not enter into them. */
const standing: ReadonlySet<FigureName> = new Set([
  "market_value",
  "current_price",
  "quantity",
  "cost_basis",
  "average_cost",
  "unrealized_pnl",
  "weight",
  "daily_return",
  "hhi",
  "largest_five_weight",
]);

export function periodOf(figure: FigureName, span: Span, format: Format): string | null {
  if (standing.has(figure)) return null;
  return span.is_whole
    ? t("since the first trade, {date}", { date: format.date(span.first) })
    : t("from the close of {start} to {end}", {
        start: format.date(span.start),
        end: format.date(span.end),
      });
}
