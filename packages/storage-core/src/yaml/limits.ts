/** What a YAML document may hold. Beyond it the document is refused before the work that grows with it is done. */
export const YAML_LIMITS = Object.freeze({
  /** Characters of the text. */
  length: 1024 * 1024,
  /** Scalars, indicators, tags, anchors and aliases; comments and white space are not counted. */
  tokens: 250_000,
  anchors: 1000,
  aliases: 1000,
  /** Collections within collections. */
  depth: 200,
  /** Scalars and collections after every alias was replaced by what it stands for. */
  values: 250_000,
});
