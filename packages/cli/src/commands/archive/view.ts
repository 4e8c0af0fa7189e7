import type { ArchiveManifest, FileReport, RestoreResult } from "@agent-assembly/retention";
import type { LegalHold } from "@agent-assembly/storage-core";
import { escapeText } from "../../terminal/escape.js";
import { countText, eventsText, formatBytes, formatCount, formatDay, formatSecond } from "../../terminal/format.js";
import type { Style } from "../../terminal/style.js";
import { renderTable } from "../../terminal/table.js";
import { scopeText } from "../retention/view-hold.js";

export function renderManifests(
  url: string,
  manifests: readonly ArchiveManifest[],
  width: number | undefined,
  style: Style,
): string {
  if (manifests.length === 0) return `${escapeText(url)} holds nothing in that range.\n`;
  const table = renderTable(
    manifests,
    [
      { title: "FROM", value: ({ partition }) => formatDay(partition.from), fixed: true },
      { title: "TO", value: ({ partition }) => formatDay(partition.to), fixed: true },
      { title: "EVENTS", value: ({ rows }) => formatCount(rows), align: "right", fixed: true },
      { title: "BYTES", value: ({ bytes }) => formatBytes(bytes), align: "right", fixed: true },
      { title: "FILES", value: ({ files }) => formatCount(files.length), align: "right", fixed: true },
      { title: "ARCHIVED", value: ({ createdAt }) => formatSecond(createdAt), fixed: true },
      { title: "ID", value: ({ archiveId }) => archiveId, fixed: true },
      { title: "WHY", value: ({ reason }) => reason },
    ],
    width,
    style,
  );
  const rows = manifests.reduce((sum, one) => sum + one.rows, 0);
  const bytes = manifests.reduce((sum, one) => sum + one.bytes, 0);
  const total = `${eventsText(rows)} (${formatBytes(bytes)}) in ${escapeText(url)}`;
  return `${table}${style.dim(total)}\n`;
}

export interface Verified {
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
  /** Those that are not as they were written. */
  readonly damaged: readonly FileReport[];
}

export function renderVerified(
  url: string,
  { files, rows, bytes, damaged }: Verified,
  width: number | undefined,
  style: Style,
): string {
  if (damaged.length === 0) {
    const what =
      files === 0 ? "nothing to verify" : `${filesText(files)} with ${eventsText(rows)} (${formatBytes(bytes)})`;
    return `${style.green("ok")} ${what} in ${escapeText(url)}\n`;
  }
  const table = renderTable(
    damaged,
    [
      { title: "FILE", value: ({ path }) => path, fixed: true },
      { title: "STATUS", value: ({ status }) => status, fixed: true, style: () => style.red },
      { title: "EVENTS", value: (file) => formatCount(file.rows), align: "right", fixed: true },
      { title: "WHY", value: ({ reason }) => reason },
    ],
    width,
    style,
  );
  const lost = damaged.reduce((sum, file) => sum + file.rows, 0);
  const which = `${formatCount(damaged.length)} of ${filesText(files)} in ${escapeText(url)}`;
  const what =
    damaged.length === 1
      ? `is not as it was written (${eventsText(lost)}); put it back from a copy`
      : `are not as they were written (${eventsText(lost)}); put them back from a copy`;
  return `${table}${style.red("!")} ${which} ${what}\n`;
}

function filesText(count: number): string {
  return countText(count, "file");
}

export function renderRestore(
  url: string,
  { inserted, duplicates, conflicts }: RestoreResult,
  hold: LegalHold | undefined,
  style: Style,
): string {
  const already = duplicates === 0 ? "" : `; stored already: ${formatCount(duplicates)}`;
  const lines = [`Restored ${eventsText(inserted)} from ${escapeText(url)}${already}.`];
  if (conflicts > 0) {
    lines.push(
      `${style.red("!")} Left out: ${formatCount(conflicts)}. The store has other events of the same time and id, which stay.`,
    );
  }
  if (hold !== undefined) {
    lines.push(escapeText(`Legal hold ${hold.holdId} keeps ${scopeText(hold)} until it is released.`));
  } else if (inserted + duplicates > 0) {
    lines.push(
      style.dim("The next retention run takes them again where the rules still say so; --hold REASON keeps them."),
    );
  }
  return lines.map((line) => `${line}\n`).join("");
}
