/** Who else sees a person's figures: links, and people who read for another. */
import { type Request, type Response, Router } from "express";
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
  revokeSharedLink,
  type SharedPart,
  sharedLinkInput,
  sharedParts,
  usualEnd,
} from "../../accounts/index.ts";
import { actorOf, requirePerson, requireProof, type WebContext } from "../context.ts";
import { defineMessage, type Message, t } from "../messages/index.ts";
import { linkBase, notifyReadingOffered, notifySharedLinkMade } from "../notices.ts";
import { parseInput } from "../route.ts";
import { sharedLinkAddress } from "../shared-links.ts";
import { type Problem, refusal, type SendPage } from "./page.ts";

const path = "/account/sharing";

const partLabels: Readonly<Record<SharedPart, Message>> = {
  holdings: defineMessage("Holdings and their weights"),
  performance: defineMessage("Performance"),
  risk: defineMessage("Risk"),
  income: defineMessage("Income"),
};

/** What was done, as the address says after it. */
const notices: ReadonlyMap<unknown, Message> = new Map([
  ["revoked", defineMessage("The link is revoked: its page is gone.")],
  [
    "offered",
    defineMessage("If this email has an account here, its person sees your offer when they sign in next."),
  ],
  ["accepted", defineMessage("You may look at that portfolio now.")],
  ["ended", defineMessage("It is ended: nobody reads by it any more.")],
]);

const noticeOf = (done: unknown): string | undefined => {
  const notice = notices.get(done);
  return notice && t(notice);
};

interface FormState {
  readonly status: number;
  readonly form: "link" | "reader" | null;
  readonly errors: Readonly<Record<string, string>>;
  readonly problem: Problem | null;
}

const unsent: FormState = { status: 200, form: null, errors: {}, problem: null };

/** A box a field: a form that waits for a proof keeps texts alone. */
const ticked = z
  .string()
  .transform((value) => value === "on")
  .catch(false);
const linkForm = z.object({
  name: z.string().catch(""),
  ...Object.fromEntries(sharedParts.map((part) => [part, ticked])),
  shows: z.enum(["percentages", "amounts"]).catch("percentages"),
  expires_on: z.string().catch(""),
});
const readerForm = z.object({ email: z.string().catch(""), expires_on: z.string().catch("") });
/** What is no id is nobody's. */
const noId = "00000000-0000-0000-0000-000000000000";
const idSchema = z.uuid().catch(noId);
const idOf = (request: Request): string => parseInput(idSchema, request.params.id);

/** Both a form's fields and what a program sends are read by one schema. */
function linkInputOf(body: unknown) {
  const { name, shows, expires_on, ...boxes } = parseInput(linkForm, body ?? {});
  const isTicked = boxes as Partial<Record<SharedPart, boolean>>;
  return parseInput(sharedLinkInput, {
    name,
    parts: sharedParts.filter((part) => isTicked[part]),
    shows_amounts: shows === "amounts",
    expires_on,
  });
}

function refused(error: unknown, form: "link" | "reader", heading: string): FormState {
  const { status, field, problem } = refusal(error, heading);
  const named = field?.split(".")[0];
  return named
    ? { status, form, errors: { [named]: problem.message }, problem: null }
    : { status, form, errors: {}, problem };
}

type Send = (request: Request, response: Response, state?: FormState, made?: Made) => Promise<void>;

/** A link that is shown this once. */
interface Made {
  readonly name: string;
  readonly url: string;
}

