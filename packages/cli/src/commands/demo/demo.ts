import type { LoadedConfig } from "@agent-assembly/storage";
import type { StorageBackend, SummaryDimension } from "@agent-assembly/storage-core";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { escapeText } from "../../terminal/escape.js";
import { countText, eventsText, formatCount } from "../../terminal/format.js";
import { formatJson } from "../../terminal/json.js";
import { renderEvents } from "../audit/view-events.js";
import { renderSummaryChart, renderSummaryTable } from "../audit/view-summary.js";
import { readStatus, type StatusReport } from "../status/report.js";
import { renderStatus } from "../status/view.js";
import { type DemoResult, recordSample } from "./record.js";

const LATEST = 8;
const BUCKET = { every: "1d" };
const GROUP_BY: readonly SummaryDimension[] = ["agentId", "decision"];

export async function demo(context: Context): Promise<ExitCode> {
  return context.withStorage(
    async (storage, loaded) => {
      const result = await recordSample(storage, context.now());
      const status = await readStatus(storage, loaded);
      if (context.json) {
        await context.out.line(formatJson({ ...result, status }));
      } else {
        await context.out.write(await page(context, storage, loaded, result, status));
      }
      return EXIT.ok;
    },
    { create: true },
  );
}

async function page(
  context: Context,
  storage: StorageBackend,
  loaded: LoadedConfig,
  result: DemoResult,
  status: StatusReport,
): Promise<string> {
  const { style, width } = context;
  const { items } = await storage.audit.query({}, { limit: LATEST });
  const byAgent = await storage.audit.summarize({}, { groupBy: GROUP_BY });
  const overTime = await storage.audit.summarize({}, { bucket: BUCKET });
  const recorded =
    result.inserted === 0
      ? `The sample's ${eventsText(result.duplicates)} were here already; nothing was stored twice.`
      : `Recorded ${eventsText(result.inserted)} of ${countText(result.agents, "agent")}${result.duplicates === 0 ? "" : ` (${formatCount(result.duplicates)} were here already)`}, and policy ${result.policy.name}.`;
  const location = status.location ?? "memory only: nothing is kept";
  return [
    `${recorded}\n`,
    section(context, "Status", renderStatus(status, style, width, context.now())),
    section(context, "Latest events", renderEvents(items, width, style, context.now())),
    section(context, "By agent and decision", renderSummaryTable(byAgent, GROUP_BY, "UTC", width, style)),
    section(context, "Events per day", renderSummaryChart(overTime, BUCKET, width, style)),
    section(context, "Try next", suggestions(context, storage, loaded, result)),
    `\n${style.bold(storage.name === "sqlite" ? "File" : "Database")} ${escapeText(location)}\n`,
    ...(status.location === undefined
      ? []
      : [`${style.bold("In a browser")} aasm dashboard${escapeText(whereText(context, loaded))}\n`]),
  ].join("");
}

function section({ style }: Context, title: string, body: string): string {
  return `\n${style.bold(style.cyan(title))}\n${body}`;
}

/** The options without which a command would look elsewhere than where was just written. */
function whereText({ global }: Context, { config }: LoadedConfig): string {
  const { backend, sqlite } = config.storage;
  return [
    global.config === undefined ? "" : ` --config ${quoted(global.config)}`,
    global.backend === undefined ? "" : ` --backend ${backend}`,
    global.path === undefined || backend !== "sqlite" ? "" : ` --path ${quoted(sqlite.path)}`,
  ].join("");
}

function suggestions(
  context: Context,
  storage: StorageBackend,
  loaded: LoadedConfig,
  { approval }: DemoResult,
): string {
  const where = whereText(context, loaded);
  return [
    "aasm audit query --decision deny",
    "aasm audit query --tool issue_refund --payload /arguments/currency=EUR",
    "aasm audit summarize --group-by tool,decision --bucket 1d",
    "aasm audit export --out events.jsonl",
    "aasm policy history demo-guardrails",
    ...(approval.state === "pending" ? [`aasm approvals decide ${approval.requestId} approve`] : []),
    "aasm metrics anomalies denials --group-by agent --bucket 6h",
    "aasm metrics top denials --by agent,tool --from 14d",
    ...(storage.capabilities.metricsPersistence.status === "unsupported"
      ? []
      : [
          "aasm metrics query cost_usd --group-by team --bucket 1d --from 14d --total",
          "aasm metrics plot tokens --aggregate avg --bucket 6h --window movingAvg:4 --from 14d",
        ]),
    "aasm status --watch",
  ]
    .map((command) => `  ${command}${escapeText(where)}\n`)
    .join("");
}

function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
