import { relative } from "node:path";

/**
 * A line for each test file whose process ended before the file did: it exited, was killed or ran out of memory.
 *
 * @param root paths are shown relative to it
 * @param asked all files of the run
 * @param begun those that a process has begun
 * @param ended those that ran to their end, with whatever result
 */
export function deadFiles(
  root: string,
  asked: ReadonlySet<string>,
  begun: ReadonlySet<string>,
  ended: ReadonlySet<string>,
): string[] {
  return [...asked]
    .filter((file) => !ended.has(file))
    .map((file) => `${relative(root, file)}: its process ${begun.has(file) ? "ended in the middle of it" : "ended"}`);
}
