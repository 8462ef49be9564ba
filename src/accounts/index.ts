/** The accounts' only door: people, their passwords, sessions and API tokens, and what is kept about them. */
export {
  type Account,
  type Credentials,
  costBasisMethods,
  createAccount,
  credentialsSchema,
  currentPasswordSchema,
  deleteAccount,
  findAccount,
  hasAccounts,
  isPasswordOf,
  passwordSchema,
  readAccount,
  setCostBasisMethod,
  setPassword,
} from "./accounts.ts";
export { admit } from "./admission.ts";
export { knownDevice, rememberDevice } from "./devices.ts";
export { RegistrationClosedError } from "./errors.ts";
export {
  findInvitation,
  invitationInput,
  invitationLink,
  invitationToken,
  invite,
  inviteFirstOperator,
  listInvitations,
  revokeInvitation,
} from "./invitations.ts";
export { RegistrationLimit, SignInLimit } from "./limits.ts";
export { type Person, type Role, roles, type Scope, scopes } from "./person.ts";
export {
  accountSchema,
  exportTable,
  type PersonalTable,
  personalDataSchema,
  readPersonalData,
  tableRecords,
} from "./personal-data.ts";
export {
  findPerson,
  listSessions,
  revokedChannel,
  revokeSession,
  revokeSessions,
  startSession,
} from "./sessions.ts";
export {
  type ApiToken,
  createToken,
  findTokenPerson,
  isApiToken,
  listTokens,
  revokeToken,
  tokenInput,
  tokenScopes,
} from "./tokens.ts";
