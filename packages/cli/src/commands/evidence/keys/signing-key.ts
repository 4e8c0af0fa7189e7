import { open, rm, stat } from "node:fs/promises";
import { generateSignerKey, type KeyPairSigner, parseSignerKey } from "@agent-assembly/evidence";
import { isStorageError, StorageError } from "@agent-assembly/storage-core";
import { fileError, readInput } from "@agent-assembly/storage-core/backend";
import type { Context } from "../../../context.js";
import { UsageError } from "../../../exit.js";
import { parseWith } from "../parse-with.js";

const VARIABLE = "AAASM_EVIDENCE_KEY";
const FILE_VARIABLE = "AAASM_EVIDENCE_KEY_FILE";
/** A key has about 150 bytes. */
const MAX_BYTES = 4096;
/** Bits of a mode that are not of the owner and the group. */
const OTHERS = 0o007;
/** Where container platforms put secrets, readable for all users of a container, which has one. */
const CONTAINER_SECRETS = /^(?:\/var)?\/run\/secrets\//;

/**
 * The secret key that signs checkpoints, from the option or the environment; `undefined` where none names one.
 * @throws UsageError for a key that is given twice; `permission_denied` for a file that others can read; `invalid_argument` for what
 *   is no key
 */
export async function signingKey(
  context: Context,
  { key }: { readonly key?: string },
): Promise<KeyPairSigner | undefined> {
  if (key !== undefined) return readKeyFile(context.resolvePath(key));
  const [text = "", file = ""] = [context.env[VARIABLE], context.env[FILE_VARIABLE]];
  if (text !== "" && file !== "")
    throw new UsageError(`${VARIABLE} and ${FILE_VARIABLE} are both set; unset one of them`);
  if (text !== "") return parse(text.trim(), `the variable ${VARIABLE}`);
  return file === "" ? undefined : readKeyFile(context.resolvePath(file));
}

/** {@link signingKey}, where there must be one. @throws UsageError */
export async function requireSigningKey(context: Context, options: { readonly key?: string }): Promise<KeyPairSigner> {
  const key = await signingKey(context, options);
  if (key !== undefined) return key;
  throw new UsageError(
    `there is no key to sign with; name its file with --key or ${FILE_VARIABLE}, or set ${VARIABLE}`,
  );
}

/** A key in a file that was made for it. */
export interface NewKey {
  readonly key: KeyPairSigner;
  /** Removes the file again. */
  discard(): Promise<void>;
}

/** The key in a file, which is made where it is not there. @param name of the log */
export async function keyInFile(path: string, name: string): Promise<NewKey> {
  try {
    return await makeKeyFile(path, name);
  } catch (error) {
    if (!isStorageError(error, "conflict")) throw error;
    return { key: await readKeyFile(path), discard: async () => undefined };
  }
}

/** @param name of the log @throws UsageError for a name that no log can have; `conflict` for a file that is there */
export async function makeKeyFile(path: string, name: string): Promise<NewKey> {
  const pair = parseWith("--name", () => generateSignerKey(name));
  try {
    await using file = await open(path, "wx", 0o600);
    await file.writeFile(`${pair.signerKey}\n`);
    await file.sync();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw fileError(error, path);
    throw new StorageError({
      code: "conflict",
      message: `${path} is there already, and a key is never overwritten`,
      remedy: `Name another file, or leave out --key and name this one with ${FILE_VARIABLE} to use the key in it.`,
    });
  }
  return { key: parseSignerKey(pair.signerKey), discard: () => rm(path, { force: true }) };
}

async function readKeyFile(path: string): Promise<KeyPairSigner> {
  try {
    await refuseShared(path);
    const location = { kind: "file", place: path };
    const bytes = await readInput(path, { links: "follow", location }, { pipes: "given", maxBytes: MAX_BYTES });
    return parse(Buffer.from(bytes).toString().trim(), path);
  } catch (error) {
    throw isStorageError(error) ? error : fileError(error, path);
  }
}

async function refuseShared(path: string): Promise<void> {
  if (process.platform === "win32" || CONTAINER_SECRETS.test(path)) return;
  const about = await stat(path);
  if (!about.isFile() || (about.mode & OTHERS) === 0) return;
  const mode = (about.mode & 0o7777).toString(8).padStart(4, "0");
  throw new StorageError({
    code: "permission_denied",
    message: `others can read or change the key file ${path}, which has mode ${mode}`,
    remedy: "Run chmod 0600 on it. If others may have read the key, make a new one.",
  });
}

/** The message repeats nothing of the text. */
function parse(text: string, place: string): KeyPairSigner {
  try {
    return parseSignerKey(text);
  } catch (error) {
    if (!isStorageError(error)) throw error;
    throw new StorageError({
      code: "invalid_argument",
      message: `what ${place} holds is no key: it must be PRIVATE+KEY+NAME+ID+KEY, as aasm evidence init makes it`,
    });
  }
}
