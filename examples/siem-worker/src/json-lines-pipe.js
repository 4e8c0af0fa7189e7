import { readFile, rename, writeFile } from "node:fs/promises";

/**
 * JSON lines on standard output, with the position in a file. What reads them may get the last event twice when the worker is
 * killed between the two, and drops it by its `eventId`; none is missing.
 */
export class JsonLinesPipe {
  /** @param {string} positionFile @param {string | undefined} position */
  constructor(positionFile, position) {
    this.positionFile = positionFile;
    /** Of the last event that was written; `undefined` when there was none. */
    this.position = position;
  }

  /** @param {string} positionFile */
  static async open(positionFile) {
    const text = await readFile(positionFile, "utf8").catch((error) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    return new JsonLinesPipe(positionFile, text);
  }

  /** @param {import("@agent-assembly/storage").AuditEvent} event @param {string} position */
  async write(event, position) {
    const line = `${JSON.stringify({ position, ...event })}\n`;
    // Resolves when the line was handed over, so a slow reader slows the worker down instead of filling its memory.
    await new Promise((resolve, reject) =>
      process.stdout.write(line, (error) => (error ? reject(error) : resolve(undefined))),
    );
    // A rename replaces the file at once, so that it is never half written.
    await writeFile(`${this.positionFile}.next`, position);
    await rename(`${this.positionFile}.next`, this.positionFile);
  }

  async close() {
    // Each line and its position were written already.
  }
}
