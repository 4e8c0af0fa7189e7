import { readFile, rename, rm, writeFile } from "node:fs/promises";
import type { VerifiedPart } from "@agent-assembly/evidence";
import { StorageError } from "@agent-assembly/storage-core";
import { fileError } from "@agent-assembly/storage-core/backend";

const EVERY_MS = 5000;

/** A file that says how far a verification came that was interrupted. It is gone when the verification ends. */
export class VerifyState {
  #keptAt = 0;

  private constructor(
    private readonly path: string,
    /** Of the verification that was interrupted. */
    readonly part: VerifiedPart | undefined,
  ) {}

  /** @throws `invalid_argument` for another file */
  static async open(path: string): Promise<VerifyState> {
    let text: string;
    try {
      text = await readFile(path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return new VerifyState(path, undefined);
      throw fileError(error, path);
    }
    return new VerifyState(path, parse(text, path));
  }

  /** Now and then. */
  async keep(part: VerifiedPart): Promise<void> {
    if (performance.now() - this.#keptAt < EVERY_MS && this.#keptAt > 0) return;
    this.#keptAt = performance.now();
    try {
      await writeFile(`${this.path}.new`, `${JSON.stringify(part)}\n`, { mode: 0o600 });
      await rename(`${this.path}.new`, this.path);
    } catch (error) {
      throw fileError(error, this.path);
    }
  }

  async discard(): Promise<void> {
    await rm(this.path, { force: true });
  }
}

function parse(text: string, path: string): VerifiedPart {
  let part: Partial<VerifiedPart> | null = null;
  try {
    part = JSON.parse(text) as Partial<VerifiedPart> | null;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const { origin, size, root } = part ?? {};
  if (typeof origin === "string" && typeof root === "string" && Number.isSafeInteger(size)) {
    return { origin, size: size as number, root };
  }
  throw new StorageError({
    code: "invalid_argument",
    message: `${path} is not the state of a verification`,
    remedy: "Name another file, or remove it.",
  });
}
