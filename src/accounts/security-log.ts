/**
 * The security log: what was done with accounts, by whom and from where. Rows are appended in the transaction of the
 * act, never changed, and go with the account or after a year.
 */
import type { Pool, PoolClient } from "pg";
import { z } from "zod";
import { personTransaction } from "../database/person.ts";
import { transaction } from "../database/transaction.ts";
import { instant } from "../values.ts";

export const securityEventKinds = [
  "account_created",
  "account_deleted",
  "invitation_made",
  "invitation_revoked",
  "account_disabled",
  "account_enabled",
  "role_changed",
  "sign_in",
  "sign_out",
  "sessions_ended",
  "password_changed",
  "password_reset_requested",
  "password_reset",
  "token_made",
  "tokens_revoked",
  "second_factor_added",
  "second_factor_removed",
  "second_factors_reset",
  "recovery_codes_made",
  "recovery_code_used",
  "provider_connected",
  "provider_disconnected",
  "proof",
  "shared_link_made",
  "shared_link_revoked",
  "shared_link_used",
  "reading_granted",
  "reading_accepted",
  "reading_ended",
] as const;

export type SecurityEventKind = (typeof securityEventKinds)[number];

/** Who acts, and from where. */
export interface Actor {
  /** null: a stranger, or the command line. */
  readonly userId: number | null;
  readonly via: "web" | "command line";
  readonly address: string | null;
  readonly agent: string | null;
}

/** Whoever may use the command line acts as the owner of the database. */
export const commandLine: Actor = { userId: null, via: "command line", address: null, agent: null };

export interface SecurityEvent {
  readonly kind: SecurityEventKind;
  /** Whom it is about; null: nobody who is known, or no longer. */
  readonly userId: number | null;
  /** Default: done. */
  readonly outcome?: "done" | "refused";
  /** What else is to be known of it, in words; nothing secret, and of other people nothing but their number. */
  readonly detail?: string;
}

const longestAddress = 100;
const longestAgent = 300;
const longestDetail = 200;

/** Appends to the log; within a transaction of the act's, where there is one. */
export async function recordSecurityEvent(
  client: Pool | PoolClient,
  actor: Actor,
  { kind, userId, outcome = "done", detail }: SecurityEvent,
): Promise<void> {
  await client.query(
    `insert into public.security_events (kind, outcome, user_id, actor_id, via, address, agent, detail)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      kind,
      outcome,
      userId,
      actor.userId,
      actor.via,
      actor.address?.slice(0, longestAddress) ?? null,
      actor.agent?.slice(0, longestAgent) ?? null,
      detail?.slice(0, longestDetail) ?? null,
    ],
  );
}

/** A transaction on behalf of who acts: a person, bound by row-level security, or the owner of the database. */
export function actorTransaction<T>(
  pool: Pool,
  { userId }: Actor,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  return userId === null ? transaction(pool, work) : personTransaction(pool, userId, work);
}

/** As its subject may see it: of somebody else who acted, not from where. */
export const ownSecurityEventSchema = z.object({
  event_id: z.int(),
  occurred_at: instant,
  kind: z.string(),
  outcome: z.enum(["done", "refused"]),
  by: z
    .enum(["yourself", "operator", "stranger", "other", "command line"])
    .describe("stranger: nobody was signed in; other: who reads for the other one"),
  address: z.string().nullable(),
  agent: z.string().nullable(),
  detail: z.string().nullable(),
});

export type OwnSecurityEvent = z.output<typeof ownSecurityEventSchema>;

/** Which rows of the log: the newest ones before `before`. */
export interface EventPage {
  readonly limit: number | null;
  /** An event_id. */
  readonly before?: number | undefined;
}

/** What the log holds about a person, the newest first. Within a transaction of the person's. */
export async function readOwnSecurityEvents(
  client: PoolClient,
  userId: number,
  { limit, before }: EventPage = { limit: null },
): Promise<OwnSecurityEvent[]> {
  const { rows } = await client.query<OwnSecurityEvent>(
    `select
       event_id,
       occurred_at,
       kind,
       outcome,
       case
         when via = 'command line' then via
         when actor_id = user_id then 'yourself'
         when actor_id is null then 'stranger'
         when kind like 'reading\\_%' then 'other'
         else 'operator'
       end as by,
       case when actor_id = user_id or actor_id is null then address end as address,
       case when actor_id = user_id or actor_id is null then agent end as agent,
       detail
     from public.security_events
     where user_id = $1
       and ($2::bigint is null or event_id < $2)
     order by event_id desc
     limit $3`,
    [userId, before ?? null, limit],
  );
  return rows;
}

/** The same, for whoever has no such transaction. */
export function listOwnSecurityEvents(
  pool: Pool,
  userId: number,
  page: EventPage,
): Promise<OwnSecurityEvent[]> {
  return personTransaction(pool, userId, (client) => readOwnSecurityEvents(client, userId, page));
}

/** As operators see it. */
export interface LoggedEvent {
  readonly event_id: number;
  readonly occurred_at: Date;
  readonly kind: SecurityEventKind;
  readonly outcome: "done" | "refused";
  readonly user_id: number | null;
  /** Of whom it is about; null: nobody who is known. */
  readonly email: string | null;
  readonly actor_id: number | null;
  /** Of who did it; null: a stranger, the command line, or an account that is gone. */
  readonly actor_email: string | null;
  readonly via: "web" | "command line";
  readonly address: string | null;
  readonly agent: string | null;
  readonly detail: string | null;
}

export interface EventFilter extends EventPage {
  readonly email?: string | undefined;
  readonly kind?: SecurityEventKind | undefined;
  readonly outcome?: "done" | "refused" | undefined;
}

/** The log of everybody, the newest first, for an operator or the command line. */
export function readSecurityEvents(pool: Pool, actor: Actor, filter: EventFilter): Promise<LoggedEvent[]> {
  return actorTransaction(pool, actor, async (client) => {
    const { rows } = await client.query<LoggedEvent>(
      `select
         event_id,
         occurred_at,
         kind,
         outcome,
         security_events.user_id,
         subject.email,
         actor_id,
         actor.email as actor_email,
         via,
         address,
         agent,
         detail
       from public.security_events
       left join public.users as subject on subject.user_id = security_events.user_id
       left join public.users as actor on actor.user_id = actor_id
       where ($1::text is null or lower(subject.email) = lower($1))
         and ($2::text is null or kind = $2)
         and ($3::text is null or outcome = $3)
         and ($4::bigint is null or event_id < $4)
       order by event_id desc
       limit $5`,
      [
        filter.email ?? null,
        filter.kind ?? null,
        filter.outcome ?? null,
        filter.before ?? null,
        filter.limit,
      ],
    );
    return rows;
  });
}
