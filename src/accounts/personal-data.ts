/** Everything that is kept about a person, for that person. What it is made of beside the account, others bring. */

import type { PoolClient } from "pg";
import { z } from "zod";
import { personTransaction } from "../database/person.ts";
import { languageCodes } from "../languages.ts";
import { instant } from "../values.ts";
import { costBasisMethods, type OwnAccount, readAccount } from "./accounts.ts";
import type { AccountContext } from "./context.ts";
import { roles } from "./person.ts";
import { ownSecurityEventSchema, readOwnSecurityEvents } from "./security-log.ts";

/** Something that a part of the program keeps about a person: a field of the export. */
export interface PersonalRecord {
  readonly schema: z.ZodType;
  /** Within a transaction of the person's. */
  read(client: PoolClient, userId: number): Promise<unknown>;
}

/** By the name of their field. */
export type PersonalRecords = Readonly<Record<string, PersonalRecord>>;

/** A table of the export, which can be had alone, too. */
export interface PersonalTable {
  readonly row: z.ZodType;
  readonly columns: readonly string[];
  /** Of a person, `$1`: all of it, in its order. */
  readonly select: string;
}

type TableRecords<T extends Readonly<Record<string, PersonalTable>>> = {
  readonly [Name in keyof T]: {
    readonly schema: z.ZodType;
    read(client: PoolClient, userId: number): Promise<object[]>;
  };
};

/** Tables as fields of the export. */
export function tableRecords<T extends Readonly<Record<string, PersonalTable>>>(tables: T): TableRecords<T> {
  const records = Object.entries(tables).map(([name, { row, select }]) => {
    const read = async (client: PoolClient, userId: number) =>
      (await client.query<object>(select, [userId])).rows;
    return [name, { schema: z.array(row), read }];
  });
  return Object.fromEntries(records) as TableRecords<T>;
}

export const accountSchema: z.ZodType<OwnAccount> = z.object({
  id: z.int(),
  email: z.string(),
  role: z.enum(roles),
  cost_basis_method: z.enum(costBasisMethods),
  base_currency: z.string().describe("In which figures are"),
  tax_year_start: z
    .string()
    .describe("Month and day on which the tax year begins: 01-01 is the calendar year"),
  language: z.enum(languageCodes).nullable().describe("In which one is spoken to; null: as the browser asks"),
  created_at: instant,
});

const sessionSchema = z.object({
  user_agent: z.string().nullable(),
  created_at: instant,
  last_used_at: instant,
  ended_at: instant.nullable().describe("When it was signed out; null: it was not"),
});

const tokenSchema = z.object({
  name: z.string(),
  scope: z.string(),
  created_at: instant,
  last_used_at: instant.nullable(),
  expires_at: instant.nullable(),
});

const factorsSchema = z.object({
  totp_since: instant.nullable().describe("When the authenticator app was set up; null: there is none"),
  recovery_codes_left: z.int(),
});

const passkeySchema = z.object({ name: z.string(), created_at: instant, last_used_at: instant.nullable() });

const identitySchema = z.object({
  issuer: z.string(),
  subject: z.string(),
  created_at: instant,
  last_used_at: instant,
});

/** What proves who the person is, without the secrets. */
const factorRecords = {
  second_factors: {
    schema: factorsSchema,
    read: async (client, userId) => {
      const { rows } = await client.query<z.output<typeof factorsSchema>>(
        `select
           (select created_at from public.totp_secrets where user_id = $1) as totp_since,
           (
             select count(*)::integer
             from public.recovery_codes
             where user_id = $1 and used_at is null
           ) as recovery_codes_left`,
        [userId],
      );
      return rows[0]!;
    },
  },
  passkeys: {
    schema: z.array(passkeySchema),
    read: async (client, userId) => {
      const { rows } = await client.query<z.output<typeof passkeySchema>>(
        `select name, created_at, last_used_at
         from public.passkeys
         where user_id = $1
         order by created_at`,
        [userId],
      );
      return rows;
    },
  },
  identities: {
    schema: z.array(identitySchema),
    read: async (client, userId) => {
      const { rows } = await client.query<z.output<typeof identitySchema>>(
        `select issuer, subject, created_at, last_used_at
         from public.identities
         where user_id = $1
         order by created_at`,
        [userId],
      );
      return rows;
    },
  },
} satisfies PersonalRecords;

/** Of the account itself. Passwords and tokens are not in it: only their hashes are known. */
const accountRecords = {
  account: { schema: accountSchema, read: readAccount },
  sessions: {
    schema: z.array(sessionSchema),
    read: async (client, userId) => {
      const { rows } = await client.query<z.output<typeof sessionSchema>>(
        `select user_agent, created_at, last_used_at, revoked_at as ended_at
         from public.sessions
         where user_id = $1
         order by created_at`,
        [userId],
      );
      return rows;
    },
  },
  api_tokens: {
    schema: z.array(tokenSchema),
    read: async (client, userId) => {
      const { rows } = await client.query<z.output<typeof tokenSchema>>(
        `select name, scope, created_at, last_used_at, expires_at
         from public.api_tokens
         where user_id = $1
         order by created_at`,
        [userId],
      );
      return rows;
    },
  },
  security_events: {
    schema: z.array(ownSecurityEventSchema),
    read: (client, userId) => readOwnSecurityEvents(client, userId),
  },
  ...factorRecords,
} satisfies PersonalRecords;

type Fields<R extends PersonalRecords> = {
  readonly [Name in keyof R]: Awaited<ReturnType<R[Name]["read"]>>;
};

export type PersonalData<R extends PersonalRecords> = { readonly exported_at: Date } & Fields<
  typeof accountRecords
> &
  Fields<R>;

/** What `readPersonalData` answers with these records. */
export function personalDataSchema<R extends PersonalRecords>(records: R): z.ZodType<PersonalData<R>> {
  const all: PersonalRecords = { ...accountRecords, ...records };
  const fields = Object.entries(all).map(([name, { schema }]) => [name, schema]);
  return z.object({
    exported_at: instant,
    ...Object.fromEntries(fields),
  }) as unknown as z.ZodType<PersonalData<R>>;
}

/** Everything about a person as of one moment: the account, and the records, each in the field of its name. */
export function readPersonalData<R extends PersonalRecords>(
  { pool, clock }: Pick<AccountContext, "pool" | "clock">,
  userId: number,
  records: R,
): Promise<PersonalData<R>> {
  const work = async (client: PoolClient): Promise<PersonalData<R>> => {
    const all: PersonalRecords = { ...accountRecords, ...records };
    const fields: Record<string, unknown> = {};
    for (const [name, { read }] of Object.entries(all)) fields[name] = await read(client, userId);
    return { exported_at: clock(), ...fields } as unknown as PersonalData<R>;
  };
  // One snapshot: the figures are those of the trades beside them, or of the trades just before.
  return personTransaction(pool, userId, work, { isLong: true, mode: "snapshot" });
}
