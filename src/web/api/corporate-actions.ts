/** Corporate actions that the price source does not tell of: shown, written, listed, undone and applied again. */
import { z } from "zod";
import {
  announceCorporateAction,
  applyAgain,
  applyOffer,
  corporateActionInput,
  corporateActionKinds,
  listAnnouncements,
  listCorporateActions,
  listOffers,
  recordCorporateAction,
  undoCorporateAction,
  withdrawAnnouncement,
} from "../../ledger/index.ts";
import { readTransferredCost } from "../../portfolio/index.ts";
import { requireOperator } from "../context.ts";
import { InvalidInputError, NotFoundError } from "../errors.ts";
import { type Route, route } from "../route.ts";
import { transactionSchema } from "./transaction-schemas.ts";

const terms = z
  .looseObject({ kind: z.enum(corporateActionKinds), ticker: z.string(), date: z.iso.date() })
  .describe("As they were said, with the closes of the day where nobody said a price");

const action = z.object({
  action_id: z.string(),
  kind: z.enum(corporateActionKinds),
  ticker: z.string(),
  new_ticker: z.string().nullable(),
  date: z.iso.date(),
  terms,
  announcement_id: z.string().nullable().describe("An operator wrote it for all holders; null: you did"),
  written_by: z.string(),
  written_at: z.iso.datetime(),
  undone_at: z.iso.datetime().nullable().describe("null: it stands"),
  transactions: z.int().describe("That it wrote, or gave another symbol"),
  later_trades: z
    .int()
    .describe(
      "Transactions of `ticker` from before it that were recorded, changed or deleted since: POST .../apply",
    ),
});

const offer = action
  .pick({
    kind: true,
    ticker: true,
    new_ticker: true,
    date: true,
    terms: true,
    written_by: true,
    written_at: true,
  })
  .extend({ announcement_id: z.string() });

const leftOut = z
  .record(z.string(), z.int())
  .readonly()
  .describe("How many holders have no rows, by the code of what stands in the way");

const written = z.object({
  action_id: z.string().nullable().describe("null: it was only shown, or written for everybody"),
  announcement_id: z.string().nullable().describe("null: it was only shown, or written for you"),
  terms,
  transactions: z
    .array(transactionSchema)
    .readonly()
    .describe("Your rows, in a preview as they would be; [] of a rename, and for everybody"),
  renamed: z
    .array(z.int())
    .readonly()
    .nullable()
    .describe("Of a rename: the transactions with the new symbol"),
  holders: z
    .object({ holders: z.int(), written: z.int(), left_out: leftOut })
    .nullable()
    .describe("For everybody: how many have purchases of it, and got rows; null: for you"),
});

const again = z.object({
  action_id: z.string().nullable(),
  transactions: z.array(transactionSchema).readonly(),
  renamed: z.array(z.int()).readonly().nullable(),
});

/** What is said beside the terms. */
const choices = z.looseObject({
  preview: z.boolean().default(false),
  for: z.enum(["me", "everyone"]).default("me"),
});

const parameters = z.object({ id: z.string() });

function idOf(id: string): string {
  const parsed = z.uuid().safeParse(id);
  if (!parsed.success) throw new NotFoundError("corporateAction", id);
  return parsed.data;
}

const refusals = [
  "unknown_ticker",
  "unsupported_currency",
  "missing_fx_rate",
  "nothing_held",
  "already_written",
  "oversell",
  "future_date",
  "market_data_unavailable",
  "quota_exceeded",
  "too_many_lookups",
  "too_many_new_tickers",
] as const;

const asAnswered = (one: { readonly written_at: Date; readonly undone_at: Date | null }) => ({
  written_at: one.written_at.toISOString(),
  undone_at: one.undone_at?.toISOString() ?? null,
});

