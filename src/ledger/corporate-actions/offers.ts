/** What operators wrote for all holders, for who recorded the ticker only afterwards. */
import { Big } from "big.js";
import type { PoolClient } from "pg";
import { personTransaction } from "../../database/person.ts";
import type { LedgerContext } from "../context.ts";
import type { CostOf } from "../transfers.ts";
import { CorporateActionNotFoundError } from "./errors.ts";
import { readHeld } from "./holdings.ts";
import { type RecordedAction, writeFor } from "./record.ts";
import { resolveFor } from "./resolve.ts";
import { wholeOf } from "./rows.ts";
import type { CorporateActionKind, Terms } from "./terms.ts";

export interface Offer {
  readonly announcement_id: string;
  readonly kind: CorporateActionKind;
  readonly ticker: string;
  readonly new_ticker: string | null;
  readonly date: string;
  readonly terms: Terms;
  readonly written_by: string;
  readonly written_at: Date;
}

/** Those that stand, of tickers that the person had before the day, which they have neither from an operator nor by themselves. */
async function readOffers(
  client: PoolClient,
  userId: number,
  { ticker, announcementId }: { readonly ticker?: string; readonly announcementId?: string },
): Promise<Offer[]> {
  const { rows } = await client.query<Offer>(
    `select announcement_id, kind, ticker, new_ticker, action_date as date, terms, written_by, written_at
     from public.announcements as announced
     where withdrawn_at is null
       and ($2::text is null or ticker = $2)
       and ($3::uuid is null or announcement_id = $3)
       and exists (
         select
         from bronze.transactions
         where user_id = $1
           and upper(btrim(transactions.ticker)) = announced.ticker
           and transaction_type in ('BUY', 'BONUS', 'TRANSFER_IN')
           and transaction_date < action_date + case when kind in ('merger', 'cash_in_lieu') then 1 else 0 end
       )
       and not exists (
         select
         from public.corporate_actions as own
         where own.user_id = $1
           and (
             own.announcement_id = announced.announcement_id
             or own.undone_at is null and (own.kind, own.ticker, own.action_date) = (announced.kind, announced.ticker, announced.action_date)
           )
       )
     order by action_date, announcement_id
     limit 100`,
    [userId, ticker ?? null, announcementId ?? null],
  );
  return rows;
}

/** A new symbol is of every row; anything else of what is still held on the day. */
async function isOfHolding(client: PoolClient, userId: number, { kind, terms }: Offer): Promise<boolean> {
  if (kind === "rename") return true;
  const held = await readHeld(client, userId, terms);
  return kind === "cash_in_lieu"
    ? held.some(({ quantity }) => !wholeOf(quantity).eq(new Big(quantity)))
    : held.length > 0;
}

/** The earliest first. `ticker`: of this one alone. */
export async function listOffers(
  { pool }: Pick<LedgerContext, "pool">,
  userId: number,
  ticker?: string,
): Promise<Offer[]> {
  return personTransaction(pool, userId, async (client) => {
    const offers: Offer[] = [];
    for (const offer of await readOffers(client, userId, ticker === undefined ? {} : { ticker }))
      if (await isOfHolding(client, userId, offer)) offers.push(offer);
    return offers;
  });
}

/**
 * Writes for the person what an operator had written for all holders, by the same terms and prices. Throws CorporateActionNotFoundError where it
 * is not offered, and what recordCorporateAction throws.
 */
export async function applyOffer(
  context: LedgerContext,
  userId: number,
  announcementId: string,
  costOf: CostOf,
): Promise<RecordedAction> {
  const [offer] = await personTransaction(context.pool, userId, (client) =>
    readOffers(client, userId, { announcementId }),
  );
  if (!offer) throw new CorporateActionNotFoundError(announcementId);
  const resolved = await resolveFor(context, userId, offer.terms);
  const author = { email: offer.written_by, announcementId };
  return writeFor(context, userId, resolved, { costOf, author, isPreview: false });
}
