import type { ParsedNode } from "yaml";
import { isExactNumber } from "../exact-json/number.js";
import { jsonProblem } from "../support/json.js";
import { YAML_LIMITS } from "./limits.js";
import { Composer, CST, isAlias, isCollection, isPair, isScalar, Lexer, Parser } from "./parser.js";
import type { YamlMistake, YamlResult } from "./result.js";

/** Ends the reading with what is wrong. */
class Refusal {
  constructor(readonly result: YamlResult) {}
}

/**
 * Reads one YAML document as JSON. The parser's own work grows with the square of anchors, aliases, keys of a mapping and
 * depth, so these are counted while the text is split into tokens, and duplicate keys are looked for here.
 */
export function readDocument(text: string): YamlResult {
  try {
    if (text.length > YAML_LIMITS.length) throw tooLarge(`has more than ${YAML_LIMITS.length} characters`);
    return compose(text, documentOf(text));
  } catch (refusal) {
    if (refusal instanceof Refusal) return refusal.result;
    throw refusal;
  }
}

type DocumentToken = CST.Token | undefined;

/** The tokens of the text as a tree. @throws Refusal */
function documentOf(text: string): readonly CST.Token[] {
  const parser = new Parser();
  const counts = new TokenCounts();
  const tokens: CST.Token[] = [];
  let document: DocumentToken;
  const take = (token: CST.Token): void => {
    if (token.type === "error") throw mistake(text, token.offset, "UNEXPECTED_TOKEN");
    // The end of a document that has not begun; it ends nothing.
    if (token.type === "doc-end" && document === undefined) return;
    if (token.type === "document") {
      if (document !== undefined) throw mistake(text, token.offset, "MULTIPLE_DOCS");
      document = token;
    }
    tokens.push(token);
  };
  for (const lexeme of new Lexer().lex(text)) {
    counts.add(lexeme);
    for (const token of parser.next(lexeme)) take(token);
    // The innermost is a scalar, the outermost the document.
    if (parser.stack.length > YAML_LIMITS.depth + 2)
      throw tooLarge(`is nested deeper than ${YAML_LIMITS.depth} levels`);
  }
  for (const token of parser.end()) take(token);
  return tokens;
}

class TokenCounts {
  #tokens = 0;
  #anchors = 0;
  #aliases = 0;
  #inScalar = false;

  /** @throws Refusal */
  add(lexeme: string): void {
    // A mark comes before the text of a scalar, which may begin like any other token.
    const isText = this.#inScalar;
    this.#inScalar = lexeme === CST.SCALAR;
    if (isText) return;
    const type = CST.tokenType(lexeme);
    if (type === "space" || type === "newline" || type === "comment") return;
    if (++this.#tokens > YAML_LIMITS.tokens) throw tooLarge(`has more than ${YAML_LIMITS.tokens} tokens`);
    if (type === "anchor" && ++this.#anchors > YAML_LIMITS.anchors) {
      throw tooLarge(`has more than ${YAML_LIMITS.anchors} anchors`);
    }
    if (type === "alias" && ++this.#aliases > YAML_LIMITS.aliases) {
      throw tooLarge(`has more than ${YAML_LIMITS.aliases} aliases`);
    }
  }
}

/** @throws Refusal */
function compose(text: string, tokens: readonly CST.Token[]): YamlResult {
  // Its own search for duplicate keys compares each key with all others.
  const composer = new Composer({ logLevel: "silent", uniqueKeys: false, prettyErrors: false });
  let first: Refusal | undefined;
  Object.assign(composer, {
    // The first mistake ends the reading: there may be one for each character. The parser catches it on the way out, and
    // reports another.
    // What it only warns of is a tag or a directive that it does not know, and leaves out.
    onError(source: ErrorSource, code: string) {
      first ??= mistake(text, offsetOf(source), code);
      throw first;
    },
  });
  const [document] = [...composer.compose(tokens, true, text.length)];
  const error = document?.errors[0];
  if (error !== undefined) throw mistake(text, error.pos[0], error.code);
  const contents = document?.contents as ParsedNode | null | undefined;
  if (document === undefined || contents === null || contents === undefined) return { kind: "value", value: null };
  const sizes = new Sizes(text);
  sizes.add(contents);
  // The count of values bounds what aliases expand to.
  const value: unknown = document.toJS({ maxAliasCount: -1 });
  const problem = jsonProblem(value ?? null);
  if (problem !== undefined) return { kind: "not_json", problem };
  const { ambiguous } = sizes;
  return { kind: "value", value: value ?? null, ...(ambiguous !== undefined && { ambiguous }) };
}

/** Counts the values of a document with every alias replaced, and finds keys that are given twice and ambiguous scalars. */
class Sizes {
  ambiguous: YamlMistake | undefined;
  readonly #ofAnchors = new Map<string, { readonly node: unknown; size: number }>();
  #total = 0;

  constructor(private readonly text: string) {}

