/** Corporate actions that a person writes for themselves: written, listed, undone, and applied again. */
import { randomUUID } from "node:crypto";
import type { PoolClient } from "pg";
import { personTransaction } from "../../database/person.ts";
import { whileBaseStays } from "../base-currency.ts";
import type { LedgerContext } from "../context.ts";
import { bringsShares, holdingsOf, requireCovered } from "../coverage.ts";
import { requireChangeQuota, requireLedgerQuota } from "../quotas.ts";
import {
  lockLedger,
  type Transaction,
  type TransactionRow,
  transactionColumns,
  transactionOf,
} from "../rows.ts";
import type { CostOf } from "../transfers.ts";
import { AlreadyWrittenError, CorporateActionNotFoundError } from "./errors.ts";
import { resolveFor, resolvePrices } from "./resolve.ts";
import type { Resolved } from "./rows.ts";
import { type CorporateActionKind, parseTerms, type Terms } from "./terms.ts";
import { requireCoveredIn, type Written, writeAction } from "./write.ts";

export interface CorporateAction {
  readonly action_id: string;
  readonly kind: CorporateActionKind;
  readonly ticker: string;
  readonly new_ticker: string | null;
  readonly date: string;
  readonly terms: Terms;
  /** What an operator wrote for all holders; null: the person wrote it for themselves. */
  readonly announcement_id: string | null;
  readonly written_by: string;
  readonly written_at: Date;
  /** null: it stands. */
  readonly undone_at: Date | null;
  /** Transactions that it wrote, or gave another symbol. */
  readonly transactions: number;
  /** Transactions of the ticker from before it that were recorded, changed or deleted since: it does not count them. */
  readonly later_trades: number;
}

/** Who says so. */
export interface Author {
  readonly email: string;
  readonly announcementId: string | null;
}

export interface RecordedAction extends Written {
  /** null: it was only shown. */
  readonly action_id: string | null;
  /** With the prices that were found. */
  readonly terms: Terms;
}

const stands = `(
  undone_at is null
  and (kind = 'rename' or exists (select from bronze.transactions where transactions.user_id = $1 and group_id = action_id))
)`;

async function refuseTwice(client: PoolClient, userId: number, terms: Terms): Promise<void> {
  const { rows } = await client.query<{ by: string }>(
    `select written_by as by
     from public.corporate_actions
     where user_id = $1
       and (kind, ticker, action_date) = ($2, $3, $4)
       and new_ticker is not distinct from $5
       and (terms ->> 'account') is not distinct from $6
       and kind <> 'rename'
       and ${stands}
     limit 1`,
    [userId, terms.kind, terms.ticker, terms.date, terms.new_ticker, terms.account?.toString()],
  );
  if (rows[0]) throw new AlreadyWrittenError(terms, rows[0].by);
}

/** What was said, without what was looked up for the person. */
function termsOf({ currency: _c, newCurrency: _n, rate: _r, base: _b, ...terms }: Resolved): Terms {
  return terms;
}

