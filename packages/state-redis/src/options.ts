import type { ConnectionOptions as TlsOptions } from "node:tls";
import {
  checkKeys,
  checkObject,
  describeShape,
  invalidArgument,
  parseBoolean,
  parseInteger,
  parseTokenKey,
  type TokenKeys,
} from "@agent-assembly/storage-core/backend";
import {
  parseRateLimiterOptions,
  type RateLimiterOptions,
  type ResolvedRateLimiterOptions,
} from "./rate-limit-options.js";

/** Options of {@link openRedisState}: how to reach Redis, and what rate limits do while it is unavailable. */
export interface RedisStateOptions extends RateLimiterOptions {
  /** `redis://user:password@host:port/database`, `rediss://` for TLS. */
  readonly url: string;
  /** What all keys and channels begin with; letters, digits and `_ . - :`, at most 64; default `aasm`. */
  readonly prefix?: string | undefined;
  /** Whether the URL names a node of a Redis Cluster; default false. */
  readonly cluster?: boolean | undefined;
  /** Connections at most, one for messages included; 2 to 1,000; default 10. More than two are opened under load only. */
  readonly maxConnections?: number | undefined;
  /** How long to wait for a connection and its handshake, milliseconds; default 5,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** How long to wait for the answer to a command, milliseconds; default 500. */
  readonly commandTimeoutMs?: number | undefined;
  /** Options of `node:tls` for `rediss://`, e.g. `ca`. */
  readonly tls?: TlsOptions | undefined;
  /** Signs cursors and positions: a secret of 32 to 512 characters, or up to 8 of which all verify. @default none */
  readonly tokenKey?: string | readonly string[] | undefined;
}

/** Checked and defaulted. */
export interface ResolvedRedisOptions extends ResolvedRateLimiterOptions {
  readonly url: string;
  readonly prefix: string;
  readonly cluster: boolean;
  readonly maxConnections: number;
  readonly connectTimeoutMs: number;
  readonly commandTimeoutMs: number;
  readonly tls: TlsOptions | undefined;
  readonly tokenKeys: TokenKeys | undefined;
}

const NAMES = [
  "url",
  "prefix",
  "cluster",
  "maxConnections",
  "connectTimeoutMs",
  "commandTimeoutMs",
  "tls",
  "onUnavailable",
  "localShare",
  "tokenKey",
] as const;
const PREFIX = /^[\w.:-]{1,64}$/;

/** @throws `invalid_argument` for an unknown option or a bad value */
export function parseRedisOptions(options: RedisStateOptions): ResolvedRedisOptions {
  checkObject("options", options);
  checkKeys("options", options, NAMES);
  const protocol = checkUrl(options.url);
  const prefix = options.prefix ?? "aasm";
  if (typeof prefix !== "string" || !PREFIX.test(prefix)) {
    throw invalidArgument(
      "options.prefix",
      `must be 1 to 64 letters, digits and "_", ".", "-", ":", got ${describeShape(prefix)}`,
    );
  }
  if (options.tls !== undefined) {
    checkObject("options.tls", options.tls);
    if (protocol !== "rediss:") throw invalidArgument("options.tls", "needs a URL that begins with rediss://");
  }
  return {
    url: options.url,
    prefix,
    cluster: parseBoolean("options.cluster", options.cluster ?? false),
    maxConnections: parseInteger("options.maxConnections", options.maxConnections ?? 10, 2, 1000),
    connectTimeoutMs: parseInteger("options.connectTimeoutMs", options.connectTimeoutMs ?? 5000, 1, 3_600_000),
    commandTimeoutMs: parseInteger("options.commandTimeoutMs", options.commandTimeoutMs ?? 500, 1, 3_600_000),
    tls: options.tls,
    tokenKeys: parseTokenKey(options.tokenKey),
    ...parseRateLimiterOptions(options),
  };
}

/** @returns the protocol; the message never holds the URL, which may hold a password */
function checkUrl(url: unknown): string {
  if (typeof url !== "string" || !URL.canParse(url)) {
    throw invalidArgument("options.url", `must be a URL such as redis://host:6379, got ${describeShape(url)}`);
  }
  const { protocol, hostname, pathname, search, hash } = new URL(url);
  if (protocol !== "redis:" && protocol !== "rediss:") {
    throw invalidArgument("options.url", `must begin with redis:// or rediss://, not with ${protocol}//`);
  }
  if (hostname === "") throw invalidArgument("options.url", "must name a host, as in redis://host:6379");
  if (!/^(\/\d{0,5})?$/.test(pathname)) {
    throw invalidArgument("options.url", "may name a database by its number only, as in redis://host:6379/2");
  }
  if (search !== "" || hash !== "") {
    throw invalidArgument("options.url", 'must not hold parameters after "?" or "#"', "Pass them as options.");
  }
  return protocol;
}
