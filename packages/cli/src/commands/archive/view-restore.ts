import type { RestoreResult } from "@agent-assembly/retention";
import type { LegalHold } from "@agent-assembly/storage-core";
import { escapeText } from "../../terminal/escape.js";
import { eventsText, formatCount } from "../../terminal/format.js";
import type { Style } from "../../terminal/style.js";
import { scopeText } from "../retention/view-holds.js";

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
