import type { LoadedConfig } from "@agent-assembly/storage";
import type { Context } from "../../context.js";
import { escapeText } from "../../terminal/escape.js";

/** What is to be known of the file beside what it says, on stderr. */
export async function writeNotes({ err }: Context, { notes = [] }: LoadedConfig): Promise<void> {
  for (const note of notes) await err.line(`aasm: note: ${escapeText(note)}`);
}
