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
  firstOperator,
  hasAccounts,
  isPasswordOf,
  passwordSchema,
  readOwnAccount,
  setCostBasisMethod,
  setPassword,
} from "./accounts.ts";
export { RegistrationLimit, registrationsPerAddress, SignInLimit } from "./limits.ts";
export { type Person, type Scope, scopes } from "./person.ts";
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
