import { configError } from "./problem.js";
import type { RetentionConfig } from "./schema/schema.js";

const SECTION = "storage.retention";

/** Rules of the section that span several keys. @throws `invalid_argument` */
export function checkRetention(retention: RetentionConfig): void {
  checkAges(SECTION, retention);
  checkAges(`${SECTION}.metrics`, retention.metrics);
  const seen = new Map<string, number>();
  for (const [index, { name }] of retention.rules.entries()) {
    const first = seen.get(name);
    if (first !== undefined) {
      throw configError({
        option: `${SECTION}.rules[${index}].name`,
        message: `{option} is ${JSON.stringify(name)}; allowed: a unique name, and rules[${first}] has this one`,
      });
    }
    seen.set(name, index);
  }
  if (retention.archive_url !== undefined) return;
  const archiving = archivingKey(retention);
  if (archiving === undefined) return;
  throw configError({
    option: `${SECTION}.archive_url`,
    message: `{option} is missing, and ${archiving} is "archive"`,
    remedy: "Set it, or AAASM_RETENTION_ARCHIVE_URL, to a file:// or s3:// URL.",
  });
}

function checkAges(section: string, { hot_days, warm_days }: { hot_days: number; warm_days: number }): void {
  if (warm_days > hot_days) return;
  throw configError({
    option: `${section}.warm_days`,
    message: `{option} is ${warm_days}; allowed: more than hot_days, which is ${hot_days} (both are ages counted from today)`,
  });
}

/** The key that makes something go to the archive. */
function archivingKey({ cold_action, rules }: RetentionConfig): string | undefined {
  if (cold_action === "archive") return "cold_action";
  const index = rules.findIndex((rule) => rule.cold_action === "archive" && rule.warm_days !== "forever");
  return index === -1 ? undefined : `rules[${index}].cold_action`;
}
