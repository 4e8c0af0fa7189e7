import { type AgentStorage, API_TOKEN_SCOPES, StorageError } from "@agent-assembly/storage";
import { Hono } from "hono";
import { Authenticator } from "./access/authenticate.js";
import { linkRoute } from "./access/link-route.js";
import { LocalSessions } from "./access/local-sessions.js";
import { guardOrigin } from "./access/origin.js";
import { securityHeaders } from "./access/security-headers.js";
import { parseSessionKey } from "./access/session-key.js";
import { sessionRoutes } from "./access/session-routes.js";
import type { SessionParts } from "./access/sessions.js";
import { SharedSessions } from "./access/shared-sessions.js";
import { apiRoutes } from "./api/index.js";
import type { GatewayContext, GatewayEnv } from "./context.js";
import type { Gateway } from "./gateway.js";
import { probeRoutes } from "./health/probes.js";
import { countRequests, METRICS_PATH, metricRoutes } from "./health/prometheus.js";
import { createBodyReader } from "./http/body.js";
import { problem, problemOf, problemResponse } from "./http/problem.js";
import { sampledAppend } from "./ingest/append-events.js";
import { createMetricRegistry } from "./metrics/registry.js";
import type { GatewayOptions } from "./options.js";
import { failureResponse, otlpRoutes } from "./otlp/index.js";
import { DASHBOARD_FOLDER } from "./page/files.js";
import { pageRoutes } from "./page/routes.js";

/** Routes that are mounted in a gateway; each names its whole path. */
export interface GatewayRoutes {
  /** Serves `/v1/*`, in place of the gateway's own. */
  readonly otlp?: ((context: GatewayContext) => Hono<GatewayEnv>) | undefined;
  /** Serves `/api/v1/*`, in place of the gateway's own. */
  readonly api?: ((context: GatewayContext) => Hono<GatewayEnv>) | undefined;
}

/** A gateway with its own routes, or with others in their place. See `createGateway`. */
export function composeGateway(storage: AgentStorage, options: GatewayOptions, mounted: GatewayRoutes): Gateway {
  const { now = Date.now, anonymous = [], hosts = [], onError } = options;
  const publicUrl = options.publicUrl === undefined ? undefined : parsePublicUrl(options.publicUrl);
  const secure = options.secure ?? publicUrl?.protocol === "https:";
  const closing = new AbortController();
  const metrics = createMetricRegistry();
  const context: GatewayContext = {
    storage,
    append:
      options.sampleModelCalls === true
        ? sampledAppend({ storage, metrics, onError })
        : (events) => storage.audit.append(events),
    now,
    startedAt: now(),
    mode: options.mode ?? (storage.name === "postgres" ? "remote" : "local"),
    retention: options.retention === undefined ? undefined : { ...options.retention },
    accessAudit: options.accessAudit ?? false,
    bodies: createBodyReader(options.limits),
    metrics,
    onError,
    closing: closing.signal,
  };
  const sessionParts: SessionParts = {
    now,
    byLink: (name) => ({ name, scopes: new Set(API_TOKEN_SCOPES), teamId: undefined, credential: "session" }),
    byToken: (token) => authenticator.byToken(token),
  };
  const sessions =
    options.sessionKey === undefined
      ? new LocalSessions(sessionParts)
      : new SharedSessions({ ...sessionParts, storage, seal: parseSessionKey(options.sessionKey) });
  const authenticator: Authenticator = new Authenticator({ storage, sessions, anonymous, secure, now });
  const link = (name = options.linkName ?? "local"): string => sessions.link(name);

  const app = new Hono<GatewayEnv>();
  app.onError((error, c) => {
    const failure = problemOf(error);
    if (failure.status >= 500 && failure.code !== "closed") onError?.(error);
    return failureResponse(c, failure);
  });
  app.notFound(() => problemResponse(problem("not_found", "nothing is served at this path").problem));
  app.use(countRequests(context));
  app.use(securityHeaders);
  app.route("/", probeRoutes(context));
  app.use(guardOrigin({ hosts, publicUrl }));
  app.use(async (c, next) => {
    if (closing.signal.aborted) throw new StorageError({ code: "closed", message: "the gateway is closing" });
    const isObserved = c.req.path === METRICS_PATH;
    c.set("authenticate", () =>
      isObserved ? authenticator.authenticateObserver(c.req.raw) : authenticator.authenticate(c.req.raw),
    );
    await next();
  });
  app.route("/", sessionRoutes(context, { sessions, authenticator, secure }));
  if (options.linkKey !== undefined) app.route("/", linkRoute(options.linkKey, link));
  app.route("/", metricRoutes(context));
  app.route("/", pageRoutes(options.dashboard ?? DASHBOARD_FOLDER));
  app.route("/", mounted.otlp?.(context) ?? otlpRoutes(context, options.otlp));
  app.route("/", mounted.api?.(context) ?? apiRoutes(context));
  return {
    fetch: async (request) => app.fetch(request),
    link,
    async close() {
      closing.abort();
    },
  };
}

function parsePublicUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url !== undefined && url.pathname === "/" && url.search === "" && url.username === "";
  if (isPlain && /^https?:$/.test(url.protocol)) return url;
  throw new StorageError({
    code: "invalid_argument",
    option: "options.publicUrl",
    message: "{option} is no address of a server",
    remedy: "Give scheme, host and port only, such as https://audit.example.com.",
  });
}
