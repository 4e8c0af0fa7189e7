import { configErrors } from "../problem.js";
import type { ConfigSources, ConfigTree } from "../sources.js";
import { explainIssues } from "./explain.js";
import { configSchema, type ParsedConfig } from "./schema.js";

/** @throws `invalid_argument` naming each key, its value and what is allowed */
export async function parseTree(tree: ConfigTree, sources: ConfigSources): Promise<ParsedConfig> {
  const parsed = await configSchema.safeParseAsync(tree);
  if (!parsed.success) throw configErrors(explainIssues(parsed.error.issues, tree, sources));
  return parsed.data;
}
