import { createSealer, type NoteSigner, newestCheckpoint, type SealReport } from "@agent-assembly/evidence";
import { type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { escapeText } from "../../terminal/escape.js";
import { eventsText, formatCount, formatSecond } from "../../terminal/format.js";
import { formatJson, formatJsonLine } from "../../terminal/json.js";
import { storeAnchors } from "./anchored.js";
import { requireSigningKey, signingKey } from "./keys/signing-key.js";
import { requireStoreLog } from "./store-log.js";

interface KeyOptions {
  readonly key?: string;
  readonly anchorFile?: readonly string[];
}

interface SealOptions extends KeyOptions {
  readonly once?: boolean;
  readonly watch?: boolean;
}

const NOT_ANCHORED = "an anchor failed, and sealing continues";

const WRITES = { writes: true, endsBetweenSteps: true } as const;

export async function evidenceSeal(context: Context, options: SealOptions): Promise<ExitCode> {
  if (options.once === true && options.watch === true) throw new UsageError("--once and --watch exclude each other");
  const key = await signingKey(context, options);
  if (key === undefined && options.anchorFile !== undefined)
    throw new UsageError("--anchor-file needs a key to sign with");
  if (options.watch === true) return watch(context, key, options);
  return context.withStorage(async (storage) => {
    const report = await sealerOf(context, storage, key, options).sealOnce({ signal: context.signal });
    await context.out.line(context.json ? formatJson(report) : sealText(report, key !== undefined));
    return EXIT.ok;
  }, WRITES);
}

/** Prints the note alone, as it is to be kept. */
export async function evidenceCheckpoint(context: Context, options: KeyOptions): Promise<ExitCode> {
  const key = await requireSigningKey(context, options);
  return context.withStorage(async (storage) => {
    const { sealed } = await sealerOf(context, storage, key, options).sealOnce({ signal: context.signal });
    if (!sealed) throw atWork();
    const { support, log } = await requireStoreLog(storage);
    const { size, note, at } = await newestCheckpoint(support, log.log);
    const document = { origin: log.origin, size, at: new Date(at), note };
    if (context.json) await context.out.line(formatJson(document));
    else await context.out.write(note);
    return EXIT.ok;
  }, WRITES);
}

async function watch(context: Context, key: NoteSigner | undefined, options: SealOptions): Promise<ExitCode> {
  context.endsBySigterm();
  return context.withStorage(
    async (storage) => {
      const { log } = await requireStoreLog(storage);
      const started = { origin: log.origin, size: log.size, signs: key !== undefined };
      await context.out.line(context.json ? formatJsonLine({ watching: started }) : escapeText(watchText(started)));
      await sealerOf(context, storage, key, options, {
        async signed({ size }) {
          const at = new Date(context.now());
          const line = `${formatSecond(at)} signed a checkpoint of ${formatCount(size)} leaves`;
          await context.out.line(context.json ? formatJsonLine({ checkpoint: { size, at } }) : line);
        },
        async onProblem({ code, message }) {
          const at = new Date(context.now());
          const line = `${formatSecond(at)} ${NOT_ANCHORED}: ${message}`;
          await context.out.line(context.json ? formatJsonLine({ problem: { code, message, at } }) : escapeText(line));
        },
      }).run({ signal: context.signal });
      return EXIT.ok;
    },
    { ...WRITES, staysOpen: true },
  );
}

interface Watching {
  signed(checkpoint: { readonly size: number }): Promise<void>;
  onProblem(problem: StorageError): Promise<void>;
}

/** A sealer that signs nothing behind the store's anchors, and those that were named. */
export function sealerOf(
  context: Context,
  storage: StorageBackend,
  key: NoteSigner | undefined,
  { anchorFile }: KeyOptions,
  watching?: Watching,
) {
  const anchors = storeAnchors(context, storage, anchorFile);
  return createSealer(storage, {
    key,
    // A restored backup would sign a second history.
    known: () => anchors.known(),
    onCheckpoint: async (checkpoint) => {
      await anchors.bring(checkpoint);
      await watching?.signed(checkpoint);
    },
    onProblem: watching?.onProblem,
  });
}

function sealText({ sealed, events, size, checkpoint }: SealReport, hasKey: boolean): string {
  if (!sealed) return `Another sealer is at work; the log has ${formatCount(size)} leaves.`;
  const grown = `Sealed ${eventsText(events)}; the log has ${formatCount(size)} leaves.`;
  if (checkpoint !== undefined) return `${grown} Signed a checkpoint of them.`;
  return `${grown} ${hasKey ? "Its newest checkpoint has them all." : "Nothing is signed without a key: see --key."}`;
}

function watchText({
  origin,
  size,
  signs,
}: {
  readonly origin: string;
  readonly size: number;
  readonly signs: boolean;
}): string {
  const how = signs ? "with a checkpoint a minute" : "without signing: see --key";
  return `Sealing the log ${origin} of ${formatCount(size)} leaves, ${how}; Ctrl-C ends it.`;
}

function atWork(): StorageError {
  return new StorageError({
    code: "busy",
    message: "another sealer is at work",
    remedy: "It signs checkpoints itself; aasm evidence status shows the newest one.",
  });
}
