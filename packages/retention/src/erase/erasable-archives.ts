import {
  type ArchiveErasurePlan,
  type ArchiveErasureReport,
  type ErasableArchive,
  isStorageError,
  type StorageBackend,
  StorageError,
} from "@agent-assembly/storage-core";
import { type ArchiveErasureRequest, type ErasureSupport, errorInit } from "@agent-assembly/storage-core/backend";
import type { Archive, ReviseOptions } from "../archive/archive.js";
import type { ArchiveManifest } from "../archive/manifest/manifest.js";
import { openArchive as openOne } from "../archive/open-archive.js";
import type { OpenArchive } from "../run/archives.js";
import { LeaseKeeper } from "../run/lease-keeper.js";
import { RETENTION_LEASE } from "../run/run-retention.js";
import { ErasingRows } from "./erasing-rows.js";

/** Options of {@link erasableArchives}. */
export interface ErasableArchivesOptions {
  /** How archives are opened; default `openArchive(url)`. */
  readonly openArchive?: OpenArchive | undefined;
  /** URLs of archives with events of the store that its catalog does not have. @default none */
  readonly urls?: readonly string[] | undefined;
}

const LEASE_MS = 60_000;
const MAX_REASON = 512;
/** What says that an archive cannot be changed, rather than that this failed. */
const AWAY = ["permission_denied", "not_found", "unavailable", "timeout", "unsupported", "invalid_argument"];

/**
 * The archives of a store, as the `archives` of `storage.erase` and `storage.planErasure`: parts of events are taken out of their files,
 * too. An archive that cannot be opened or written, and files that Object Lock keeps, are named in the plan and in the result.
 * @throws `unsupported` for a store that cannot erase
 * @example
 * ```ts
 * import { erasableArchives } from "@agent-assembly/retention";
 * import type { StorageBackend } from "@agent-assembly/storage-core";
 *
 * export async function eraseSession(storage: StorageBackend, sessionId: string): Promise<readonly string[]> {
 *   const request = { filter: { sessionId }, parts: ["sessionId", "payload"], request: "R1", basis: "Art. 17(1)(b)" };
 *   const { remains } = await storage.erase(request, { archives: await erasableArchives(storage) });
 *   return remains;
 * }
 * ```
 */
export async function erasableArchives(
  storage: StorageBackend,
  { openArchive = (url) => openOne(url), urls = [] }: ErasableArchivesOptions = {},
): Promise<ErasableArchive[]> {
  const support = storage.erasureSupport;
  if (support === undefined) {
    throw new StorageError({
      code: "unsupported",
      message: `a ${storage.name} store cannot erase parts of events`,
      remedy: "Use a backend with the capability erasure.",
    });
  }
  const records = (await storage.retentionSupport.archives()).filter(({ dataset }) => dataset === "audit");
  const all = new Set([...records.map(({ url }) => url), ...urls]);
  return [...all].map((url) => new StoreArchive(url, storage, support, openArchive));
}

class StoreArchive implements ErasableArchive {
  constructor(
    readonly url: string,
    private readonly storage: StorageBackend,
    private readonly support: ErasureSupport,
    private readonly openArchive: OpenArchive,
  ) {}

  async plan(request: ArchiveErasureRequest): Promise<ArchiveErasurePlan> {
    const rows = await this.#rows(request);
    const sums = { events: 0, files: 0, archiveIds: [] as string[], remains: [] as string[] };
    await this.#withArchive(sums.remains, async (archive) => {
      for await (const manifest of archive.manifests(rangeOf(request))) {
        const options = this.#options(request, (some) => rows.without(some));
        const found = await archive.planRevision(manifest, options);
        sums.archiveIds.push(manifest.archiveId);
        sums.events += found.rows;
        sums.files += found.files;
        sums.remains.push(...found.remains);
      }
    });
    return { url: this.url, ...sums, refusals: rows.refusals };
  }

  async erase(request: ArchiveErasureRequest): Promise<ArchiveErasureReport> {
    const rows = await this.#rows(request);
    const sums = { events: 0, files: 0, archiveIds: [] as string[], remains: [] as string[] };
    await this.#withArchive(sums.remains, (archive) =>
      // A run of retention verifies and finishes what it archived.
      this.#asOwner(request.signal, async (signal) => {
        const manifests: ArchiveManifest[] = [];
        for await (const manifest of archive.manifests(rangeOf(request))) manifests.push(manifest);
        for (const manifest of manifests) {
          const options = this.#options({ ...request, signal }, (some) => rows.marked(some));
          const done = await archive.revise(manifest, options);
          sums.archiveIds.push(manifest.archiveId);
          sums.events += done.rows;
          sums.files += done.files;
          sums.remains.push(...done.remains);
        }
      }),
    );
    return { url: this.url, ...sums };
  }

  async #rows({ parts }: ArchiveErasureRequest): Promise<ErasingRows> {
    return new ErasingRows(this.support, await this.storage.holds.list(), parts);
  }

  #options(
    { erasureId, filter, request, signal }: ArchiveErasureRequest,
    change: ReviseOptions["change"],
  ): ReviseOptions {
    const about = erasureId === undefined ? "planned" : `erasure ${erasureId}`;
    return { filter, change, reason: `${about}, request ${request}`.slice(0, MAX_REASON), signal };
  }

  /** @param remains told of an archive that cannot be opened or written */
  async #withArchive(remains: string[], work: (archive: Archive) => Promise<void>): Promise<void> {
    try {
      await using archive = await this.openArchive(this.url);
      await work(archive);
    } catch (error) {
      if (!isStorageError(error) || !AWAY.includes(error.code)) throw error;
      remains.push(`${this.url}: the archive cannot be changed: ${errorInit(error).message}`);
    }
  }

  async #asOwner(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const lease = await LeaseKeeper.acquire(this.storage.retentionSupport, RETENTION_LEASE, LEASE_MS);
    if (lease === undefined) {
      throw new StorageError({
        code: "busy",
        message: "another process is applying retention to this store, so that its archives cannot be changed",
        remedy: "Wait until it ends or its lease expires, and ask for the same erasure again.",
      });
    }
    try {
      await work(signal === undefined ? lease.lost : AbortSignal.any([lease.lost, signal]));
    } finally {
      await lease[Symbol.asyncDispose]();
    }
  }
}

function rangeOf({ filter: { from, to } }: ArchiveErasureRequest) {
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}