/** In a transaction of the person's, whose ledger is locked. */
async function keep(
  client: PoolClient,
  userId: number,
  {
    actionId,
    terms,
    renamed,
    author,
  }: {
    readonly actionId: string;
    readonly terms: Terms;
    readonly renamed: readonly number[] | null;
    readonly author: Author;
  },
): Promise<void> {
  await client.query(
    `insert into public.corporate_actions
       (user_id, action_id, kind, ticker, new_ticker, action_date, terms, renamed, announcement_id, written_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      userId,
      actionId,
      terms.kind,
      terms.ticker,
      terms.new_ticker,
      terms.date,
      JSON.stringify(terms),
      renamed,
      author.announcementId,
      author.email,
    ],
  );
}

/** One person's rows, and the record of them: all or nothing. `isPreview`: what would be written, and nothing is. */
export async function writeFor(
  context: LedgerContext,
  userId: number,
  resolved: Resolved,
  {
    costOf,
    author,
    isPreview,
  }: { readonly costOf: CostOf; readonly author: Author; readonly isPreview: boolean },
): Promise<RecordedAction> {
  const actionId = randomUUID();
  const terms = termsOf(resolved);
  return personTransaction(context.pool, userId, async (client) => {
    await lockLedger(client, userId, resolved.base);
    await refuseTwice(client, userId, terms);
    if (isPreview) await client.query("savepoint preview");
    const written = await writeAction({ client, userId, actionId, terms: resolved, costOf });
    await requireLedgerQuota(client, userId, context.quotas);
    if (isPreview) {
      await client.query("rollback to savepoint preview");
      return { action_id: null, terms, ...written };
    }
    await keep(client, userId, { actionId, terms, renamed: written.renamed, author });
    return { action_id: actionId, terms, ...written };
  });
}

export interface ActionRequest {
  readonly costOf: CostOf;
  readonly email: string;
  readonly isPreview: boolean;
}

/**
 * Writes what a corporate action makes of a person's own holding: one group of rows in one transaction, or, of a rename, the new symbol in the
 * rows that there are. Throws InvalidCorporateActionError, NothingHeldError, AlreadyWrittenError, and what recordTransaction throws.
 */
export async function recordCorporateAction(
  context: LedgerContext,
  userId: number,
  input: unknown,
  { costOf, email, isPreview }: ActionRequest,
): Promise<RecordedAction> {
  const terms = await resolvePrices(context, userId, parseTerms(input, context.clock));
  const author = { email, announcementId: null };
  return whileBaseStays(async () =>
    writeFor(context, userId, await resolveFor(context, userId, terms), { costOf, isPreview, author }),
  );
}

type ActionRow = Omit<CorporateAction, "date"> & { readonly date: string };

const changedSince = `(
  select count(distinct transaction_id)::integer
  from (
    select transaction_id, ticker, transaction_date, group_id
    from bronze.transactions
    where user_id = $1
      and created_at > written_at
    union all
    select transaction_id, ticker, transaction_date, group_id
    from bronze.transactions_audit
    where user_id = $1
      and audited_at > written_at
  ) as changed
  where upper(btrim(changed.ticker)) = actions.ticker
    and changed.transaction_date < actions.action_date + case when kind in ('merger', 'cash_in_lieu') then 1 else 0 end
    and changed.group_id is distinct from action_id
    and (kind <> 'rename' or exists (
      select
      from bronze.transactions as standing
      where standing.transaction_id = changed.transaction_id
        and upper(btrim(standing.ticker)) = actions.ticker
    ))
)`;

const selectActions = `
  select
    action_id, kind, ticker, new_ticker, action_date as date, terms, announcement_id, written_by, written_at,
    case when ${stands} then null else coalesce(undone_at, written_at) end as undone_at,
    case
      when undone_at is not null then 0
      when kind = 'rename' then cardinality(renamed)
      else (select count(*)::integer from bronze.transactions where user_id = $1 and group_id = action_id)
    end as transactions,
    case when ${stands} then ${changedSince} else 0 end as later_trades
  from public.corporate_actions as actions
  where user_id = $1`;

/** The newest first, those that were undone among them. */
export async function listCorporateActions(
  { pool }: Pick<LedgerContext, "pool">,
  userId: number,
): Promise<CorporateAction[]> {
  const { rows } = await personTransaction(pool, userId, (client) =>
    client.query<ActionRow>(`${selectActions} order by written_at desc, action_id limit 200`, [userId]),
  );
  return rows;
}

/** Throws CorporateActionNotFoundError unless it stands. */
async function requireAction(client: PoolClient, userId: number, actionId: string): Promise<CorporateAction> {
  const { rows } = await client.query<ActionRow>(`${selectActions} and action_id = $2`, [userId, actionId]);
  if (!rows[0] || rows[0].undone_at !== null) throw new CorporateActionNotFoundError(actionId);
  return rows[0];
}

/** With the rows that it wrote. Throws CorporateActionNotFoundError. */
export async function findCorporateAction(
  { pool }: Pick<LedgerContext, "pool">,
  userId: number,
  actionId: string,
): Promise<CorporateAction & { readonly rows: readonly Transaction[] }> {
  return personTransaction(pool, userId, async (client) => {
    const { rows: found } = await client.query<ActionRow>(`${selectActions} and action_id = $2`, [
      userId,
      actionId,
    ]);
    if (!found[0]) throw new CorporateActionNotFoundError(actionId);
    const { rows } = await client.query<TransactionRow>(
      `select ${transactionColumns}
       from bronze.transactions
       where user_id = $1
         and (group_id = $2 or transaction_id = any (
           select unnest(renamed) from public.corporate_actions where user_id = $1 and action_id = $2 and undone_at is null
         ))
       order by transaction_id
       limit 500`,
      [userId, actionId],
    );
    return { ...found[0], rows: rows.map(transactionOf) };
  });
}

/** The rows are gone, or have the old symbol again; whether what is left is covered is asked afterwards. */
async function takeBack(
  client: PoolClient,
  userId: number,
  { action_id, kind, ticker, new_ticker }: CorporateAction,
): Promise<Transaction[]> {
  if (kind === "rename") {
    await client.query(
      `update bronze.transactions
       set ticker = $3
       from public.corporate_actions as actions
       where transactions.user_id = $1
         and actions.user_id = $1
         and action_id = $2
         and transaction_id = any (renamed)
         and transactions.ticker = $4`,
      [userId, action_id, ticker, new_ticker],
    );
    return [];
  }
  const { rows } = await client.query<TransactionRow>(
    `delete from bronze.transactions
     where user_id = $1
       and transfer_id = $2
     returning ${transactionColumns}`,
    [userId, action_id],
  );
  return rows.map(transactionOf);
}

/**
 * As it was before, for this person, whoever wrote it. Throws CorporateActionNotFoundError, OversellError or LotsError if a sale needs what it
 * brought, or QuotaExceededError.
 */
export async function undoCorporateAction(
  context: Pick<LedgerContext, "pool" | "quotas">,
  userId: number,
  actionId: string,
): Promise<void> {
  await personTransaction(context.pool, userId, async (client) => {
    await lockLedger(client, userId);
    const action = await requireAction(client, userId, actionId);
    const removed = await takeBack(client, userId, action);
    await requireChangeQuota(client, userId, context.quotas);
    if (action.kind === "rename") await requireCoveredIn(client, userId, [action.ticker, action.new_ticker!]);
    for (const holding of holdingsOf(removed.filter(({ type }) => bringsShares(type))))
      await requireCovered(client, userId, holding, () => "delete");
    await client.query(
      "update public.corporate_actions set undone_at = clock_timestamp() where user_id = $1 and action_id = $2",
      [userId, actionId],
    );
  });
}

/**
 * Undone and written again in one step, by the same terms and prices, so that what was recorded of the ticker since counts too. Throws what
 * recordCorporateAction throws, and CorporateActionNotFoundError.
 */
export async function applyAgain(
  context: LedgerContext,
  userId: number,
  actionId: string,
  costOf: CostOf,
): Promise<RecordedAction> {
  const before = await personTransaction(context.pool, userId, (client) =>
    requireAction(client, userId, actionId),
  );
  return whileBaseStays(async () =>
    writeAgain(context, userId, actionId, await resolveFor(context, userId, before.terms), costOf),
  );
}

function writeAgain(
  context: LedgerContext,
  userId: number,
  actionId: string,
  resolved: Resolved,
  costOf: CostOf,
): Promise<RecordedAction> {
  return personTransaction(context.pool, userId, async (client) => {
    await lockLedger(client, userId, resolved.base);
    const action = await requireAction(client, userId, actionId);
    const removed = await takeBack(client, userId, action);
    const written = await writeAction({ client, userId, actionId, terms: resolved, costOf });
    for (const holding of holdingsOf(removed)) await requireCovered(client, userId, holding, () => "edit");
    await requireLedgerQuota(client, userId, context.quotas);
    await client.query(
      `update public.corporate_actions
       set renamed = $3, written_at = clock_timestamp()
       where user_id = $1
         and action_id = $2`,
      [userId, actionId, written.renamed],
    );
    return { action_id: actionId, terms: action.terms, ...written };
  });
}
