/** Corporate actions that an operator writes once, for all holders. What these hold is nowhere in the answer. */
import { randomUUID } from "node:crypto";
import { personTransaction } from "../../database/person.ts";
import { isOwnAsset } from "../../market/ticker.ts";
import { plain } from "../../plain.ts";
import { whileBaseStays } from "../base-currency.ts";
import type { LedgerContext } from "../context.ts";
import type { CostOf } from "../transfers.ts";
import { listCorporateActions, undoCorporateAction, writeFor } from "./record.ts";
import { resolveFor, resolvePrices } from "./resolve.ts";
import {
  announcedKinds,
  type CorporateActionKind,
  InvalidCorporateActionError,
  parseTerms,
  type Terms,
} from "./terms.ts";

export interface Announced {
  /** null: it was only counted. */
  readonly announcement_id: string | null;
  /** With the prices that were found. */
  readonly terms: Terms;
  /** People with purchases of the ticker up to that day. */
  readonly holders: number;
  /** Of them those whose rows were written. */
  readonly written: number;
  /** Why others have none, by the code of the error. nothing_held: they had sold before. */
  readonly left_out: Readonly<Record<string, number>>;
}

export interface Operator {
  readonly userId: number;
  readonly email: string;
}

/** Throws if the database does not know the person as an operator. */
async function readHolders(
  { pool }: Pick<LedgerContext, "pool">,
  operatorId: number,
  { ticker, date }: Terms,
): Promise<number[]> {
  const { rows } = await personTransaction(pool, operatorId, (client) =>
    client.query<{ id: number }>("select holders_of as id from public.holders_of($1, $2)", [ticker, date]),
  );
  return rows.map(({ id }) => Number(id));
}

/** Why one person's rows were not written. What is ours is logged, and stops nobody else's. */
function codeOf({ log }: Pick<LedgerContext, "log">, error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  if (error instanceof Error && typeof code === "string" && /^[a-z_]+$/.test(code)) return code;
  log.warn(
    { error: error instanceof Error ? error.message : String(error) },
    "a corporate action failed for one holder",
  );
  return "internal";
}

/**
 * Writes it for every holder, each in a transaction of their own that acts for them: one whose ledger stands in its way has no rows, and is
 * counted by the reason. Each sees what was written and by whom, and can undo it. Throws InvalidCorporateActionError, and what
 * recordTransaction throws for a ticker or its prices.
 */
export async function announceCorporateAction(
  context: LedgerContext,
  operator: Operator,
  input: unknown,
  { costOf, isPreview }: { readonly costOf: CostOf; readonly isPreview: boolean },
): Promise<Announced> {
  const parsed = parseTerms(input, context.clock);
  if (!announcedKinds.has(parsed.kind))
    throw new InvalidCorporateActionError(
      "kind",
      parsed.kind,
      "another one: what each holder makes of rights they alone know",
      plain(
        "What each holder made of their rights they alone know: a rights issue can be written for yourself.",
      ),
    );
  if (parsed.account !== undefined)
    throw new InvalidCorporateActionError(
      "account",
      parsed.account,
      "left out, for all holders have it",
      plain("Choose all accounts: it is written for all who hold it."),
    );
  for (const name of ["ticker", "new_ticker"] as const)
    if (isOwnAsset(parsed[name] ?? ""))
      throw new InvalidCorporateActionError(
        name,
        parsed[name],
        "another one: that is somebody's own asset",
        plain("That is somebody’s own asset, of which nobody else has any: enter a ticker of an exchange."),
      );
  const terms = await resolvePrices(context, operator.userId, parsed);
  const holders = await readHolders(context, operator.userId, terms);
  if (isPreview) return { announcement_id: null, terms, holders: holders.length, written: 0, left_out: {} };
  const announcementId = randomUUID();
  const author = { email: operator.email, announcementId };
  await personTransaction(context.pool, operator.userId, (client) =>
    client.query(
      `insert into public.announcements (announcement_id, kind, ticker, new_ticker, action_date, terms, written_by)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [
        announcementId,
        terms.kind,
        terms.ticker,
        terms.new_ticker,
        terms.date,
        JSON.stringify(terms),
        operator.email,
      ],
    ),
  );
  const leftOut: Record<string, number> = {};
  for (const holder of holders) {
    try {
      await whileBaseStays(async () =>
        writeFor(context, holder, await resolveFor(context, holder, terms), {
          costOf,
          isPreview: false,
          author,
        }),
      );
    } catch (error) {
      const code = codeOf(context, error);
      leftOut[code] = (leftOut[code] ?? 0) + 1;
    }
  }
  const written = holders.length - Object.values(leftOut).reduce((sum, count) => sum + count, 0);
  return { announcement_id: announcementId, terms, holders: holders.length, written, left_out: leftOut };
}

export interface Announcement {
  readonly announcement_id: string;
  readonly kind: CorporateActionKind;
  readonly ticker: string;
  readonly new_ticker: string | null;
  readonly date: string;
  readonly written_by: string;
  readonly written_at: Date;
  readonly holders: number;
  /** Of these, who have undone it for themselves. */
  readonly undone: number;
  /** null: it stands, also for who records the ticker later. */
  readonly withdrawn_at: Date | null;
}

/** The newest first. */
export async function listAnnouncements(
  { pool }: Pick<LedgerContext, "pool">,
  operatorId: number,
): Promise<Announcement[]> {
  const { rows } = await personTransaction(pool, operatorId, (client) =>
    client.query<Announcement>(
      `select announcement_id, kind, ticker, new_ticker, action_date as date, written_by, written_at, withdrawn_at,
         holders::integer as holders, undone::integer as undone
       from public.announced_actions()`,
    ),
  );
  return rows;
}

/** Undone for everybody who has not done so themselves; by the reason how many keep it, because what came by it is sold. */
export async function withdrawAnnouncement(
  context: Pick<LedgerContext, "pool" | "quotas" | "log">,
  operatorId: number,
  announcementId: string,
): Promise<{ readonly undone: number; readonly left_out: Readonly<Record<string, number>> }> {
  const { rows } = await personTransaction(context.pool, operatorId, (client) =>
    client.query<{ id: number }>(
      "select holders_of_announcement as id from public.holders_of_announcement($1)",
      [announcementId],
    ),
  );
  await personTransaction(context.pool, operatorId, (client) =>
    client.query(
      `update public.announcements
       set withdrawn_at = clock_timestamp()
       where announcement_id = $1
         and withdrawn_at is null`,
      [announcementId],
    ),
  );
  let undone = 0;
  const leftOut: Record<string, number> = {};
  for (const { id } of rows) {
    const holder = Number(id);
    try {
      const own = (await listCorporateActions(context, holder)).find(
        (action) => action.announcement_id === announcementId && action.undone_at === null,
      );
      if (!own) continue;
      await undoCorporateAction(context, holder, own.action_id);
      undone += 1;
    } catch (error) {
      const code = codeOf(context, error);
      leftOut[code] = (leftOut[code] ?? 0) + 1;
    }
  }
  return { undone, left_out: leftOut };
}
