import { createHash } from "node:crypto";
import { isStorageError, type StorageError } from "@agent-assembly/storage-core";
import { parseDate } from "@agent-assembly/storage-core/backend";
import type { ArchiveRange } from "../archive.js";
import type { Destination } from "../destinations/destination.js";
import { damaged } from "../errors.js";
import { readText } from "../parquet/whole-file.js";
import { MANIFEST_FOLDER, parseManifestPath } from "./layout.js";
import type { ArchiveManifest } from "./manifest.js";
import { parseManifest } from "./parse-manifest.js";

const DAY_MS = 86_400_000;
/** Manifests that are fetched ahead: each is one round trip. */
const AT_ONCE = 8;

export interface ManifestQuery extends ArchiveRange {
  readonly archiveId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Found = { readonly path: string } & ({ readonly manifest: ArchiveManifest } | { readonly error: StorageError });

/** Finds and reads manifests. */
export class ManifestReader {
  constructor(private readonly destination: Destination) {}

  /** Oldest partition first. @throws `corrupt`, `unsupported` */
  async *all(query: ManifestQuery): AsyncGenerator<ArchiveManifest> {
    for await (const found of this.tryAll(query)) {
      if ("error" in found) throw found.error;
      yield found.manifest;
    }
  }

  /** The same, with damaged manifests among them. */
  async *tryAll(query: ManifestQuery): AsyncGenerator<Found> {
    const paths = await this.#paths(query);
    const from = query.from === undefined ? Number.NEGATIVE_INFINITY : parseDate("from", query.from);
    const to = query.to === undefined ? Number.POSITIVE_INFINITY : parseDate("to", query.to);
    for (let next = 0; next < paths.length; next += AT_ONCE) {
      const batch = paths.slice(next, next + AT_ONCE);
      for (const found of await Promise.all(batch.map((path) => this.#read(path, query.signal)))) {
        if ("error" in found) yield found;
        else if (found.manifest.partition.from.getTime() < to && found.manifest.partition.to.getTime() > from)
          yield found;
      }
    }
  }

  /** SHA-256 of the file of a manifest, Base64; `undefined` where there is none. */
  async digestOf(archiveId: string, signal?: AbortSignal): Promise<string | undefined> {
    const [path] = await this.#paths({ archiveId, signal });
    if (path === undefined) return undefined;
    return createHash("sha256").update(await readText(this.destination, path, signal)).digest("base64");
  }

  /** By the day their partition begins; those that begin after the range are not read. */
  async #paths({ to, archiveId, signal }: ManifestQuery): Promise<string[]> {
    const paths = await this.destination.list(MANIFEST_FOLDER, signal);
    return paths.filter((path) => {
      const parsed = parseManifestPath(path);
      if (parsed === undefined || (archiveId !== undefined && parsed.archiveId !== archiveId)) return false;
      return to === undefined || Date.parse(parsed.date) < to.getTime();
    });
  }

  async #read(path: string, signal: AbortSignal | undefined): Promise<Found> {
    const place = `${this.destination.url}/${path}`;
    try {
      const manifest = parseManifest(await readText(this.destination, path, signal), place);
      const named = parseManifestPath(path);
      const begins = Math.floor(manifest.partition.from.getTime() / DAY_MS) * DAY_MS;
      if (manifest.archiveId !== named?.archiveId || begins !== Date.parse(named.date)) {
        throw damaged(place, "it is the manifest of another partition");
      }
      return { path, manifest };
    } catch (error) {
      if (isStorageError(error, "corrupt")) return { path, error };
      throw error;
    }
  }
}
