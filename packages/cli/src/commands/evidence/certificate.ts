import { type FileHandle, open, rm } from "node:fs/promises";
import { newestCheckpoint, proveStatement } from "@agent-assembly/evidence";
import { type ErasureResult, isStorageError, type StorageBackend } from "@agent-assembly/storage-core";
import { fileError } from "@agent-assembly/storage-core/backend";
import { formatJson } from "../../terminal/json.js";

/** What proves a statement about an erasure. */
interface ProvenStatement {
  readonly leaf: number;
  /** The text of a `.tlog-proof` file; absent where no checkpoint covers the statement yet. */
  readonly proof?: string;
}

/** What is handed to the one who asked for an erasure, and kept. Holds nothing of what was erased. */
export interface Certificate extends ErasureResult {
  readonly certificate: "agent-assembly-erasure";
  readonly v: 1;
  /** Absent where events are not sealed. */
  readonly evidence?: {
    readonly origin: string;
    /** The newest signed checkpoint; absent where none was signed. */
    readonly checkpoint?: string;
    readonly statements: readonly ProvenStatement[];
  };
}

export async function certificateOf(storage: StorageBackend, result: ErasureResult): Promise<Certificate> {
  const certificate = { certificate: "agent-assembly-erasure", v: 1, ...result } as const;
  const log = await storage.evidenceSupport?.log();
  if (storage.evidenceSupport === undefined || log === undefined) return certificate;
  const checkpoint = await unlessMissing(newestCheckpoint(storage.evidenceSupport, log.log));
  const statements: ProvenStatement[] = [];
  for (const leaf of result.statements) {
    const proven = await unlessMissing(proveStatement(storage, leaf));
    statements.push({ leaf, ...(proven !== undefined && { proof: proven.proof }) });
  }
  const note = checkpoint && { checkpoint: checkpoint.note };
  return { ...certificate, evidence: { origin: log.origin, ...note, statements } };
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isStorageError(error, "not_found")) return undefined;
    throw error;
  }
}

/** A new file for a certificate, made before anything is erased: what is erased for good must not lack its certificate. */
export class CertificateFile implements AsyncDisposable {
  #isWritten = false;

  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
  ) {}

  static async create(path: string): Promise<CertificateFile> {
    try {
      return new CertificateFile(path, await open(path, "wx"));
    } catch (error) {
      throw fileError(error, path);
    }
  }

  async write(certificate: Certificate): Promise<void> {
    try {
      await this.file.writeFile(`${formatJson(certificate)}\n`);
      await this.file.sync();
    } catch (error) {
      throw fileError(error, this.path);
    }
    this.#isWritten = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.file.close();
    if (!this.#isWritten) await rm(this.path, { force: true });
  }
}
