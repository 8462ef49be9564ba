/**
 * Reading for another: a person lets somebody of this installation look at their portfolio, who accepts; either ends it. Whether an
 * email has an account, the person learns from nothing but that it is accepted.
 */
import type { Pool, PoolClient } from "pg";
import { z } from "zod";
import { personTransaction } from "../database/person.ts";
import { defaultQuotas, QuotaExceededError } from "../quotas.ts";
import { day, instant } from "../values.ts";
import { emailSchema } from "./accounts.ts";
import type { AccountContext } from "./context.ts";
import { OwnEmailError, ReaderTakenError } from "./errors.ts";
import { countOffer } from "./limits.ts";
import type { Person } from "./person.ts";
import { type Actor, recordSecurityEvent } from "./security-log.ts";
import { endOf, requireEnd } from "./shared-links.ts";

export const readerInput = z.object({
  email: emailSchema,
  expires_on: day
    .nullable()
    .default(null)
    .describe(
      "The last day (UTC) on which they may read, at most 365 days on; null: until one of you ends it",
    ),
});

export type ReaderInput = z.input<typeof readerInput>;

/** Who may read for a person, as that person sees it. */
export interface Reader {
  readonly grant_id: string;
  readonly email: string;
  readonly created_at: Date;
  /** null: not yet, or nobody has the email. */
  readonly accepted_at: Date | null;
  /** null: until one of them ends it. */
  readonly expires_at: Date | null;
}

/** Whose portfolio a person may read, or is offered to. */
export interface ReadPortfolio {
  readonly grant_id: string;
  readonly email: string;
  readonly created_at: Date;
  readonly accepted_at: Date | null;
  readonly expires_at: Date | null;
}

const grantSchema = z.object({
  grant_id: z.uuid(),
  email: z.string(),
  created_at: instant,
  accepted_at: instant.nullable().describe("null: not yet"),
  expires_at: instant.nullable().describe("null: until one of the two ends it"),
});

export const readerSchema: z.ZodType<Reader> = grantSchema;
export const readPortfolioSchema: z.ZodType<ReadPortfolio> = grantSchema;

type Context = Pick<AccountContext, "pool" | "clock" | "quotas">;

/**
 * Offers somebody to read. Returns whether an account has the email, for a word to its owner; the person who offers is not to be told.
 * What is done is the same either way. Throws OwnEmailError, EndOutOfBoundsError, ReaderTakenError, QuotaExceededError, or
 * TooManyAttemptsError after fifty in a day.
 */
export async function grantReading(
  context: Context & Pick<AccountContext, "jwtSecret">,
  person: Person,
  { email: given, expires_on = null }: ReaderInput,
  actor: Actor,
): Promise<{ isKnown: boolean }> {
  const { pool, clock, quotas = defaultQuotas } = context;
  const now = clock();
  const email = given.trim().toLowerCase();
  if (email === person.email.toLowerCase()) throw new OwnEmailError();
  if (expires_on !== null) requireEnd(expires_on, now);
  const { userId } = person;
  await countOffer(context, userId);
  return personTransaction(pool, userId, async (client) => {
    await requireRoom(client, userId, now, quotas.sharing);
    const { rows } = await client.query<{ reader_id: number | null }>(
      "select reader_id from public.grant_reading($1, $2, $3)",
      [email, now, expires_on && endOf(expires_on)],
    );
    if (!rows[0]) throw new ReaderTakenError(email);
    const { reader_id } = rows[0];
    const detail = expires_on === null ? "until one of you ends it" : `until ${expires_on}`;
    await recordSecurityEvent(client, actor, { kind: "reading_granted", userId, detail });
    return { isKnown: reader_id !== null };
  });
}

