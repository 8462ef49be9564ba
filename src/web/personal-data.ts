/** A person's export, put together from what each part of the program keeps about them. */
import {
  type PersonalTable,
  personalDataSchema,
  readerRecord,
  readPortfolioRecord,
  sharedLinkRecord,
  tableRecords,
} from "../accounts/index.ts";
import { ledgerTables } from "../ledger/index.ts";
import { ownAssetTables } from "../own-assets/index.ts";
import { choiceRecord, figureTables } from "../portfolio/index.ts";
import { priceFileTables } from "../price-files/index.ts";
import { targetTables } from "../targets/index.ts";
import { watchlistTables } from "../watchlist/index.ts";

/** By the name of their file and their field. */
export const personalTables = {
  ...ledgerTables,
  ...figureTables,
  ...priceFileTables,
  ...ownAssetTables,
  ...watchlistTables,
  ...targetTables,
} satisfies Record<string, PersonalTable>;

export type PersonalTableName = keyof typeof personalTables;

export const personalTableNames = Object.keys(personalTables) as readonly PersonalTableName[];

export const personalRecords = {
  portfolio_choice: choiceRecord,
  shared_links: sharedLinkRecord,
  readers: readerRecord,
  read_portfolios: readPortfolioRecord,
  ...tableRecords(personalTables),
};

export const exportSchema = personalDataSchema(personalRecords);
