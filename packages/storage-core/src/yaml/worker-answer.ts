import type { YamlResult } from "./result.js";

type Value = Extract<YamlResult, { kind: "value" }>;

/** What the thread posts: the result, its value as JSON text. */
export type WorkerAnswer = Exclude<YamlResult, { kind: "value" }> | (Omit<Value, "value"> & { readonly value: string });
