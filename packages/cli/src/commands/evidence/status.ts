import { MAX_EVIDENCE_LIMIT } from "@agent-assembly/storage-core/backend";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { formatCount, formatRelative } from "../../terminal/format.js";
import { formatJson } from "../../terminal/json.js";
import { type Field, renderFields } from "../../terminal/table.js";
import { checkpointText, lagText, logStatus } from "./read-status.js";
import { requireStoreLog, type StoreLog } from "./store-log.js";

/** The newest receipt of an anchor. */
interface AnchorStatus {
  readonly kind: string;
  readonly where: string;
  /** Leaves of the checkpoint that it has. */
  readonly size: number;
  readonly at: Date;
}

export async function evidenceStatus(context: Context): Promise<ExitCode> {
  return context.withStorage(
    async (storage) => {
      const at = await requireStoreLog(storage);
      const now = context.now();
      const status = await logStatus(at.support, at.log, now);
      const waiting = await at.support.next(at.log.position, MAX_EVIDENCE_LIMIT);
      const document = {
        ...status,
        waiting: { events: waiting.events.length, more: waiting.more },
        anchors: await newestReceipts(at),
      };
      if (context.json) {
        await context.out.line(formatJson(document));
        return EXIT.ok;
      }
      const more = waiting.more ? "at least " : "";
      const fields: Field[] = [
        ["log", status.origin],
        ["leaves", formatCount(status.size)],
        ["not sealed yet", `${more}${formatCount(waiting.events.length)} (${lagText(status.lagMs)})`],
        ["signed", checkpointText(status.checkpoint, now)],
        ...document.anchors.map(
          ({ kind, where, size, at: when }): Field => [
            "anchor",
            `${kind} ${where}: ${formatCount(size)} leaves, ${formatRelative(when, now)}`,
          ],
        ),
        ["anchors", document.anchors.length === 0 ? "none: see aasm evidence anchor" : undefined],
      ];
      await context.out.write(renderFields(fields, context.style));
      return EXIT.ok;
    },
    { readsOnly: true },
  );
}

async function newestReceipts({ support, log }: StoreLog): Promise<AnchorStatus[]> {
  const newest = new Map<string, AnchorStatus>();
  for (const { log: of, kind, target, size, at } of await support.anchors(MAX_EVIDENCE_LIMIT)) {
    const name = `${kind} ${target}`;
    if (of === log.log && !newest.has(name)) newest.set(name, { kind, where: target, size, at: new Date(at) });
  }
  return [...newest.values()];
}
