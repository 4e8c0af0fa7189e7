/** A mistake in a YAML text, and where it is. */
export interface YamlMistake {
  /** Such as `DUPLICATE_KEY`; never quotes the text, which may be confidential. */
  readonly code: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;
}

/** What a YAML text holds, or why it is refused. */
export type YamlResult =
  /** JSON, `null` for an empty text. `ambiguous` is the first scalar that a reader of YAML 1.1 takes for another value. */
  | { readonly kind: "value"; readonly value: unknown; readonly ambiguous?: YamlMistake }
  | { readonly kind: "mistake"; readonly mistake: YamlMistake }
  /** It is well-formed, and has something that JSON has not; the rest of a sentence that begins with its name. */
  | { readonly kind: "not_json"; readonly problem: string }
  /** It is over a limit; the rest of a sentence that begins with its name. */
  | { readonly kind: "too_large"; readonly problem: string };