  /** @returns the values of the node. @throws Refusal */
  add(node: unknown): number {
    if (isAlias(node)) return this.#count(this.#target(node).size);
    const anchored = { node, size: 0 };
    // Known before its own members are, so that an alias of itself is found.
    const { anchor } = (node ?? {}) as { readonly anchor?: string };
    if (anchor !== undefined) this.#ofAnchors.set(anchor, anchored);
    if (isAmbiguous(node)) this.ambiguous ??= positionOf(this.text, offsetOfNode(node), "AMBIGUOUS_SCALAR");
    if (isInexact(node)) throw mistake(this.text, offsetOfNode(node), "INEXACT_NUMBER");
    anchored.size = this.#count(1) + (isCollection(node) ? this.#members(node.items) : 0);
    return anchored.size;
  }

  #members(items: readonly unknown[]): number {
    const keys = new Set<string>();
    let size = 0;
    for (const item of items) {
      if (!isPair(item)) {
        size += this.add(item);
        continue;
      }
      const { key, value } = item;
      size += this.#key(key);
      const name = this.#keyName(key);
      if (keys.has(name)) throw mistake(this.text, offsetOfNode(key), "DUPLICATE_KEY");
      keys.add(name);
      if (value !== null) size += this.add(value);
    }
    return size;
  }

  /** A key is text, whatever it looks like. */
  #key(key: unknown): number {
    const { ambiguous } = this;
    const size = this.add(key);
    this.ambiguous = ambiguous;
    return size;
  }

  /** As the key of an object: 1 and "1" are the same. */
  #keyName(key: unknown): string {
    const node = isAlias(key) ? this.#target(key).node : key;
    if (node === null || (isScalar(node) && node.value === null)) {
      throw mistake(this.text, offsetOfNode(key), "KEY_IS_NULL");
    }
    if (!isScalar(node)) throw mistake(this.text, offsetOfNode(key), "KEY_NOT_SCALAR");
    // YAML 1.1 merges here, and readers that do would see another document.
    if (node.value === "<<" && node.type === "PLAIN") throw mistake(this.text, offsetOfNode(key), "MERGE_KEY");
    return String(node.value);
  }

  #target(alias: { readonly source: string }): { readonly node: unknown; readonly size: number } {
    const target = this.#ofAnchors.get(alias.source);
    // Of size 0 while it is being read: an alias within its own anchor.
    if (target === undefined || target.size === 0) throw mistake(this.text, offsetOfNode(alias), "BAD_ALIAS");
    return target;
  }

  #count(values: number): number {
    this.#total += values;
    if (this.#total > YAML_LIMITS.values) {
      throw tooLarge(`expands to more than ${YAML_LIMITS.values} values`);
    }
    return values;
  }
}

/** Whether a number has digits that a double would change. */
function isInexact(node: unknown): boolean {
  if (!isScalar(node) || typeof node.value !== "number" || node.source === undefined) return false;
  const token = node.source.replace(/^\+/, "");
  if (/^-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(token))
    return !isExactNumber(token.replace(/^(-?)\./, "$10.").replace(/\.(?=$|[eE])/, ""));
  return Number.isInteger(node.value) && !Number.isSafeInteger(node.value);
}

const AMBIGUOUS = [
  /^(?:yes|no|on|off)$/i,
  // Octal numbers of either version, leading zeros, binary numbers, digits in groups, and 22:00, which is 1320 to base 60.
  /^[-+]?0(?:o?[0-7_]+|\d+|b[01_]+)$/,
  /^[-+]?(?:0x[\da-f_]*_[\da-f_]*|\d[\d_]*_[\d_]*(?:\.[\d_]*)?)$/i,
  /^[-+]?[1-9]\d*(?::[0-5]?\d)+(?:\.\d*)?$/,
];

/** Whether YAML 1.1 and 1.2 make different values of a scalar: `no` is false or a text, `010` is eight or ten. */
function isAmbiguous(node: unknown): boolean {
  if (!isScalar(node) || node.type !== "PLAIN" || node.source === undefined || node.tag !== undefined) return false;
  const { source } = node;
  return AMBIGUOUS.some((pattern) => pattern.test(source));
}

type ErrorSource = number | readonly [number, number] | { readonly offset: number };

function offsetOf(source: ErrorSource): number {
  if (typeof source === "number") return source;
  return "offset" in source ? source.offset : source[0];
}

function offsetOfNode(node: unknown): number {
  return (node as { readonly range?: readonly number[] | null } | null)?.range?.[0] ?? 0;
}

function mistake(text: string, offset: number, code: string): Refusal {
  return new Refusal({ kind: "mistake", mistake: positionOf(text, offset, code) });
}

function positionOf(text: string, offset: number, code: string): YamlMistake {
  const before = text.slice(0, offset);
  return { code, line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}

function tooLarge(problem: string): Refusal {
  return new Refusal({ kind: "too_large", problem });
}
