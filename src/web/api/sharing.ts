/** Who else sees a person's figures: links, and people who read for another. What is done with them takes a session. */
import { z } from "zod";
import {
  acceptReading,
  createSharedLink,
  endReading,
  grantReading,
  listReaders,
  listReadPortfolios,
  listSharedLinks,
  readerInput,
  readerSchema,
  readPortfolioSchema,
  revokeSharedLink,
  sharedLinkInput,
  sharedLinkSchema,
} from "../../accounts/index.ts";
import { actorOf } from "../context.ts";
import { NotFoundError } from "../errors.ts";
import { linkBase, notifyReadingOffered, notifySharedLinkMade } from "../notices.ts";
import { type Route, route } from "../route.ts";
import { sharedLinkAddress } from "../shared-links.ts";

const idParameter = z.object({ id: z.uuid("expected an id as it was told") });

const linkRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/api/account/shared-links",
    summary:
      "The links by which somebody else sees some of this person's figures, without the links themselves",
    access: "session",
    status: 200,
    answer: z.object({ shared_links: z.array(sharedLinkSchema) }),
    handle: async ({ context, person }) => ({
      shared_links: await listSharedLinks(context.pool, person.userId),
    }),
  }),
  route({
    method: "post",
    path: "/api/account/shared-links",
    summary: "Make a link to a read-only page of some figures: `url` is told this once",
    access: "proof",
    body: sharedLinkInput,
    status: 201,
    answer: z.object({ url: z.string(), shared_link: sharedLinkSchema }),
    errors: ["name_taken", "quota_exceeded", "invalid_expires_on"],
    handle: async ({ context, request, person, body }) => {
      const { token, link } = await createSharedLink(context, person.userId, body, actorOf(request));
      notifySharedLinkMade(context, person.email, link.name);
      return { url: sharedLinkAddress(linkBase(context, request), token), shared_link: link };
    },
  }),
  route({
    method: "delete",
    path: "/api/account/shared-links/:id",
    summary: "Revoke a link: its page is gone at once",
    access: "session",
    parameters: idParameter,
    status: 204,
    errors: ["not_found"],
    handle: async ({ context, request, person, parameters: { id } }) => {
      if (!(await revokeSharedLink(context.pool, person.userId, id, actorOf(request))))
        throw new NotFoundError("link", id);
    },
  }),
];

export const sharingRoutes: readonly Route[] = [
  ...linkRoutes,
  route({
    method: "get",
    path: "/api/account/readers",
    summary: "Who may read for this person, and whose portfolios this person may read",
    access: "session",
    status: 200,
    answer: z.object({ readers: z.array(readerSchema), read_portfolios: z.array(readPortfolioSchema) }),
    handle: async ({ context, person }) => ({
      readers: await listReaders(context.pool, person.userId),
      read_portfolios: await listReadPortfolios(context, person.userId),
    }),
  }),
  route({
    method: "post",
    path: "/api/account/readers",
    summary: "Offer somebody to read for this person; the answer does not tell whether they have an account",
    access: "proof",
    body: readerInput,
    status: 204,
    errors: ["name_taken", "quota_exceeded", "too_many_attempts", "invalid_expires_on", "invalid_email"],
    handle: async ({ context, request, person, body }) => {
      const { isKnown } = await grantReading(context, person, body, actorOf(request));
      if (isKnown) notifyReadingOffered(context, body.email);
    },
  }),
  route({
    method: "post",
    path: "/api/account/readers/:id/accept",
    summary: "Accept to read for the person who offered it",
    access: "session",
    parameters: idParameter,
    status: 204,
    errors: ["not_found"],
    handle: async ({ context, request, person, parameters: { id } }) => {
      if (!(await acceptReading(context, person.userId, id, actorOf(request))))
        throw new NotFoundError("offer", id);
    },
  }),
  route({
    method: "delete",
    path: "/api/account/readers/:id",
    summary: "End it, by either of the two, at once",
    access: "session",
    parameters: idParameter,
    status: 204,
    errors: ["not_found"],
    handle: async ({ context, request, person, parameters: { id } }) => {
      if (!(await endReading(context.pool, person.userId, id, actorOf(request))))
        throw new NotFoundError("reader", id);
    },
  }),
];
