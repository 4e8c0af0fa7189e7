import { type ConfigProblem, configErrors } from "../problem.js";
import type { ConfigSources, ConfigTree } from "../sources.js";
import { explainIssues } from "./explain.js";
import { configSchema, type ParsedConfig } from "./schema.js";

/**
 * @param others problems that were found before
 * @throws `invalid_argument` naming each key, its value and what is allowed
 */
export async function parseTree(
  tree: ConfigTree,
  sources: ConfigSources,
  others: readonly ConfigProblem[] = [],
): Promise<ParsedConfig> {
  const parsed = await configSchema.safeParseAsync(tree);
  const issues = parsed.success ? [] : explainIssues(parsed.error.issues, tree, sources);
  if (!parsed.success || others.length > 0) throw configErrors([...others, ...issues]);
  return parsed.data;
}
