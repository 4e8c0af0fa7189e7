import {
  type ArchiveErasurePlan,
  type ArchiveErasureReport,
  type ErasableArchive,
  isStorageError,
  type StorageBackend,
  StorageError,
} from "@agent-assembly/storage-core";
import { type ArchiveErasureRequest, type ErasureSupport, errorInit } from "@agent-assembly/storage-core/backend";
import type { Archive, ReviseOptions, Revision } from "../archive/archive.js";
import type { ArchiveManifest } from "../archive/manifest/manifest.js";
import { openArchive as openOne } from "../archive/open-archive.js";
import type { OpenArchive } from "../run/archives.js";
import { LeaseKeeper } from "../run/lease-keeper.js";
import { RETENTION_LEASE } from "../run/run-retention.js";
import { ErasingRows, sealedOf } from "./erasing-rows.js";
import type { ArchiveErasureEvidence } from "./evidence.js";

/** Options of {@link erasableArchives}. */
export interface ErasableArchivesOptions {
  /** How archives are opened; default `openArchive(url)`. */
  readonly openArchive?: OpenArchive | undefined;
  /** URLs of archives with events of the store that its catalog does not have. @default none */
  readonly urls?: readonly string[] | undefined;
  /**
   * Of a store whose events are sealed: `erasureEvidence(storage)` of `@agent-assembly/evidence`. Without it, archives that carry
   * evidence are not changed, and named as what remains. @default none
   */
  readonly evidence?: ArchiveErasureEvidence | undefined;
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
  { openArchive = (url) => openOne(url), urls = [], evidence }: ErasableArchivesOptions = {},
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
  return [...all].map((url) => new StoreArchive(url, storage, support, openArchive, evidence));
}

class StoreArchive implements ErasableArchive {
  constructor(
    readonly url: string,
    private readonly storage: StorageBackend,
    private readonly support: ErasureSupport,
    private readonly openArchive: OpenArchive,
    private readonly evidence: ArchiveErasureEvidence | undefined,
  ) {}

  async plan(request: ArchiveErasureRequest): Promise<ArchiveErasurePlan> {
    const rows = await this.#rows(request);
    const sums = { events: 0, files: 0, archiveIds: [] as string[], remains: [] as string[] };
    await this.#withArchive(sums.remains, async (archive) => {
      for await (const manifest of archive.manifests(rangeOf(request))) {
        const refusal = this.#refusalOf(manifest);
        if (refusal !== undefined) {
          sums.remains.push(refusal);
          continue;
        }
        const options = this.#options(request, async (some) => (await rows.plan(some)).map(({ after }) => after));
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
          const done = await this.#eraseIn(archive, manifest, rows, { ...request, signal });
          if (typeof done === "string") {
            sums.remains.push(done);
            continue;
          }
          sums.archiveIds.push(manifest.archiveId);
          sums.events += done.rows;
          sums.files += done.files;
          sums.remains.push(...done.remains);
        }
      }),
    );
    return { url: this.url, ...sums };
  }

  /** @returns why it cannot be, for people */
  async #eraseIn(
    archive: Archive,
    manifest: ArchiveManifest,
    rows: ErasingRows,
    request: ArchiveErasureRequest,
  ): Promise<Revision | string> {
    const refusal = this.#refusalOf(manifest);
    if (refusal !== undefined) return refusal;
    if (manifest.evidence === undefined) {
      return archive.revise(
        manifest,
        this.#options(request, (some) => rows.marked(some)),
      );
    }
    const { request: name, basis, signal } = request;
    await using erasure = await this.evidence?.beginArchived({ request: name, basis, log: manifest.evidence, signal });
    if (erasure === undefined)
      return `${this.#nameOf(manifest)}: its events are sealed in another log than that of the store`;
    // What is stated must be known before any of it goes.
    const survey = this.#options(request, async (some) => {
      const plan = await rows.plan(some);
      await erasure.add(sealedOf(plan.flatMap(({ going }) => going ?? [])));
      return plan.map(({ after }) => after);
    });
    await archive.planRevision(manifest, survey);
    rows.requireNoRefusal();
    await erasure.announce();
    try {
      const options = this.#options(request, (some) => rows.marked(some, erasure));
      return await archive.revise(manifest, { ...options, seeds: (leaves) => erasure.seeds(leaves) });
    } finally {
      await erasure.done();
    }
  }

  #refusalOf(manifest: ArchiveManifest): string | undefined {
    if (manifest.evidence === undefined || this.evidence !== undefined) return undefined;
    return `${this.#nameOf(manifest)}: its events are sealed, and the option "evidence" is missing`;
  }

  #nameOf({ archiveId }: ArchiveManifest): string {
    return `${this.url}: the archive ${archiveId} cannot be changed`;
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
