import { type KeyRotation, logKeys, rotateKey } from "@agent-assembly/evidence";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { actorName, parseText } from "../../../args/values.js";
import type { Context } from "../../../context.js";
import { EXIT, type ExitCode } from "../../../exit.js";
import { escapeText } from "../../../terminal/escape.js";
import { formatCount } from "../../../terminal/format.js";
import { formatJson } from "../../../terminal/json.js";
import { storeAnchors } from "../anchored.js";
import { requireStoreLog } from "../store-log.js";
import { keyInFile, type NewKey, requireSigningKey } from "./signing-key.js";

interface RotateOptions {
  readonly key?: string;
  readonly newKey: string;
  readonly reason?: string;
  readonly actor?: string;
  readonly anchorFile?: readonly string[];
}

export async function evidenceRotateKey(context: Context, options: RotateOptions): Promise<ExitCode> {
  const key = await requireSigningKey(context, options);
  const reason = options.reason === undefined ? undefined : parseText("--reason", options.reason, "why");
  const file = context.resolvePath(options.newKey);
  return context.withStorage(
    async (storage) => {
      const anchors = storeAnchors(context, storage, options.anchorFile);
      const made = await keyInFile(file, (await requireStoreLog(storage)).log.origin);
      const next = made.key;
      const rotated = await keepingNamed(storage, made, () =>
        rotateKey(storage, { key, next, known: () => anchors.known(), actor: actorName(options.actor), reason }),
      );
      await anchors.bring(rotated.checkpoint);
      const { leaf, checkpoint } = rotated;
      const document = { leaf, checkpoint: checkpoint.size, verifierKey: next.verifierKey, keyFile: file };
      const text = describe(rotated, { origin: next.name, verifierKey: next.verifierKey, file });
      if (context.json) await context.out.line(formatJson(document));
      else await context.out.write(text);
      return EXIT.ok;
    },
    { writes: true },
  );
}

/** A key that the log does not name is not left behind; one that it names signs it from here on. */
async function keepingNamed(
  storage: StorageBackend,
  made: NewKey,
  rotate: () => Promise<KeyRotation>,
): Promise<KeyRotation> {
  try {
    return await rotate();
  } catch (error) {
    const { support, log } = await requireStoreLog(storage);
    const isNamed = (await logKeys(support, log)).some(({ vkey }) => vkey === made.key.verifierKey);
    if (!isNamed) await made.discard();
    throw error;
  }
}

function describe(
  { leaf, checkpoint }: KeyRotation,
  { origin, verifierKey, file }: { readonly origin: string; readonly verifierKey: string; readonly file: string },
): string {
  const lines = [
    `Secret key    ${file}: move it away from the store, and keep a copy. Sealers need it from now on.`,
    `Verifier key  ${verifierKey}`,
    `The log ${origin} names it at leaf ${formatCount(leaf)}; both keys signed the checkpoint of ${formatCount(checkpoint.size)} leaves.`,
    "Publish the verifier key beside the old one. The old secret key signs nothing any more: destroy it, or lock it away.",
  ];
  return lines.map((line) => `${escapeText(line)}\n`).join("");
}
