/** The Express application: what a request meets, in order. */
import compression from "compression";
import express, { type Express, type RequestHandler } from "express";
import { apiRoutes } from "./api/index.ts";
import { authenticate } from "./auth.ts";
import { compressionOptions } from "./compressed.ts";
import type { WebContext } from "./context.ts";
import { noticeProxy, requireOwnHost } from "./deployment.ts";
import { errorResponses } from "./error-responses.ts";
import { NotFoundError } from "./errors.ts";
import { largestBody, refuseLargeBody } from "./large-body.ts";
import { createMetrics } from "./metrics.ts";
import { refuseUnstorableAddress, refuseUnstorableBody } from "./outside-text.ts";
import { pagesRouter } from "./pages/index.ts";
import { mostFields, targetsPath } from "./pages/targets.ts";
import { scopeRequest } from "./request-scope.ts";
import { mountRoutes } from "./route.ts";
import { refuseCrossSite, securityHeaders } from "./security.ts";

/** The largest body that is read: a transaction is 200 bytes, a form of everything about one person 2 kB. */
const bodyLimit = "100kb";

const readSmall = express.json({ limit: bodyLimit });
/** A whole file in it. */
const readLarge = express.json({ limit: largestBody });
/** A file is read of nobody but who may import one. */
const readJson: RequestHandler = (request, response, next) => {
  const isFile = request.person !== undefined && /^\/api\/imports(\/|$)/.test(request.path);
  (isFile ? readLarge : readSmall)(request, response, next);
};

const readForm = express.urlencoded({ extended: false, limit: bodyLimit });
/** A field for each ticker that is held or watched. */
const readManyFields = express.urlencoded({
  extended: false,
  limit: bodyLimit,
  parameterLimit: mostFields,
});
const readFields: RequestHandler = (request, response, next) =>
  (request.path === targetsPath ? readManyFields : readForm)(request, response, next);

/**
 * Everything a browser or program can ask of the web process. Listening, and stopping, is the caller's.
 * What the API does not answer is the pages'; errors that they do not show are JSON.
 */
export function createApp(context: WebContext): Express {
  const app = express();
  const { deployment } = context;
  const metrics = createMetrics(context);
  const guards = [
    refuseLargeBody,
    authenticate(context),
    readJson,
    readFields,
    refuseUnstorableBody,
    refuseCrossSite(context),
  ];
  app.disable("x-powered-by");
  app.set("etag", false); // answers are one person's own and change with each trade: nothing is worth keeping
  app.set("trust proxy", deployment.trustedProxies ?? false);
  app.use(metrics.observe, securityHeaders(deployment), requireOwnHost(deployment));
  app.use(noticeProxy(deployment, context.log), compression(compressionOptions), refuseUnstorableAddress);
  app.use(scopeRequest);
  mountRoutes(app, guards, apiRoutes(context, metrics), context);
  app.use(["/api", "/auth"], ({ method, originalUrl }) => {
    throw new NotFoundError("endpoint", `${method} ${originalUrl}`);
  });
  app.use(pagesRouter(context, guards));
  app.use(errorResponses(context.log));
  return app;
}