export function sharingPages(context: WebContext, sendPage: SendPage): Router {
  const send = createSend(context, sendPage);
  const router = Router();
  router.get(path, (request, response) => send(request, response));

  router.post(`${path}/links`, async (request, response) => {
    const { userId, email } = requireProof(context, request);
    try {
      const input = linkInputOf(request.body);
      const { token, link } = await createSharedLink(context, userId, input, actorOf(request));
      notifySharedLinkMade(context, email, link.name);
      const url = sharedLinkAddress(linkBase(context, request), token);
      await send(request, response, unsent, { name: link.name, url });
    } catch (error) {
      await send(request, response, refused(error, "link", t("No link was made.")));
    }
  });

  router.post(`${path}/links/:id/revoke`, async (request, response) => {
    const { userId } = requirePerson(request);
    // Gone already is as good as gone now.
    await revokeSharedLink(context.pool, userId, idOf(request), actorOf(request));
    response.redirect(303, `${path}?done=revoked`);
  });

  router.use(readerPages(context, send));
  return router;
}

function readerPages(context: WebContext, send: Send): Router {
  const router = Router();
  router.post(`${path}/readers`, async (request, response) => {
    const person = requireProof(context, request);
    try {
      const { email, expires_on } = parseInput(readerForm, request.body ?? {});
      const input = parseInput(readerInput, { email, expires_on: expires_on || null });
      const { isKnown } = await grantReading(context, person, input, actorOf(request));
      if (isKnown) notifyReadingOffered(context, input.email);
      response.redirect(303, `${path}?done=offered#readers`);
    } catch (error) {
      await send(request, response, refused(error, "reader", t("Nothing was offered.")));
    }
  });

  router.post(`${path}/readers/:id/accept`, async (request, response) => {
    const { userId } = requirePerson(request);
    const isAccepted = await acceptReading(context, userId, idOf(request), actorOf(request));
    response.redirect(303, isAccepted ? `${path}?done=accepted#reading` : `${path}#reading`);
  });

  router.post(`${path}/readers/:id/end`, async (request, response) => {
    const { userId } = requirePerson(request);
    await endReading(context.pool, userId, idOf(request), actorOf(request));
    response.redirect(303, `${path}?done=ended#readers`);
  });
  return router;
}

/** What was typed; before anything was, what is proposed. */
function valuesOf({ body }: Request, form: FormState["form"], now: Date) {
  const typed = (name: string): string => (typeof body?.[name] === "string" ? body[name] : "");
  const isLink = form === "link";
  return {
    name: isLink ? typed("name") : "",
    parts: sharedParts.map((part) => ({
      name: part,
      label: t(partLabels[part]),
      isChosen: isLink ? typed(part) === "on" : true,
    })),
    shows: isLink && typed("shows") === "amounts" ? "amounts" : "percentages",
    expires_on: isLink ? typed("expires_on") : usualEnd(now),
    email: form === "reader" ? typed("email") : "",
    reader_expires_on: form === "reader" ? typed("expires_on") : "",
  };
}

function createSend(context: WebContext, sendPage: SendPage): Send {
  const { pool, clock } = context;
  return async (request, response, state = unsent, made) => {
    const { userId } = requirePerson(request);
    const now = clock();
    const [links, readers, portfolios] = await Promise.all([
      listSharedLinks(pool, userId),
      listReaders(pool, userId),
      listReadPortfolios(context, userId),
    ]);
    const hasEnded = ({ expires_at }: { readonly expires_at: Date | null }): boolean =>
      expires_at !== null && expires_at <= now;
    sendPage(request, response, {
      view: "sharing",
      title: t("Sharing"),
      status: state.status,
      data: {
        ...state,
        ofLink: state.form === "link" ? state.errors : {},
        ofReader: state.form === "reader" ? state.errors : {},
        made,
        notice: noticeOf(request.query.done),
        links: links.map((link) => ({
          ...link,
          shown: link.parts.map((part) => t(partLabels[part])).join(", "),
          hasEnded: hasEnded(link),
        })),
        readers: readers.map((reader) => ({ ...reader, hasEnded: hasEnded(reader) })),
        offers: portfolios.filter(({ accepted_at }) => accepted_at === null),
        portfolios: portfolios.filter(({ accepted_at }) => accepted_at !== null),
        values: valuesOf(request, state.form, now),
      },
    });
  };
}
