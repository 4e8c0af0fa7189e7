import { pathToFileURL } from "node:url";
import { onTestFinished } from "vitest";
import { DestinationArchive } from "../../../src/archive/destination-archive.js";
import { FileDestination } from "../../../src/archive/destinations/file-destination.js";
import type { FileSizes } from "../../../src/archive/write/segment-writer.js";
import type { Archive } from "../../../src/index.js";

export interface WatchedArchive {
  readonly opened: Archive;
  /** The Parquet file of each read so far: one for a file's end, one for a row group's keys, and one for its payloads. */
  readonly reads: string[];
}

/** An archive in a folder for one test, whose reads are noted. */
export async function watchedArchive(folder: string, sizes: FileSizes): Promise<WatchedArchive> {
  const reads: string[] = [];
  const destination = await FileDestination.open(pathToFileURL(folder).href, folder, "write");
  const open = destination.open.bind(destination);
  destination.open = async (path) => {
    const file = await open(path);
    const read = file.read.bind(file);
    file.read = (start, end, readSignal) => {
      if (path.endsWith(".parquet")) reads.push(path);
      return read(start, end, readSignal);
    };
    return file;
  };
  const opened = new DestinationArchive(destination, false, sizes);
  onTestFinished(() => opened.close());
  return { opened, reads };
}
