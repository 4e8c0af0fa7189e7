import { z } from "zod";
import { urlOf } from "./url-schema.js";

/** What a check of a rate limit answers while Redis is away. */
export const AWAY_MODES = ["fail-open", "fail-closed", "local"] as const;

const positive = z.int().min(1);

const share = z.custom<number>(
  (value) => typeof value === "number" && value > 0 && value <= 1,
  "a number above 0, up to 1",
);

const redisUrl = urlOf(["redis:", "rediss:"]).refine((text) => {
  const { pathname, search, hash } = URL.canParse(text) ? new URL(text) : { pathname: "", search: "", hash: "" };
  return search === "" && hash === "" && /^(\/\d{0,5})?$/.test(pathname);
}, "a URL such as redis://host:6379/2, with a database's number or nothing behind the host");

/** `storage.redis`: off unless it is enabled; the TTL counts without it, too. */
export const redisSchema = z.strictObject({
  enabled: z.boolean().default(false),
  url: redisUrl.optional(),
  prefix: z
    .string()
    .regex(/^[\w.:-]{1,64}$/, 'at most 64 letters, digits and "_", ".", "-", ":"')
    .default("aasm"),
  cluster: z.boolean().default(false),
  policy_cache_ttl_secs: positive.max(86_400).default(30),
  // One of them is for messages.
  max_connections: z.int().min(2).max(1000).default(10),
  connect_timeout_secs: positive.max(3600).default(5),
  command_timeout_ms: positive.max(60_000).default(500),
  when_away: z.enum(AWAY_MODES).default("local"),
  local_share: share.default(1),
});

/** `storage.approvals`: defaults of requests, wherever they are kept. */
export const approvalSchema = z.strictObject({
  expires_in_secs: positive.max(2_592_000).default(900),
  on_expiry: z.enum(["approve", "deny"]).default("deny"),
  lease_secs: positive.max(86_400).default(60),
  retain_days: positive.max(3650).default(7),
});
