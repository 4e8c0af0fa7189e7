import { createSealer, forkLog, type LogFork, nextLogName, type SealReport } from "@agent-assembly/evidence";
import { actorName, parseText } from "../../../args/values.js";
import type { Context } from "../../../context.js";
import { EXIT, type ExitCode } from "../../../exit.js";
import { escapeText } from "../../../terminal/escape.js";
import { eventsText, formatCount } from "../../../terminal/format.js";
import { formatJson } from "../../../terminal/json.js";
import { storeAnchors } from "../anchored.js";
import { readNotes } from "../read-notes.js";
import { requireStoreLog } from "../store-log.js";
import { keyInFile } from "./signing-key.js";

interface ForkOptions {
  readonly reason: string;
  readonly key: string;
  readonly earlier?: readonly string[];
  readonly actor?: string;
  readonly anchorFile?: readonly string[];
}

export async function evidenceFork(context: Context, options: ForkOptions): Promise<ExitCode> {
  const reason = parseText("--reason", options.reason, "why");
  const file = context.resolvePath(options.key);
  return context.withStorage(
    async (storage) => {
      const before = await requireStoreLog(storage);
      const anchors = storeAnchors(context, storage, options.anchorFile);
      const anchored = (await anchors.known()).flatMap(({ note }) => note ?? []);
      const earlier = (await readNotes(context, options.earlier)).map(({ note }) => note);
      const made = await keyInFile(file, nextLogName(before.log));
      const { key } = made;
      let fork: LogFork;
      try {
        fork = await forkLog(storage, {
          key,
          reason,
          known: [...anchored, ...earlier],
          actor: actorName(options.actor),
        });
      } catch (error) {
        if ((await requireStoreLog(storage)).log.origin !== key.name) await made.discard();
        throw error;
      }
      const sealer = createSealer(storage, { key, onCheckpoint: (checkpoint) => anchors.bring(checkpoint) });
      const report = await sealer.sealOnce({ signal: context.signal });
      if (context.json) {
        await context.out.line(formatJson({ ...fork, ...report, verifierKey: key.verifierKey, keyFile: file }));
      } else await context.out.write(describe(fork, report, { verifierKey: key.verifierKey, file }));
      return EXIT.ok;
    },
    { writes: true, endsBetweenSteps: true },
  );
}

function describe(
  { origin, continues }: LogFork,
  { sealed, events, size }: SealReport,
  { verifierKey, file }: { readonly verifierKey: string; readonly file: string },
): string {
  const lines = [
    `Secret key    ${file}: move it away from the store, and keep a copy. Sealers need it from now on.`,
    `Verifier key  ${verifierKey}`,
    `The log ${origin} continues ${continues.origin} after its checkpoint of ${formatCount(continues.size)} leaves.`,
    sealed
      ? `Sealed ${eventsText(events)} anew; the log has ${formatCount(size)} leaves.`
      : "Another sealer is at work, which seals the events anew; sign the log with aasm evidence seal --once.",
    "Checkpoints of the log before stay valid for what they are of. Publish the new verifier key, and why the log was forked.",
  ];
  return lines.map((line) => `${escapeText(line)}\n`).join("");
}
