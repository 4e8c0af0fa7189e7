import * as z from "zod/mini";
import { DEFAULTS } from "../defaults.js";
import { backendPackage, integer, optionsSection, section, urlOf } from "./fields.js";

const { redis, approvals } = DEFAULTS;

/** What a check of a rate limit answers while Redis is unavailable. */
export const UNAVAILABLE_MODES = ["fail-open", "fail-closed", "local"] as const;

const share = z.custom<number>(
  (value) => typeof value === "number" && value > 0 && value <= 1,
  "a number above 0, up to 1",
);

const redisUrl = urlOf(["redis:", "rediss:"]).check(
  z.refine((text) => {
    const { pathname, search, hash } = URL.canParse(text) ? new URL(text) : { pathname: "", search: "", hash: "" };
    return search === "" && hash === "" && /^(\/\d{0,5})?$/.test(pathname);
  }, "a URL such as redis://host:6379/2, with nothing or the number of a database after the host"),
);

/** `storage.redis`: off unless it is enabled; the TTL counts without it, too. */
export const redisSchema = section({
  enabled: z._default(z.boolean(), redis.enabled),
  url: z.optional(redisUrl),
  prefix: z._default(
    z.string().check(z.regex(/^[\w.:-]{1,64}$/, 'at most 64 letters, digits and "_", ".", "-", ":"')),
    redis.prefix,
  ),
  cluster: z._default(z.boolean(), redis.cluster),
  policy_cache_ttl_secs: z._default(integer(1, 86_400), redis.policy_cache_ttl_secs),
  // One of them is for messages.
  max_connections: z._default(integer(2, 1000), redis.max_connections),
  connect_timeout_secs: z._default(integer(1, 3600), redis.connect_timeout_secs),
  command_timeout_ms: z._default(integer(1, 60_000), redis.command_timeout_ms),
  on_unavailable: z._default(z.enum(UNAVAILABLE_MODES), redis.on_unavailable),
  local_share: z._default(share, redis.local_share),
});

/** `storage.state`: a package that keeps hot-path state apart from the store, in place of Redis. */
export const stateSchema = z.optional(z.strictObject({ backend: backendPackage, options: optionsSection }));

/** `storage.approvals`: defaults of requests, wherever they are kept. */
export const approvalSchema = section({
  expires_in_secs: z._default(integer(1, 2_592_000), approvals.expires_in_secs),
  on_expiry: z._default(z.enum(["approve", "deny"]), approvals.on_expiry),
  lease_secs: z._default(integer(1, 86_400), approvals.lease_secs),
  retain_days: z._default(integer(1, 3650), approvals.retain_days),
});
