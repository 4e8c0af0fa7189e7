import {
  type EvidenceLog,
  type EvidenceSupport,
  type RestoredEvent,
  toAuditEvent,
} from "@agent-assembly/storage-core/backend";
import type { RestoreStatement } from "../leaf/entry.js";
import { leafListDigest } from "../leaf/leaf-list.js";
import { LeafRuns } from "../leaf/leaf-runs.js";
import { storedTiles } from "../log/stored-tiles.js";
import { hashFromBase64 } from "../support/bytes.js";
import { TreeReader } from "../tree/reader.js";
import { compareWithLeaf } from "./compare-leaf.js";
import { LeafReader } from "./leaf-reader.js";

/** What the log says of restored rows. */
export interface StatedRestore {
  readonly statement: RestoreStatement;
  /** Canonical JSON. */
  readonly list: string;
}

const LONGEST_TEXT = 512;

/**
 * The statements of rows that came back, one for each archive. A row that is not what its leaf stands for is not stated: a verification
 * finds it.
 * @param log whose tree has the leaves
 */
export async function stateRestored(
  support: EvidenceSupport,
  log: Pick<EvidenceLog, "log" | "size" | "root">,
  restored: readonly RestoredEvent[],
): Promise<StatedRestore[]> {
  const leaves = new LeafReader(support, log.log, new TreeReader(storedTiles(support, log.log), log));
  const archives = new Map<string, RestoredEvent[]>();
  for (const row of restored.toSorted((a, b) => a.leaf - b.leaf)) {
    if (row.log !== log.log || row.leaf >= log.size || !namesArchive(row)) continue;
    const found = await compareWithLeaf(leaves, row.leaf, toAuditEvent(row.event));
    if (found === "differs" || found === "erased") continue;
    const key = JSON.stringify([row.archive, row.manifest]);
    const rows = archives.get(key);
    if (rows === undefined) archives.set(key, [row]);
    else if (rows.at(-1)?.leaf !== row.leaf) rows.push(row);
  }
  return [...archives.values()].map(statementOf);
}

function namesArchive({ archive, manifest }: RestoredEvent): boolean {
  return archive.length > 0 && archive.length <= LONGEST_TEXT && hashFromBase64(manifest) !== undefined;
}

/** @param rows of one archive, ascending by leaf */
function statementOf(rows: readonly RestoredEvent[]): StatedRestore {
  const { archive, manifest } = rows[0] as RestoredEvent;
  const named = new LeafRuns();
  const days: Record<string, number> = {};
  for (const { leaf, event } of rows) {
    named.add(leaf);
    const day = new Date(event.ts).toISOString().slice(0, 10);
    days[day] = (days[day] ?? 0) + 1;
  }
  const at = new Date().toISOString();
  const statement = { t: "restore", v: 1, archive, at, days, leaves: leafListDigest(named.runs), manifest } as const;
  return { statement, list: JSON.stringify(named.runs) };
}
