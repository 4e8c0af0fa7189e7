import { createMiddleware } from "hono/factory";
import type { GatewayEnv } from "../context.js";
import { problem } from "../http/problem.js";

/** Methods that change nothing. */
const READS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Whether a request may change something. */
export function isWrite({ method }: Pick<Request, "method">): boolean {
  return !READS.has(method);
}

/** Whether a host name, or an address, is this machine's own. */
export function isLoopbackName(name: string): boolean {
  return name === "localhost" || name === "[::1]" || name === "::1" || /^127(\.\d{1,3}){3}$/.test(name);
}

/** What {@link guardOrigin} allows. */
export interface AllowedOrigins {
  /** Host names without ports; `any` for every name. Names of this machine are always among them. */
  readonly hosts: readonly string[] | "any";
  /** The address that browsers use, where a proxy stands before the gateway. */
  readonly publicUrl: URL | undefined;
}

/**
 * Refuses requests for another host, which a page reaches by pointing its own name at this machine, and writes from pages
 * of another origin. No answer has CORS headers.
 */
export function guardOrigin({ hosts, publicUrl }: AllowedOrigins) {
  const names = new Set(hosts === "any" ? [] : hosts);
  const isAllowedHost = (name: string): boolean =>
    hosts === "any" || isLoopbackName(name) || names.has(name) || name === publicUrl?.hostname;
  return createMiddleware<GatewayEnv>(async (c, next) => {
    const host = c.req.header("host") ?? new URL(c.req.url).host;
    const name = hostNameOf(host);
    if (name === undefined || !isAllowedHost(name)) {
      throw problem("forbidden", "the Host of the request is not one of this gateway", {
        remedy: "Call it by a name of this machine, or by that of gateway.public_url of its configuration.",
      });
    }
    const origin = c.req.header("origin");
    const isOwn = origin === undefined || origin === publicUrl?.origin || hostOf(origin) === host.toLowerCase();
    if (isWrite(c.req) && !isOwn) {
      throw problem("forbidden", "the Origin of the request is not this gateway", {
        remedy: "Behind a proxy, set gateway.public_url of its configuration to the address that browsers use.",
      });
    }
    await next();
  });
}

/** `[::1]` and `example.com` of hosts with ports; `undefined` for what is no host. */
function hostNameOf(host: string): string | undefined {
  const url = `http://${host}`;
  if (!URL.canParse(url)) return undefined;
  const { hostname, pathname, search, username } = new URL(url);
  return pathname === "/" && search === "" && username === "" ? hostname : undefined;
}

/** Name and port of an origin; `undefined` for `null` and for what is none. */
function hostOf(origin: string): string | undefined {
  return /^https?:\/\/([^/?#@]+)$/i.exec(origin)?.[1]?.toLowerCase();
}
