import { hostname } from "node:os";
import { createSealer } from "@agent-assembly/evidence";
import { type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { escapeText } from "../../terminal/escape.js";
import { eventsText, formatCount, formatTime } from "../../terminal/format.js";
import { formatJson } from "../../terminal/json.js";
import { makeKeyFile, type NewKey, signingKey } from "./keys/signing-key.js";

interface InitOptions {
  readonly key?: string;
  readonly name?: string;
}

export async function evidenceInit(context: Context, options: InitOptions): Promise<ExitCode> {
  const { key: file, name } = options;
  if (file === undefined && name !== undefined) {
    throw new UsageError("--name is that of a new key; name the file to make with --key");
  }
  const existing = file === undefined ? await signingKey(context, {}) : undefined;
  if (file === undefined && existing === undefined) {
    throw new UsageError("name the file to make for the secret key with --key");
  }
  return context.withStorage(
    async (storage) => {
      await refuseSecond(storage);
      const path = file === undefined ? undefined : context.resolvePath(file);
      const made = path === undefined ? undefined : await makeKeyFile(path, name ?? `${hostname()}/audit`);
      const key = made?.key ?? existing;
      const begun = new Date(context.now());
      const sealer = createSealer(storage, { key });
      await discarding(made, async () => {
        if (!(await sealer.init())) throw sealedAlready();
      });
      const { events, size, checkpoint } = await sealer.sealOnce({ signal: context.signal });
      const document = {
        origin: key?.name,
        verifierKey: key?.verifierKey,
        keyFile: path ?? null,
        events,
        size,
        checkpoint: checkpoint ?? null,
        protectedFrom: begun,
      };
      if (context.json) await context.out.line(formatJson(document));
      else await context.out.write(describe(document));
      return EXIT.ok;
    },
    { writes: true, endsBetweenSteps: true },
  );
}

async function refuseSecond({ evidenceSupport, name }: StorageBackend): Promise<void> {
  if (evidenceSupport === undefined) {
    throw new StorageError({ code: "unsupported", message: `a ${name} store keeps no evidence` });
  }
  if ((await evidenceSupport.log()) !== undefined) throw sealedAlready();
}

function sealedAlready(): StorageError {
  return new StorageError({
    code: "conflict",
    message: "the events of this store are sealed already",
    remedy: "Run aasm evidence status to see its log.",
  });
}

/** A key that no log has is not left behind. */
async function discarding(made: NewKey | undefined, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await made?.discard();
    throw error;
  }
}

interface Begun {
  readonly origin: string | undefined;
  readonly verifierKey: string | undefined;
  readonly keyFile: string | null;
  readonly events: number;
  readonly size: number;
  readonly protectedFrom: Date;
}

function describe({ origin = "", verifierKey = "", keyFile, events, size, protectedFrom }: Begun): string {
  const lines = [
    ...(keyFile === null ? [] : [`Secret key    ${keyFile}: move it away from the store, and keep a copy.`]),
    `Verifier key  ${verifierKey}`,
    `Sealed ${eventsText(events)} into the log ${origin}, now of ${formatCount(size)} leaves.`,
    `Protected from ${formatTime(protectedFrom)} on: what happened to events before shows nowhere.`,
    "Next: aasm evidence seal --watch seals what comes. Publish the verifier key, and bring checkpoints to another place.",
  ];
  return lines.map((line) => `${escapeText(line)}\n`).join("");
}
