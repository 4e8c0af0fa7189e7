import { StorageError, type StorageErrorInit } from "@agent-assembly/storage-core";

/** What is wrong with a configuration; `option` is the path of the key. */
export type ConfigProblem = Omit<StorageErrorInit, "code" | "operation" | "backend"> &
  Partial<Pick<StorageErrorInit, "code">>;

/** An error about the configuration itself, not about a store; `invalid_argument` unless it says another code. */
export function configError(problem: ConfigProblem): StorageError {
  return new StorageError({ code: "invalid_argument", ...problem, operation: "config.load" });
}

/** Several problems as one error; one problem keeps its members. */
export function configErrors(problems: readonly ConfigProblem[]): StorageError {
  const [first] = problems;
  if (first !== undefined && problems.length === 1) return configError(first);
  const lines = problems.map((problem) => configError(problem).message);
  return configError({ message: `${lines.length} problems: ${lines.join("; ")}` });
}
