import type { WebContext } from "../context.ts";
import type { Metrics } from "../metrics.ts";
import type { Route } from "../route.ts";
import { accountRoutes } from "./account.ts";
import { assetRoutes } from "./assets.ts";
import { authRoutes } from "./auth.ts";
import { automationRoutes } from "./automation.ts";
import { corporateActionRoutes } from "./corporate-actions.ts";
import { eventRoutes } from "./events.ts";
import { factorRoutes } from "./factors.ts";
import { importRoutes } from "./imports.ts";
import { incomeRoutes } from "./income.ts";
import { invitationRoutes } from "./invitations.ts";
import { ledgerAccountRoutes } from "./ledger-accounts.ts";
import { macroRoutes } from "./macro.ts";
import { marketRoutes } from "./market.ts";
import { moneyRoutes } from "./money.ts";
import { newestPricesRoutes } from "./newest-prices.ts";
import { operationRoutes } from "./operations.ts";
import { ownAssetRoutes } from "./own-assets.ts";
import { portfolioRoutes } from "./portfolio.ts";
import { priceUrlRoutes } from "./price-urls.ts";
import { priceRoutes } from "./prices.ts";
import { riskRoutes } from "./risk.ts";
import { runRoutes } from "./runs.ts";
import { sharingRoutes } from "./sharing.ts";
import { targetRoutes } from "./targets.ts";
import { taxRoutes } from "./tax.ts";
import { tickerRoutes } from "./tickers.ts";
import { transactionRoutes } from "./transactions.ts";
import { watchlistRoutes } from "./watchlist.ts";

/** Every call of the API. */
export function apiRoutes(context: WebContext, metrics: Metrics): readonly Route[] {
  const routes = [
    ...authRoutes,
    ...accountRoutes,
    ...factorRoutes,
    ...sharingRoutes,
    ...invitationRoutes,
    ...tickerRoutes,
    ...transactionRoutes,
    ...importRoutes,
    ...ledgerAccountRoutes,
    ...ownAssetRoutes,
    ...watchlistRoutes,
    ...corporateActionRoutes,
    ...portfolioRoutes,
    ...targetRoutes,
    ...newestPricesRoutes,
    ...riskRoutes,
    ...moneyRoutes,
    ...incomeRoutes,
    ...taxRoutes,
    ...macroRoutes,
    ...marketRoutes,
    ...priceRoutes,
    ...priceUrlRoutes,
    ...assetRoutes,
    ...runRoutes,
    ...automationRoutes,
    ...eventRoutes,
  ];
  return [...routes, ...operationRoutes(context, metrics, routes)];
}
