/** Who may make an account here: operators invite. */
import { z } from "zod";
import { invitationInput, listInvitations, revokeInvitation, roles } from "../../accounts/index.ts";
import { instant } from "../../values.ts";
import { actorOf } from "../context.ts";
import { NotFoundError } from "../errors.ts";
import { inviteInvestor } from "../invitations.ts";
import { type Route, route } from "../route.ts";

const invitation = z.object({
  invitation_id: z.uuid(),
  email: z.string(),
  role: z.enum(roles),
  created_at: instant,
  expires_at: instant,
});

export const invitationRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/api/invitations",
    summary: "Invitations that can still be used",
    access: "operator",
    status: 200,
    answer: z.object({ invitations: z.array(invitation) }),
    handle: async ({ context, person }) => ({ invitations: await listInvitations(context, person.userId) }),
  }),
  route({
    method: "post",
    path: "/api/invitations",
    summary: "Invite an investor: `link`, told this once, makes one account within a week",
    access: "operator_proof",
    body: invitationInput,
    status: 201,
    answer: z.object({ link: z.string(), invitation }),
    errors: ["email_taken", "registration_closed"],
    handle: ({ context, request, body: { email } }) => inviteInvestor(context, request, email),
  }),
  route({
    method: "delete",
    path: "/api/invitations/:id",
    summary: "Take an invitation back",
    access: "operator_proof",
    parameters: z.object({ id: z.string() }),
    status: 204,
    errors: ["not_found"],
    handle: async ({ context, request, parameters: { id } }) => {
      if (!(await revokeInvitation(context.pool, actorOf(request), id)))
        throw new NotFoundError("invitation", id);
    },
  }),
];
