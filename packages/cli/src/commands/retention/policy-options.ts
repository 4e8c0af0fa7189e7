import type { ConfigFlags } from "@agent-assembly/storage";
import { parseArchiveUrl } from "../../args/archive-url.js";
import { parseChoice, parseInteger } from "../../args/values.js";

/** Options that stand in for keys of `storage.retention`, as commander hands them over. */
export interface PolicyOptions {
  readonly hotDays?: string;
  readonly warmDays?: string;
  readonly coldAction?: string;
  readonly archiveUrl?: string;
}

const MAX_DAYS = 36_500;

/** @throws UsageError */
export function toPolicyFlags({ hotDays, warmDays, coldAction, archiveUrl }: PolicyOptions): ConfigFlags {
  return {
    ...(hotDays !== undefined && { hotDays: parseInteger("--hot-days", hotDays, 1, MAX_DAYS) }),
    ...(warmDays !== undefined && { warmDays: parseInteger("--warm-days", warmDays, 1, MAX_DAYS) }),
    ...(coldAction !== undefined && {
      coldAction: parseChoice("--cold-action", coldAction, ["drop", "archive"] as const),
    }),
    ...(archiveUrl !== undefined && { archiveUrl: parseArchiveUrl("--archive-url", archiveUrl) }),
  };
}
