import type { Server } from "node:http";
import type { AgentStorage } from "@agent-assembly/storage";
import { withContext } from "@agent-assembly/storage-core/backend";
import { composeGateway, type GatewayRoutes } from "../compose.js";
import type { Gateway } from "../gateway.js";
import { problem, problemResponse } from "../http/problem.js";
import type { GatewayServer } from "./gateway-server.js";
import { listen, urlOf } from "./listen.js";
import { listenerOf } from "./listener.js";
import { DEFAULT_HOST, DEFAULT_PORT, type ServeOptions } from "./options.js";
import { isLoopbackAddress, requireProtection } from "./require-protection.js";
import { shutDown } from "./shut-down.js";

const DEFAULT_GRACE_MS = 10_000;

/** Listens for a store, with the routes of a gateway, or others in their place. See `serve`. */
export async function startServer(
  storage: AgentStorage,
  options: ServeOptions,
  routes: GatewayRoutes,
): Promise<GatewayServer> {
  try {
    return await listening(storage, options, routes);
  } catch (error) {
    throw withContext(error, { operation: "serve", backend: "gateway" });
  }
}

async function listening(storage: AgentStorage, options: ServeOptions, routes: GatewayRoutes): Promise<GatewayServer> {
  const { host = DEFAULT_HOST, port = DEFAULT_PORT, otlpPort, tls, graceMs = DEFAULT_GRACE_MS, ...rest } = options;
  await requireProtection(storage, host, options, (options.now ?? Date.now)());
  const local = isLoopbackAddress(host);
  const gateway = composeGateway(
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
    const main = await listen(listenerOf(gateway.fetch, rest.onError), { host, port, tls, option: "options.port" });
    servers.push(main);
    if (otlpPort !== undefined) {
      const only = listenerOf(otlpOnly(gateway), rest.onError);
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
