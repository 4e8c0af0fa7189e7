/** A parsed YAML document; what is wrong with it is in it, not thrown. */
export interface YamlDocument {
  readonly errors: readonly YamlProblem[];
  readonly warnings: readonly YamlProblem[];
  /** @throws `ReferenceError` where aliases expand to more than `maxAliasCount` nodes */
  toJS(options: { readonly maxAliasCount: number }): unknown;
}

/** One mistake. Its message may quote the text; its code does not. */
export interface YamlProblem {
  readonly code: string;
  /** Offsets in the text. */
  readonly pos: readonly [number, number];
  /** Where it is, counted from 1; absent unless errors are `pretty`. */
  readonly linePos?: readonly { readonly line: number; readonly col: number }[] | undefined;
}

/**
 * Parses YAML; a key that is given twice is an error. The parser is loaded with the first call: it is larger than all that
 * most processes do.
 * @param pretty whether mistakes have lines and columns
 */
export async function parseYaml(
  text: string,
  { pretty = false }: { readonly pretty?: boolean } = {},
): Promise<YamlDocument> {
  const { parseDocument } = await import("./parser.js");
  return parseDocument(text, { logLevel: "silent", uniqueKeys: true, prettyErrors: pretty }) as YamlDocument;
}
