/** Links by which whoever holds one sees some of a person's figures, and nothing else, until an end date. */
import type { Pool, PoolClient } from "pg";
import { z } from "zod";
import { personTransaction } from "../database/person.ts";
import { defaultQuotas, QuotaExceededError } from "../quotas.ts";
import { day, instant, nonblank } from "../values.ts";
import type { AccountContext } from "./context.ts";
import { EndOutOfBoundsError, LinkNameTakenError } from "./errors.ts";
import { hashOfLinkToken, makeLinkToken } from "./link-tokens.ts";
import { type Actor, recordSecurityEvent } from "./security-log.ts";

/** What a page can be made of, in its order. */
export const sharedParts = ["holdings", "performance", "risk", "income"] as const;

export type SharedPart = (typeof sharedParts)[number];

const usualDays = 30;
const mostDays = 365;
/** How long a link that has ended stays in the list. */
const daysListed = 30;
const dayMilliseconds = 86_400_000;

const dayIn = (now: Date, days: number): string =>
  new Date(now.getTime() + days * dayMilliseconds).toISOString().slice(0, 10);

/** The end date that is proposed. */
export const usualEnd = (now: Date): string => dayIn(now, usualDays);

/** When a day is over, in UTC. */
export const endOf = (date: string): Date => new Date(Date.parse(date) + dayMilliseconds);

/** Throws EndOutOfBoundsError. */
export function requireEnd(date: string, now: Date): void {
  const last = dayIn(now, mostDays);
  if (date < dayIn(now, 0) || date > last) throw new EndOutOfBoundsError(last);
}

export const sharedLinkInput = z.object({
  name: nonblank(100).describe("Of the page, as its readers see it"),
  parts: z
    .array(z.enum(sharedParts), "expected what to show")
    .min(1, "expected at least one part to show")
    .max(sharedParts.length)
    .refine((parts) => new Set(parts).size === parts.length, "expected each part once"),
  shows_amounts: z.boolean().default(false).describe("false: percentages only"),
  expires_on: day
    .optional()
    .describe("The last day (UTC) on which it shows anything, at most 365 days on; default: 30 days on"),
});

/** As callers give it. */
export type SharedLinkInput = z.input<typeof sharedLinkInput>;

/** As lists show it: the link itself is not kept. */
export interface SharedLink {
  readonly link_id: string;
  readonly name: string;
  readonly parts: readonly SharedPart[];
  readonly shows_amounts: boolean;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly last_used_at: Date | null;
  /** How often its page was asked for. */
  readonly uses: number;
}

export const sharedLinkSchema: z.ZodType<SharedLink> = z.object({
  link_id: z.uuid(),
  name: z.string(),
  parts: z.array(z.enum(sharedParts)),
  shows_amounts: z.boolean().describe("false: percentages only"),
  created_at: instant,
  expires_at: instant,
  last_used_at: instant.nullable().describe("null: never"),
  uses: z.int().describe("How often its page was asked for"),
});

const columns = "link_id, name, parts, shows_amounts, created_at, expires_at, last_used_at, uses";

type Context = Pick<AccountContext, "pool" | "clock" | "quotas">;

/** Makes a link; `token` is returned this once. Throws EndOutOfBoundsError, LinkNameTakenError or QuotaExceededError. */
export async function createSharedLink(
  { pool, clock, quotas = defaultQuotas }: Context,
  userId: number,
  input: SharedLinkInput,
  actor: Actor,
): Promise<{ token: string; link: SharedLink }> {
  const now = clock();
  const { name, shows_amounts = false, expires_on = usualEnd(now) } = input;
  requireEnd(expires_on, now);
  const parts = sharedParts.filter((part) => input.parts.includes(part));
  const { token, tokenHash } = makeLinkToken();
  const link = await personTransaction(pool, userId, async (client) => {
    await client.query("delete from public.shared_links where user_id = $1 and expires_at <= $2", [
      userId,
      new Date(now.getTime() - daysListed * dayMilliseconds),
    ]);
    await requireRoom(client, userId, quotas.sharing);
    const { rows } = await client.query<SharedLink>(
      `insert into public.shared_links (user_id, name, token_hash, parts, shows_amounts, created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (user_id, name) do nothing
       returning ${columns}`,
      [userId, name, tokenHash, parts, shows_amounts, now, endOf(expires_on)],
    );
    if (!rows[0]) throw new LinkNameTakenError(name);
    const detail = `${shows_amounts ? "with amounts" : "percentages only"}, until ${expires_on}: ${name}`;
    await recordSecurityEvent(client, actor, { kind: "shared_link_made", userId, detail });
    return rows[0];
  });
  return { token, link };
}

/** Holds off the person's other new links until the end of the transaction. Throws QuotaExceededError. */
async function requireRoom(client: PoolClient, userId: number, limit: number): Promise<void> {
  await client.query("select from public.users where user_id = $1 for no key update", [userId]);
  const { rows } = await client.query<{ links: number }>(
    "select count(*) as links from public.shared_links where user_id = $1",
    [userId],
  );
  if (rows[0]!.links < limit) return;
  throw new QuotaExceededError(
    limit,
    "links to one person’s portfolio",
    "revoke one that is not used",
    "QUOTA_SHARING",
  );
}

/** As many as the quota, unless that was set very high. */
const mostListed = 1000;

/** A person's links, the newest first, within a transaction of theirs. */
async function readLinks(client: PoolClient, userId: number): Promise<SharedLink[]> {
  const { rows } = await client.query<SharedLink>(
    `select ${columns}
     from public.shared_links
     where user_id = $1
     order by created_at desc, link_id
     limit $2`,
    [userId, mostListed],
  );
  return rows;
}

export function listSharedLinks(pool: Pool, userId: number): Promise<SharedLink[]> {
  return personTransaction(pool, userId, (client) => readLinks(client, userId));
}

/** As a person's export has them. */
export const sharedLinkRecord = { schema: z.array(sharedLinkSchema), read: readLinks };

/** Ends a link at once. False: the person has no such link. */
export function revokeSharedLink(pool: Pool, userId: number, linkId: string, actor: Actor): Promise<boolean> {
  return personTransaction(pool, userId, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      "delete from public.shared_links where user_id = $1 and link_id::text = $2 returning name",
      [userId, linkId],
    );
    if (!rows[0]) return false;
    await recordSecurityEvent(client, actor, { kind: "shared_link_revoked", userId, detail: rows[0].name });
    return true;
  });
}

/** What somebody who holds a link may see. */
export interface UsedLink {
  readonly user_id: number;
  readonly name: string;
  readonly parts: readonly SharedPart[];
  readonly shows_amounts: boolean;
  readonly expires_at: Date;
}

/** Counts the use; the first one stands in the security log. null: there is no such link, or it has ended: which, nobody is told. */
export async function useSharedLink(
  { pool, clock }: Pick<AccountContext, "pool" | "clock">,
  token: string,
  actor: Actor,
): Promise<UsedLink | null> {
  const { rows } = await pool.query<UsedLink & { uses: number }>(
    "select user_id, name, parts, shows_amounts, expires_at, uses from public.use_shared_link($1, $2)",
    [hashOfLinkToken(token), clock()],
  );
  if (!rows[0]) return null;
  const { uses, ...link } = rows[0];
  if (uses === 1)
    await recordSecurityEvent(pool, actor, {
      kind: "shared_link_used",
      userId: link.user_id,
      detail: link.name,
    });
  return link;
}
