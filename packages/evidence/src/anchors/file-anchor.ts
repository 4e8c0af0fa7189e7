import { createHash, randomUUID } from "node:crypto";
import { link, mkdir, open, readdir, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileError, RegularFile } from "@agent-assembly/storage-core/backend";
import type { Anchor, AnchoredHead } from "./anchor.js";
import { anchorName } from "./anchor.js";
import { anchoredHead, headOfNote, requireSameTree } from "./note-head.js";
import type { AnchorReceipt } from "./receipt.js";

const MAX_NOTE_BYTES = 1_000_000;
/** 2^53 leaves have 16 digits. */
const SIZE_DIGITS = 18;
/** A log's folder has folders of this many levels, each with at most 1,000 names. */
const LEVELS = SIZE_DIGITS / 3;

/** Options of {@link fileAnchor}. */
export interface FileAnchorOptions {
  /** @default the system's clock */
  readonly now?: (() => Date) | undefined;
}

/**
 * Keeps every checkpoint as a file, which is never replaced: in a folder beside the archive, best on storage of others that can
 * be written once, such as a share on which this account cannot delete.
 *
 * @example
 * ```ts
 * import { fileAnchor, TreeReader, type EvidenceSource, type Checkpoint } from "@agent-assembly/evidence";
 *
 * export async function keepCheckpoint(folder: string, source: EvidenceSource, head: Checkpoint): Promise<void> {
 *   const receipt = await fileAnchor(folder).put(await source.checkpoint(), new TreeReader(source, head));
 *   console.log(`kept at ${receipt.at.toISOString()}`);
 * }
 * ```
 */
export function fileAnchor(folder: string, { now = () => new Date() }: FileAnchorOptions = {}): Anchor {
  return new FileAnchor(resolve(folder), now);
}

class FileAnchor implements Anchor {
  readonly kind = "file";

  constructor(
    readonly where: string,
    private readonly now: () => Date,
  ) {}

  async put(checkpoint: string): Promise<AnchorReceipt> {
    const head = headOfNote(checkpoint);
    const place = join(this.#folderOf(head.origin), `${pathOf(head.size)}.checkpoint`);
    try {
      await mkdir(dirname(place), { recursive: true });
      await this.#create(place, checkpoint);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw fileError(error, this.where);
      requireSameTree(anchorName(this), await this.#read(place), head);
    }
    return { anchor: this.kind, at: this.now(), checkpoint, where: this.where };
  }

  /** The file is complete when it has its name, and no file that has the name is replaced. */
  async #create(place: string, checkpoint: string): Promise<void> {
    const staged = join(dirname(place), `.${randomUUID()}`);
    try {
      await using file = await open(staged, "wx");
      await file.writeFile(checkpoint);
      await file.sync();
      await link(staged, place);
    } finally {
      await rm(staged, { force: true }).catch(unlessKept);
    }
  }

  async newest(origin: string): Promise<AnchoredHead | undefined> {
    try {
      const place = await largestBelow(this.#folderOf(origin), LEVELS);
      return place === undefined ? undefined : anchoredHead(anchorName(this), await this.#read(place), origin);
    } catch (error) {
      throw fileError(error, this.where);
    }
  }

  async #read(place: string): Promise<Uint8Array> {
    const location = { kind: "file", place };
    await using file = await RegularFile.open(place, { links: "refuse", code: "corrupt", location });
    return await file.readAll(MAX_NOTE_BYTES);
  }

  /** Names of logs have characters that file names cannot have. */
  #folderOf(origin: string): string {
    return join(this.where, createHash("sha256").update(origin).digest("hex"));
  }
}

/** On storage where nothing can be deleted, the file keeps its first name beside the other. */
function unlessKept(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPERM" && error.code !== "EACCES") throw error;
}

/** `8200` is `000/000/000/000/008/200`. */
function pathOf(size: number): string {
  return (String(size).padStart(SIZE_DIGITS, "0").match(/.{3}/g) ?? []).join("/");
}

/** The file of the largest size. A folder that was made and not filled is passed over. */
async function largestBelow(folder: string, levels: number): Promise<string | undefined> {
  const pattern = levels === 1 ? /^\d{3}\.checkpoint$/ : /^\d{3}$/;
  for (const name of (await namesIn(folder))
    .filter((one) => pattern.test(one))
    .sort()
    .reverse()) {
    const place = join(folder, name);
    if (levels === 1) return place;
    const found = await largestBelow(place, levels - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
