import { configError } from "./config/problem.js";
import type { RetentionConfig } from "./config/schema/retention-schema.js";
import type { Config } from "./config/schema/schema.js";

/** Ages in days, counted from now. */
export interface DatasetPolicySettings {
  readonly hotDays: number;
  readonly warmDays: number;
  readonly coldAction: "drop" | "archive";
}

/**
 * A retention rule as the configuration gives it. An event matches if it matches every filter that is given. Ages are
 * in days.
 */
export interface RetentionRuleSettings {
  readonly name: string;
  readonly teamId?: readonly string[];
  readonly agentId?: readonly string[];
  readonly action?: readonly string[];
  readonly warmDays: number | "forever";
  readonly coldAction?: "drop" | "archive";
}

/**
 * What a configuration says about retention, in the words of `@agent-assembly/retention`. Written out rather than taken
 * from that package, which may not be installed; a test holds the two together.
 */
export interface RetentionSettings {
  /** Its `RetentionPolicy`. */
  readonly policy: {
    readonly audit: DatasetPolicySettings & { readonly rules: readonly RetentionRuleSettings[] };
    readonly metrics: Omit<DatasetPolicySettings, "coldAction">;
    readonly archiveUrl?: string;
  };
  /** Five cron fields, in UTC. */
  readonly schedule: string;
  readonly dryRun: boolean;
  readonly jitterMs: number;
  /** Its `S3Options`; credentials come from where the AWS SDK looks. */
  readonly s3: { readonly endpoint?: string; readonly region?: string; readonly forcePathStyle?: boolean };
}

/**
 * The retention settings a configuration stands for.
 * @throws `invalid_argument` when `archive_url` holds what belongs into the environment of the AWS SDK: credentials, or a
 * query
 */
export function retentionSettings({ storage: { retention } }: Config): RetentionSettings {
  const { hot_days, warm_days, cold_action, metrics, rules, archive_url, schedule, dry_run, jitter_secs } = retention;
  if (archive_url !== undefined) refuseSecrets(archive_url);
  return {
    policy: {
      audit: { hotDays: hot_days, warmDays: warm_days, coldAction: cold_action, rules: rules.map(toRule) },
      metrics: { hotDays: metrics.hot_days, warmDays: metrics.warm_days },
      ...(archive_url !== undefined && { archiveUrl: archive_url }),
    },
    schedule,
    dryRun: dry_run,
    jitterMs: jitter_secs * 1000,
    s3: toS3(retention.s3),
  };
}

function toRule(rule: RetentionConfig["rules"][number]): RetentionRuleSettings {
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

function toS3({ endpoint, region, force_path_style }: RetentionConfig["s3"]): RetentionSettings["s3"] {
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
  throw configError(
    "storage.retention.archive_url holds credentials, a query or a fragment; allowed: file:///absolute/folder or s3://bucket/prefix alone. Give credentials as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
  );
}
