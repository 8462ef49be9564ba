/** The accounts' only door: people, their passwords, sessions and API tokens, and what is kept about them. */
export {
  type Account,
  type Credentials,
  costBasisMethods,
  createAccount,
  credentialsSchema,
  currentPasswordSchema,
  deleteAccount,
  emailSchema,
  findAccount,
  hasAccounts,
  isPasswordOf,
  passwordSchema,
  readAccount,
  setCostBasisMethod,
  setPassword,
} from "./accounts.ts";
export { codeSchema, useCode } from "./codes.ts";
export { IdentityTakenError } from "./errors.ts";
export { hasSecondFactor, readFactors, renewRecoveryCodes, resetFactors } from "./factors.ts";
export {
  connectIdentity,
  createIdentityAccount,
  disconnectIdentity,
  findIdentityAccount,
  type Identity,
  isEmailTaken,
  isIdentityOf,
} from "./identities.ts";
export { RegistrationLimit, registrationsPerAddress, SignInLimit } from "./limits.ts";
export {
  addPasskey,
  challengeToMake,
  challengeToSignIn,
  findPasskeyAccount,
  listPasskeys,
  type PasskeyAnswer,
  passkeyAnswerSchema,
  passkeyName,
  type RelyingParty,
  removePasskey,
  renamePasskey,
} from "./passkeys.ts";
export { type Person, type Scope, scopes } from "./person.ts";
export {
  accountSchema,
  exportTable,
  type PersonalTable,
  personalDataSchema,
  readPersonalData,
  tableRecords,
} from "./personal-data.ts";
export { openTicket, sealTicket, ticketMinutes } from "./sealed.ts";
export {
  findPerson,
  isProved,
  listSessions,
  markProved,
  proofMinutes,
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
export { draftTotp, enableTotp, readTotpDraft, removeTotp, type TotpDraft } from "./totp.ts";
