import { isStorageError } from "@agent-assembly/storage-core";

/** Nothing that is asked for in one input takes so long. */
const ANSWER_MS = 60_000;

/**
 * Waits for an answer, and takes a refusal for one.
 * @returns the code of the refusal; `undefined` for an answer
 * @throws Error for a defect: no answer, the code `internal`, or an error that is none of the library's
 */
export async function answered(what: string, call: () => unknown): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no answer within ${ANSWER_MS} ms`)), ANSWER_MS);
  });
  const answer = async (): Promise<string | undefined> => {
    try {
      await call();
      return undefined;
    } catch (error) {
      if (!isStorageError(error)) throw new Error(`${what}: unclassified ${describe(error)}`, { cause: error });
      if (error.code === "internal") throw new Error(`${what}: internal: ${error.message}`, { cause: error });
      return error.code;
    }
  };
  try {
    return await Promise.race([answer(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The first items of an iterable. */
export async function take(items: AsyncIterable<unknown>, count: number): Promise<void> {
  let taken = 0;
  for await (const _ of items) if (++taken >= count) return;
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : typeof error;
}
