import { isStorageError, StorageError } from "@agent-assembly/storage-core";
import type { StoredFile } from "../destinations/destination.js";
import { damaged } from "../errors.js";
import type { ArchivedFile } from "../manifest/manifest.js";
import { type ArchivedRow, type RowDecoder, rowDecoder } from "./columns.js";
import { decodeColumn } from "./decode-column.js";
import { isForeignParquet } from "./file-metadata.js";
import { type ColumnPlan, cannotDecode, type GroupPlan, inGroup, parseFooter } from "./footer.js";
import { PageWalk } from "./page-walk.js";
import { sha256 } from "./row-group-bytes.js";
import { checkBytes } from "./whole-file.js";

/**
 * Reads one archived Parquet file, a row group at a time. Nothing is decoded whose digest was not checked, and nothing
 * that is larger than archived files are: an archive may have been written to do harm.
 */
export class ParquetFile {
  readonly #decode: RowDecoder;

  private constructor(
    private readonly file: StoredFile,
    private readonly expected: ArchivedFile,
    /** In file order. */
    readonly groups: readonly GroupPlan[],
    private readonly place: string,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.#decode = rowDecoder((groups[0]?.keys ?? []).map(({ name }) => name));
  }

  /**
   * Reads the footer, which says how many rows there are.
   * @param place names the file in messages
   * @throws `corrupt` when it is damaged, not ours or not what the manifest says; `unsupported` when it is of newer software
   */
  static async open(
    file: StoredFile,
    expected: ArchivedFile,
    place: string,
    signal: AbortSignal | undefined,
  ): Promise<ParquetFile> {
    const footer = await checkedFooter(file, expected, place, signal);
    return new ParquetFile(file, expected, parseFooter(footer, expected, place), place, signal);
  }

  /**
   * Reads all bytes, compares their digest, and checks that the pages have the rows that the footer says.
   * @throws `corrupt`
   */
  async verify(): Promise<void> {
    const walk = new PageWalk(this.groups);
    const { file, expected, place, signal } = this;
    // What is wrong with the digest is wrong with the pages as well, and says more.
    let problem: unknown;
    await checkBytes(file, expected, place, signal, (bytes) => {
      if (problem !== undefined) return;
      try {
        walk.push(bytes);
      } catch (error) {
        problem = error;
      }
    });
    try {
      if (problem !== undefined) throw problem;
      walk.finish();
    } catch (error) {
      throw cannotDecode(place, error);
    }
  }

  /**
   * The events of a row group that `wanted` takes, in file order.
   * @param wanted gets events without their payload; where it takes none, the payloads are not read
   */
  async read(group: GroupPlan, wanted: (event: ArchivedRow) => boolean): Promise<ArchivedRow[]> {
    const keys = await this.#columns(group, group.keys, 0);
    const taken: { readonly event: ArchivedRow; readonly row: number }[] = [];
    const { minTs, maxTs } = this.expected;
    const [min, max] = [minTs.getTime(), maxTs.getTime()];
    for (let row = 0; row < group.rows; row++) {
      const event = this.#decode(keys, row, null);
      if (event.ts < min || event.ts > max) {
        throw damaged(this.place, `row group ${group.index} has an event outside of the times in the manifest`);
      }
      if (wanted(event)) taken.push({ event, row });
    }
    if (taken.length === 0) return [];
    const [payloads = []] = await this.#columns(group, [group.payload], 1);
    return taken.map(({ event, row }) => {
      const payload = payloads[row] as string | null;
      return payload === null ? event : { ...event, payload };
    });
  }

  async #columns(group: GroupPlan, columns: readonly ColumnPlan[], piece: 0 | 1): Promise<unknown[][]> {
    const from = columns[0]?.start ?? 0;
    // One request instead of one for each column.
    const bytes = await this.file.read(from, columns.at(-1)?.end ?? from, this.signal);
    if (sha256(bytes) !== group.digests[piece]) throw damaged(this.place, `row group ${group.index} is altered`);
    try {
      return columns.map((column) => inGroup(group.index, () => decodeColumn(bytes, from, column), column.name));
    } catch (error) {
      throw isStorageError(error) ? error : cannotDecode(this.place, error);
    }
  }
}

async function checkedFooter(
  file: StoredFile,
  { bytes, footer }: ArchivedFile,
  place: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const found = await file.read(Math.max(0, file.bytes - footer.bytes), file.bytes, signal);
  if (file.bytes === bytes && sha256(found) === footer.sha256) return found;
  if (isForeignParquet(found)) {
    throw new StorageError({
      code: "corrupt",
      location: { kind: "file", place },
      message: "it is a Parquet file that another program wrote",
      remedy: "Restore the archived file from a copy.",
    });
  }
  throw damaged(
    place,
    file.bytes === bytes ? "its end is altered" : `it has ${file.bytes} bytes and should have ${bytes}`,
  );
}
