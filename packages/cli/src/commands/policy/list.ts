import type { PolicySummary } from "@agent-assembly/storage-core";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { formatJson } from "../../terminal/json.js";
import { type Column, renderTable } from "../../terminal/table.js";

const COLUMNS: readonly Column<PolicySummary>[] = [
  { title: "POLICY", value: (policy) => policy.name },
  { title: "LATEST", value: (policy) => String(policy.latest), align: "right" },
  { title: "ACTIVE", value: (policy) => String(policy.active ?? "-"), align: "right" },
];

export async function policyList(context: Context): Promise<ExitCode> {
  return context.withStorage(async (storage) => {
    const items = await storage.policies.list();
    if (context.json) await context.out.line(formatJson({ items }));
    else if (items.length === 0) await context.out.line("No policies.");
    else await context.out.write(renderTable(items, COLUMNS, context.width, context.style));
    return EXIT.ok;
  });
}
