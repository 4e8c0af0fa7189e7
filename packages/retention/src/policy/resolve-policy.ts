import type { Dataset } from "@agent-assembly/storage-core";
import {
  checkCount,
  checkKeys,
  checkObject,
  describeShape,
  invalidArgument,
  parseBoolean,
  parseChoice,
  parseInteger,
  parseText,
  parseTexts,
  REQUEST_LIMITS,
} from "@agent-assembly/storage-core/backend";
import {
  type ColdAction,
  type DatasetPolicy,
  DEFAULT_RULE,
  type ResolvedDatasetPolicy,
  type ResolvedPolicy,
  type ResolvedRule,
  type RetentionPolicy,
} from "./policy.js";

const DEFAULT_HOT_DAYS = 30;
const DEFAULT_WARM_DAYS = 90;
const MAX_DAYS = 36_500;
const ACTIONS: readonly ColdAction[] = ["drop", "archive"];
const SCHEMES = ["file:", "s3:"];
const NARROWING = ["teamId", "agentId", "action"] as const;

/**
 * Checks a policy and fills in its defaults.
 * @throws `invalid_argument` that names the member, what it was and what it may be
 */
export function parseRetentionPolicy(policy: RetentionPolicy = {}): ResolvedPolicy {
  checkObject("policy", policy);
  checkKeys("policy", policy, ["audit", "metrics", "archiveUrl"]);
  const archiveUrl =
    policy.archiveUrl === undefined ? undefined : parseArchiveUrl("policy.archiveUrl", policy.archiveUrl);
  const audit = {
    ...resolveDataset("audit", policy.audit ?? {}),
    keepCounts: parseBoolean("policy.audit.keepCounts", policy.audit?.keepCounts ?? true),
  };
  const metrics = resolveDataset("metrics", policy.metrics ?? {});
  if (archiveUrl === undefined) {
    const archiving = audit.rules.find(
      ({ coldAction, warmDays }) => coldAction === "archive" && warmDays !== undefined,
    );
    if (archiving !== undefined) {
      throw invalidArgument(
        "policy.archiveUrl",
        `is missing, and ${archiving.name === DEFAULT_RULE ? "audit events are" : `the rule "${archiving.name}" is`} to be archived`,
        'Set {option} to a file:// or s3:// URL, or the action to "drop".',
      );
    }
  }
  return { audit, metrics, archiveUrl };
}

/** @throws `invalid_argument` unless it is a `file://` or `s3://` URL. The message does not repeat it: it may hold a secret. */
export function parseArchiveUrl(name: string, url: unknown): string {
  const text = parseText(name, url);
  const scheme = URL.canParse(text) ? new URL(text).protocol : undefined;
  if (scheme === undefined)
    throw invalidArgument(name, "must be a URL such as file:///var/archive or s3://bucket/prefix");
  if (!SCHEMES.includes(scheme)) throw invalidArgument(name, `must begin with file:// or s3://, not with ${scheme}//`);
  return text;
}

function resolveDataset(dataset: Dataset, policy: DatasetPolicy & { rules?: unknown }): ResolvedDatasetPolicy {
  const name = `policy.${dataset}`;
  checkObject(name, policy);
  checkKeys(name, policy, [
    "hotDays",
    "warmDays",
    "coldAction",
    ...(dataset === "audit" ? ["rules", "keepCounts"] : []),
  ]);
  const hotDays = days(`${name}.hotDays`, policy.hotDays ?? DEFAULT_HOT_DAYS);
  const warmDays = days(`${name}.warmDays`, policy.warmDays ?? Math.max(DEFAULT_WARM_DAYS, hotDays + 1));
  if (warmDays <= hotDays) {
    throw invalidArgument(
      `${name}.warmDays`,
      `must be more than hotDays (ages are counted from today, not from each other), got ${warmDays} and ${hotDays}`,
    );
  }
  const coldAction = parseChoice(`${name}.coldAction`, policy.coldAction ?? "drop", ACTIONS);
  if (dataset === "metrics" && coldAction === "archive") {
    throw invalidArgument(
      `${name}.coldAction`,
      'must be "drop": samples are not archived, their hourly totals stay in the store',
    );
  }
  const rules = resolveRules(`${name}.rules`, policy.rules ?? [], coldAction);
  return { dataset, hotDays, rules: [...rules, { name: DEFAULT_RULE, warmDays, coldAction }] };
}

function resolveRules(name: string, rules: unknown, fallback: ColdAction): ResolvedRule[] {
  if (!Array.isArray(rules)) throw invalidArgument(name, `must be an array, got ${describeShape(rules)}`);
  checkCount(name, "rules", rules.length, REQUEST_LIMITS.retentionRules);
  const names = new Set([DEFAULT_RULE]);
  return rules.map((rule: unknown, index) => {
    const at = `${name}[${index}]`;
    const resolved = resolveRule(at, rule, fallback);
    if (names.has(resolved.name)) throw invalidArgument(`${at}.name`, `must be unique and not "${DEFAULT_RULE}"`);
    names.add(resolved.name);
    return resolved;
  });
}

function resolveRule(at: string, rule: unknown, fallback: ColdAction): ResolvedRule {
  checkObject(at, rule);
  checkKeys(at, rule, ["name", ...NARROWING, "warmDays", "coldAction"]);
  const narrowed = NARROWING.filter((member) => rule[member] !== undefined);
  if (narrowed.length === 0) {
    throw invalidArgument(at, "must name the events it is for: teamId, agentId or action");
  }
  const matches = Object.fromEntries(narrowed.map((member) => [member, values(`${at}.${member}`, rule[member])]));
  return {
    name: parseText(`${at}.name`, rule.name),
    ...matches,
    warmDays: rule.warmDays === "forever" ? undefined : days(`${at}.warmDays`, rule.warmDays, ' or "forever"'),
    coldAction: parseChoice(`${at}.coldAction`, rule.coldAction ?? fallback, ACTIONS),
  };
}

function values(name: string, value: unknown): readonly string[] {
  const texts = parseTexts(name, value);
  if (texts.length === 0) throw invalidArgument(name, "must hold at least one value");
  return texts;
}

function days(name: string, value: unknown, or = ""): number {
  if (or !== "" && typeof value !== "number") {
    throw invalidArgument(name, `must be a whole number of days${or}, got ${describeShape(value)}`);
  }
  return parseInteger(name, value, 1, MAX_DAYS);
}
