import { configError } from "./config/problem.js";
import type { Config, RetentionConfig } from "./config/schema/schema.js";

/** What {@link retentionSettings} returns: options of `@agent-assembly/retention`, whose types it is checked against. */
export type RetentionSettings = ReturnType<typeof retentionSettings>;

/**
 * The retention settings of a configuration: its `RetentionPolicy` as `policy`, the `schedule` (five cron fields, in UTC)
 * with `dryRun` and `jitterMs`, and its `S3Options` as `s3`, whose credentials come from where the AWS SDK looks.
 * @throws `invalid_argument` when `archive_url` holds what belongs into the environment of the AWS SDK: credentials, or a
 * query
 */
export function retentionSettings({ storage: { retention } }: Config) {
  const { hot_days, warm_days, cold_action, metrics, archive_url, schedule, dry_run, jitter_secs } = retention;
  if (archive_url !== undefined) refuseSecrets(archive_url);
  return {
    policy: {
      audit: {
        hotDays: hot_days,
        warmDays: warm_days,
        coldAction: cold_action,
        rules: retention.rules.map(toRule),
        keepCounts: retention.keep_counts,
      },
      metrics: { hotDays: metrics.hot_days, warmDays: metrics.warm_days },
      ...(archive_url !== undefined && { archiveUrl: archive_url }),
    },
    schedule,
    dryRun: dry_run,
    jitterMs: jitter_secs * 1000,
    s3: toS3(retention.s3),
  };
}

function toRule(rule: RetentionConfig["rules"][number]) {
  const { name, team_id, agent_id, action, warm_days, cold_action } = rule;
  return {
    name,
    ...(team_id !== undefined && { teamId: team_id }),
    ...(agent_id !== undefined && { agentId: agent_id }),
    ...(action !== undefined && { action }),
    warmDays: warm_days,
    ...(cold_action !== undefined && { coldAction: cold_action }),
  };
}

function toS3({ endpoint, region, force_path_style }: RetentionConfig["s3"]) {
  return {
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(force_path_style !== undefined && { forcePathStyle: force_path_style }),
  };
}

/** The URL of an archive is recorded in the database and shown: what opens it must not be part of it. */
function refuseSecrets(text: string): void {
  const { username, password, search, hash } = new URL(text);
  if (username === "" && password === "" && search === "" && hash === "") return;
  throw configError({
    option: "storage.retention.archive_url",
    message:
      "{option} contains credentials, a query or a fragment; allowed: file:///absolute/folder or s3://bucket/prefix alone",
    remedy: "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for credentials.",
  });
}