export const corporateActionRoutes: readonly Route[] = [
  route({
    method: "post",
    path: "/api/corporate-actions",
    summary:
      "Write a spin-off, merger, rename, rights issue or cash for a fraction: all its rows, or none; or show them",
    access: "person",
    describedBody: corporateActionInput,
    status: 200,
    answer: written,
    errors: [...refusals, "forbidden"],
    handle: async ({ context, person, request }) => {
      const chosen = choices.safeParse(request.body ?? {});
      if (!chosen.success)
        throw new InvalidInputError(
          String(chosen.error.issues[0]?.path[0] ?? "body"),
          "expected preview to be true or false, and for to be me or everyone",
        );
      const { preview: isPreview, for: whom, ...input } = chosen.data;
      const costOf = readTransferredCost;
      if (whom === "everyone") {
        const operator = requireOperator(request);
        const announced = await announceCorporateAction(context, operator, input, { costOf, isPreview });
        const { announcement_id, terms: found, ...holders } = announced;
        return {
          action_id: null,
          announcement_id,
          terms: { ...found },
          transactions: [],
          renamed: null,
          holders,
        };
      }
      const asked = { costOf, isPreview, email: person.email };
      const recorded = await recordCorporateAction(context, person.userId, input, asked);
      return { ...recorded, terms: { ...recorded.terms }, announcement_id: null, holders: null };
    },
  }),
  route({
    method: "get",
    path: "/api/corporate-actions",
    summary: "Corporate actions written for you, by you or an operator, the newest first",
    access: "person",
    status: 200,
    answer: z.object({
      actions: z.array(action).readonly(),
      offers: z
        .array(offer)
        .readonly()
        .describe("Written for all holders before you recorded the ticker: POST .../announcements/:id/apply"),
    }),
    handle: async ({ context, person }) => ({
      offers: (await listOffers(context, person.userId)).map((one) => ({
        ...one,
        terms: { ...one.terms },
        written_at: one.written_at.toISOString(),
      })),
      actions: (await listCorporateActions(context, person.userId)).map((one) => ({
        ...one,
        ...asAnswered(one),
        terms: { ...one.terms },
      })),
    }),
  }),
  route({
    method: "delete",
    path: "/api/corporate-actions/:id",
    summary: "Undo a corporate action for yourself, whoever wrote it: all its rows",
    access: "person",
    parameters,
    status: 204,
    errors: ["not_found", "oversell", "quota_exceeded"],
    handle: async ({ context, person, parameters: { id } }) => {
      await undoCorporateAction(context, person.userId, idOf(id));
    },
  }),
  route({
    method: "post",
    path: "/api/corporate-actions/:id/apply",
    summary:
      "Write its rows anew, by the same terms, so that they count what was recorded of the ticker since",
    access: "person",
    parameters,
    status: 200,
    answer: again,
    errors: ["not_found", ...refusals],
    handle: async ({ context, person, parameters: { id } }) => {
      const { terms: _, ...anew } = await applyAgain(context, person.userId, idOf(id), readTransferredCost);
      return anew;
    },
  }),
  route({
    method: "post",
    path: "/api/corporate-actions/announcements/:id/apply",
    summary: "Write for yourself what an operator wrote for all holders before you recorded the ticker",
    access: "person",
    parameters,
    status: 200,
    answer: again,
    errors: ["not_found", ...refusals],
    handle: async ({ context, person, parameters: { id } }) => {
      const { terms: _, ...own } = await applyOffer(context, person.userId, idOf(id), readTransferredCost);
      return own;
    },
  }),
  route({
    method: "get",
    path: "/api/corporate-actions/announcements",
    summary: "What operators wrote for all holders: how many have it, and how many have undone it",
    access: "operator",
    status: 200,
    answer: z.object({
      announcements: z
        .array(
          z.object({
            announcement_id: z.string(),
            kind: z.enum(corporateActionKinds),
            ticker: z.string(),
            new_ticker: z.string().nullable(),
            date: z.iso.date(),
            written_by: z.string(),
            written_at: z.iso.datetime(),
            holders: z.int(),
            undone: z.int(),
            withdrawn_at: z.iso
              .datetime()
              .nullable()
              .describe("null: it stands, and is offered to who records the ticker later"),
          }),
        )
        .readonly(),
    }),
    handle: async ({ context, person }) => ({
      announcements: (await listAnnouncements(context, person.userId)).map((one) => ({
        ...one,
        written_at: one.written_at.toISOString(),
        withdrawn_at: one.withdrawn_at?.toISOString() ?? null,
      })),
    }),
  }),
  route({
    method: "delete",
    path: "/api/corporate-actions/announcements/:id",
    summary: "Undo for every holder what an operator wrote for all of them",
    access: "operator",
    parameters,
    status: 200,
    answer: z.object({ undone: z.int(), left_out: leftOut }),
    handle: ({ context, person, parameters: { id } }) =>
      withdrawAnnouncement(context, person.userId, idOf(id)),
  }),
];
