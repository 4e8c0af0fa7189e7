import type { Server } from "node:http";
import type { AgentStorage } from "@agent-assembly/storage";
import { withContext } from "@agent-assembly/storage-core/backend";
import { createGateway, type Gateway, type GatewayRoutes } from "../gateway.js";
import { problem, problemResponse } from "../http/problem.js";
import { listen, urlOf } from "./listen.js";
import { listenerOf } from "./listener.js";
import { DEFAULT_HOST, DEFAULT_PORT, type ServeOptions } from "./options.js";
import { isLoopbackAddress, requireProtection } from "./require-protection.js";
import { shutDown } from "./shut-down.js";

const DEFAULT_GRACE_MS = 10_000;

/** A gateway that listens. */
export interface GatewayServer extends AsyncDisposable {
  /** Where this machine reaches it, such as `http://127.0.0.1:7391`. */
  readonly url: string;
  /** The second port, where one was asked for. */
  readonly otlpUrl?: string;
  readonly gateway: Gateway;
  /**
   * Stops accepting, ends streams of events, lets running requests end for `graceMs`, then closes. The store stays open.
   * Idempotent.
   */
  close(): Promise<void>;
}

/**
 * Listens for a store, with Node's server.
 * @param storage stays the caller's: closing the server does not close it
 * @throws `invalid_argument`, also for an address beyond this machine without tokens and TLS; `unsupported` for such an
 *   address with a store that keeps no tokens; `conflict` for a port in use; `permission_denied`
 * @example
 * ```ts
 * import { serve } from "@agent-assembly/gateway";
 * import { openStorage } from "@agent-assembly/storage";
 *
 * await using storage = await openStorage({ backend: "memory" });
 * await using server = await serve(storage, { port: 0, anonymous: ["ingest", "read"] });
 * console.log((await fetch(`${server.url}/healthz`)).status);
 * ```
 */
export async function serve(
  storage: AgentStorage,
  options: ServeOptions = {},
  routes?: GatewayRoutes,
): Promise<GatewayServer> {
  try {
    return await startServer(storage, options, routes);
  } catch (error) {
    throw withContext(error, { operation: "serve", backend: "gateway" });
  }
}

async function startServer(
  storage: AgentStorage,
  options: ServeOptions,
  routes: GatewayRoutes | undefined,
): Promise<GatewayServer> {
  const { host = DEFAULT_HOST, port = DEFAULT_PORT, otlpPort, tls, graceMs = DEFAULT_GRACE_MS, ...rest } = options;
  await requireProtection(storage, host, options, (options.now ?? Date.now)());
  const local = isLoopbackAddress(host);
  const gateway = createGateway(
    storage,
    {
      ...rest,
      // Elsewhere names belong to a network that only its operator knows; tokens are what protects.
      hosts: rest.hosts ?? (local ? [] : "any"),
      secure: rest.secure ?? (tls !== undefined || rest.publicUrl?.startsWith("https:") === true),
      // Behind a proxy every request comes from this machine.
      anonymous: local && rest.publicUrl === undefined ? rest.anonymous : [],
    },
    routes,
  );
  const servers: Server[] = [];
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await gateway.close();
    await Promise.all(servers.map((server) => shutDown(server, graceMs)));
  };
  try {
    const scheme = tls === undefined ? "http" : "https";
    const main = await listen(listenerOf(gateway.fetch), { host, port, tls, option: "options.port" });
    servers.push(main);
    if (otlpPort !== undefined) {
      const only = listenerOf(otlpOnly(gateway));
      servers.push(await listen(only, { host, port: otlpPort, tls, option: "options.otlpPort" }));
    }
    const [, otlp] = servers;
    const closeOnce = (): Promise<void> => (closing ??= close());
    return {
      url: urlOf(main, scheme),
      ...(otlp !== undefined && { otlpUrl: urlOf(otlp, scheme) }),
      gateway,
      close: closeOnce,
      [Symbol.asyncDispose]: closeOnce,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What exporters of telemetry call, and nothing else. */
function otlpOnly({ fetch }: Gateway): Gateway["fetch"] {
  return async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/v1/") || pathname === "/healthz") return fetch(request);
    return problemResponse(problem("not_found", "this port serves OTLP alone").problem);
  };
}
