import { type Context, Hono } from "hono";
import type { GatewayEnv } from "../context.js";
import { type PageFile, readPage } from "./files.js";

/** No script or style in the page itself, nothing from elsewhere, and no text that becomes a script. */
export const PAGE_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

/** The page uses nothing of the machine that it is shown on. */
const PERMISSIONS_POLICY = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";

/** Names in `/assets/` change with their content. */
const FOR_EVER = "public, max-age=31536000, immutable";

const NOT_BUILT = `The dashboard is not built.
In a clone of the repository, build it: pnpm build
In an installation, reinstall @agent-assembly/gateway, which brings it.
`;

/** `/` and `/assets/*`: the built page. Neither needs a token, since neither has data. @param folder where it was built */
export function pageRoutes(folder: string): Hono<GatewayEnv> {
  const routes = new Hono<GatewayEnv>();
  let reading: Promise<ReadonlyMap<string, PageFile>> | undefined;
  const fileOf = async (path: string): Promise<PageFile | undefined> => {
    reading ??= readPage(folder);
    const files = await reading;
    // It may be built while the gateway runs.
    if (files.size === 0) reading = undefined;
    return files.get(path);
  };
  routes.get("/", async (c) => {
    c.header("content-security-policy", PAGE_SECURITY_POLICY);
    c.header("permissions-policy", PERMISSIONS_POLICY);
    const index = await fileOf("/index.html");
    return index === undefined ? c.text(NOT_BUILT, 404) : send(c, index, "no-cache");
  });
  routes.get("/assets/*", async (c, next) => {
    const file = await fileOf(c.req.path);
    return file === undefined ? next() : send(c, file, FOR_EVER);
  });
  return routes;
}

function send(c: Context<GatewayEnv>, { type, bytes, zipped, etag }: PageFile, cacheControl: string): Response {
  c.header("cache-control", cacheControl);
  c.header("etag", etag);
  c.header("vary", "accept-encoding");
  if (c.req.header("if-none-match") === etag) return c.body(null, 304);
  c.header("content-type", type);
  const takesZipped = /\bgzip\b/.test(c.req.header("accept-encoding") ?? "");
  const isZipped = takesZipped && zipped !== undefined;
  if (isZipped) c.header("content-encoding", "gzip");
  const sent = isZipped ? zipped : bytes;
  c.header("content-length", String(sent.byteLength));
  return c.body(new Uint8Array(sent));
}
