/** The accounts' only door: people, their passwords, sessions and API tokens, and what is kept about them. */
export { endAccess } from "./access.ts";
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
  firstOperator,
  hasAccounts,
  isEmailTaken,
  isPasswordOf,
  languageOfAccount,
  passwordSchema,
  readOwnAccount,
  setBaseCurrency,
  setCostBasisMethod,
  setLanguage,
  setPassword,
  setTaxYearStart,
} from "./accounts.ts";
export { admit } from "./admission.ts";
export { codeSchema, useCode } from "./codes.ts";
export { deviceName, deviceParts } from "./device.ts";
export {
  CredentialsChangedError,
  IdentityTakenError,
  InvitedEmailError,
  PasskeyRefusedError,
  PasswordReusedError,
  RegistrationClosedError,
} from "./errors.ts";
export { hasSecondFactor, readFactors, renewRecoveryCodes } from "./factors.ts";
export { hashPassword } from "./hashing.ts";
export {
  connectIdentity,
  createIdentityAccount,
  disconnectIdentity,
  findIdentityAccount,
  type Identity,
  isIdentityOf,
} from "./identities.ts";
export {
  findInvitation,
  type Invitation,
  invitationInput,
  invitationLink,
  invitationToken,
  invite,
  inviteFirstOperator,
  listInvitations,
  revokeInvitation,
} from "./invitations.ts";
export { knownDevice, rememberDevice } from "./known-devices.ts";
export { MailLimit, RegistrationLimit, SharedLinkLimit, SignInLimit } from "./limits.ts";
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
export { type PasswordPolicy, requireGoodPassword } from "./password-policy.ts";
export { confirmAccount, confirmationHours, keepPendingAccount } from "./pending-accounts.ts";
export {
  findUserId,
  type KnownPerson,
  listPeople,
  readKnownPerson,
  removePerson,
  resetFactors,
  revokeAccess,
  setDisabled,
  setRole,
} from "./people.ts";
export { type Person, type Reading, type Role, roles, type Scope, scopes } from "./person.ts";
export {
  accountSchema,
  type PersonalTable,
  personalDataSchema,
  readPersonalData,
  tableRecords,
} from "./personal-data.ts";
export {
  acceptReading,
  endReading,
  grantReading,
  listReaders,
  listReadPortfolios,
  type Reader,
  type ReadPortfolio,
  readerInput,
  readerRecord,
  readerSchema,
  readPortfolioRecord,
  readPortfolioSchema,
} from "./readers.ts";
export { finishReset, type NewPassword, readReset, resetMinutes, resetPath, startReset } from "./resets.ts";
export { openTicket, sealTicket, ticketMinutes } from "./sealed.ts";
export {
  type Actor,
  actorTransaction,
  commandLine,
  type LoggedEvent,
  listOwnSecurityEvents,
  type OwnSecurityEvent,
  ownSecurityEventSchema,
  readSecurityEvents,
  recordSecurityEvent,
  securityEventKinds,
} from "./security-log.ts";
export {
  type Basis,
  findPerson,
  isProved,
  listSessions,
  markProved,
  newDevice,
  proofMinutes,
  revokedChannel,
  revokeSession,
  type Step,
  startSession,
} from "./sessions.ts";
export {
  createSharedLink,
  listSharedLinks,
  revokeSharedLink,
  type SharedLink,
  type SharedPart,
  sharedLinkInput,
  sharedLinkRecord,
  sharedLinkSchema,
  sharedParts,
  type UsedLink,
  useSharedLink,
  usualEnd,
} from "./shared-links.ts";
export {
  type ApiToken,
  createToken,
  expiryOf,
  findTokenPerson,
  isApiToken,
  listTokens,
  revokeToken,
  tokenDays,
  tokenInput,
  tokenScopes,
} from "./tokens.ts";
export { draftTotp, enableTotp, readTotpDraft, removeTotp, type TotpDraft } from "./totp.ts";
