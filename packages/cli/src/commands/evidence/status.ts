import { checkAnchors, logKeys, type VerificationRecord, verificationRecords } from "@agent-assembly/evidence";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { MAX_EVIDENCE_LIMIT } from "@agent-assembly/storage-core/backend";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { countText, formatCount, formatRelative } from "../../terminal/format.js";
import { formatJson } from "../../terminal/json.js";
import { type Field, renderFields } from "../../terminal/table.js";
import { checkpointText, lagText, logStatus } from "./read-status.js";
import { fileAnchors, requireStoreLog, type StoreLog, treeOf } from "./store-log.js";

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
      const keys = await logKeys(at.support, at.log);
      const logs = await at.support.logs();
      const forked = await forkedText(storage, at);
      const document = {
        ...status,
        state: forked === null ? "open" : "forked",
        forked,
        logs: logs.map(({ log, origin, size }) => ({ log, origin, size })),
        keys,
        waiting: { events: waiting.events.length, more: waiting.more },
        anchors: await newestReceipts(at),
        verification: await lastVerification(storage, at),
      };
      if (context.json) {
        await context.out.line(formatJson(document));
        return EXIT.ok;
      }
      const more = waiting.more ? "at least " : "";
      const fields: Field[] = [
        ["log", logs.length === 1 ? status.origin : `${status.origin}, log ${logs.length} of this store`],
        ...(forked === null ? [] : [["forked", `nothing is signed: ${forked}`] as Field]),
        ["leaves", formatCount(status.size)],
        ["not sealed yet", `${more}${formatCount(waiting.events.length)} (${lagText(status.lagMs)})`],
        ["signed", checkpointText(status.checkpoint, now)],
        ...keys.map(({ vkey, from, to }): Field => ["key", `${vkey} ${periodText(from, to)}`]),
        ...document.anchors.map(
          ({ kind, where, size, at: when }): Field => [
            "anchor",
            `${kind} ${where}: ${formatCount(size)} leaves, ${formatRelative(when, now)}`,
          ],
        ),
        ["anchors", document.anchors.length === 0 ? "none: see aasm evidence anchor" : undefined],
        ["verified", verifiedText(document.verification, now)],
      ];
      await context.out.write(renderFields(fields, context.style));
      return EXIT.ok;
    },
    { readsOnly: true },
  );
}

/** What contradicts the log at its file anchors; null where nothing does, or they cannot be asked. */
async function forkedText(storage: StorageBackend, at: StoreLog): Promise<string | null> {
  const { findings } = await checkAnchors(at.log, await fileAnchors(at, []), { tree: await treeOf(storage, at) });
  return findings[0]?.detail ?? null;
}

/** The last one of the log that has ended, as its runner told it. */
async function lastVerification(storage: StorageBackend, { log }: StoreLog): Promise<VerificationRecord | null> {
  const known = await verificationRecords(storage, MAX_EVIDENCE_LIMIT);
  return known.find((one) => one.log === log.log && one.state === "ended") ?? null;
}

function verifiedText(record: VerificationRecord | null, now: number): string {
  if (record === null) return "never: see aasm evidence verify";
  const { verdict, findingCount, unchecked, from, to, startedAt, endedAt = startedAt, actor } = record;
  const found = {
    clean: "clean",
    findings: countText(findingCount, "finding"),
    unchecked: `could not be checked: ${unchecked.join("; ")}`,
  };
  const [since, until] = [from, to].map((time) => time?.toISOString());
  const range = [since && `from ${since}`, until && `to ${until}`].filter(Boolean).join(" ") || "the whole log";
  return `${found[verdict ?? "unchecked"]}, ${range}, ${formatRelative(endedAt, now)} by ${actor}`;
}

function periodText(from: number, to: number | null): string {
  if (to === null) return from === 0 ? "signs" : `signs from ${formatCount(from)} leaves on`;
  return `signed up to ${formatCount(to)} leaves`;
}

async function newestReceipts({ support, log }: StoreLog): Promise<AnchorStatus[]> {
  const newest = new Map<string, AnchorStatus>();
  for (const { kind, target, size, at } of await support.anchors(MAX_EVIDENCE_LIMIT, log.log)) {
    const name = `${kind} ${target}`;
    if (!newest.has(name)) newest.set(name, { kind, where: target, size, at: new Date(at) });
  }
  return [...newest.values()];
}