/** Holds off the person's other grants until the end of the transaction; what has ended takes no room. Throws QuotaExceededError. */
async function requireRoom(client: PoolClient, userId: number, now: Date, limit: number): Promise<void> {
  await client.query("select from public.users where user_id = $1 for no key update", [userId]);
  const { rows } = await client.query<{ readers: number }>(
    `select count(*) as readers
     from public.reading_grants
     where user_id = $1 and (expires_at is null or expires_at > $2)`,
    [userId, now],
  );
  if (rows[0]!.readers < limit) return;
  throw new QuotaExceededError(limit, "people who may read for one", "end one of them", "QUOTA_SHARING");
}

async function readReaders(client: PoolClient, userId: number): Promise<Reader[]> {
  const { rows } = await client.query<Reader>(
    `select grant_id, reader_email as email, created_at, accepted_at, expires_at
     from public.reading_grants
     where user_id = $1
     order by created_at desc, grant_id`,
    [userId],
  );
  return rows;
}

/** Who may read for the person, or is offered to; those whose time is over are among them until the next offer. */
export function listReaders(pool: Pool, userId: number): Promise<Reader[]> {
  return personTransaction(pool, userId, (client) => readReaders(client, userId));
}

async function readPortfolios(
  client: PoolClient,
  at: Date,
): Promise<(ReadPortfolio & { owner_id: number })[]> {
  const { rows } = await client.query<ReadPortfolio & { owner_id: number }>({
    name: "readable_portfolios",
    text: `select grant_id, owner_id, owner_email as email, created_at, accepted_at, expires_at
           from public.readable_portfolios($1)
           order by owner_email, grant_id`,
    values: [at],
  });
  return rows;
}

/** Whose portfolio the person may read, or is offered to. */
export async function listReadPortfolios({ pool, clock }: Context, userId: number): Promise<ReadPortfolio[]> {
  const rows = await personTransaction(pool, userId, (client) => readPortfolios(client, clock()));
  return rows.map(({ owner_id: _, ...portfolio }) => portfolio);
}

/** False: there is nothing to accept. */
export function acceptReading(
  { pool, clock }: Context,
  readerId: number,
  grantId: string,
  actor: Actor,
): Promise<boolean> {
  return personTransaction(pool, readerId, async (client) => {
    const { rows } = await client.query<{ owner_id: number }>(
      "select owner_id from public.accept_reading($1, $2)",
      [grantId, clock()],
    );
    if (!rows[0]) return false;
    await recordForEach(client, actor, "reading_accepted", [rows[0].owner_id, readerId]);
    return true;
  });
}

/**
 * By either of the two, at once: open pages of the reader's end with it. What was never accepted stands in the log of who ends it alone,
 * and one that is declined stays in the list of who made it, who learns nothing from it. False: there is nothing of the
 * person's to end.
 */
export function endReading(pool: Pool, userId: number, grantId: string, actor: Actor): Promise<boolean> {
  return personTransaction(pool, userId, async (client) => {
    const { rows } = await client.query<{ owner_id: number | null; reader_id: number | null }>(
      "select owner_id, reader_id from public.end_reading($1)",
      [grantId],
    );
    if (!rows[0]) return false;
    const { owner_id, reader_id } = rows[0];
    const concerned = [owner_id, reader_id].filter((one) => one !== null);
    await recordForEach(client, actor, "reading_ended", concerned);
    return true;
  });
}

async function recordForEach(
  client: PoolClient,
  actor: Actor,
  kind: "reading_accepted" | "reading_ended",
  people: readonly number[],
): Promise<void> {
  for (const userId of people) await recordSecurityEvent(client, actor, { kind, userId });
}

/** As a person's export has them. */
export const readerRecord = { schema: z.array(readerSchema), read: readReaders };

export const readPortfolioRecord = {
  schema: z.array(readPortfolioSchema),
  read: async (client: PoolClient): Promise<ReadPortfolio[]> => {
    const { rows } = await client.query<{ at: Date }>("select now() as at");
    const portfolios = await readPortfolios(client, rows[0]!.at);
    return portfolios.map(({ owner_id: _, ...portfolio }) => portfolio);
  },
};
