import { countText } from "../support/describe.js";
import { type JsonObject, type JsonValue, MAX_JSON_DEPTH } from "../support/json.js";
import { valueOfCompactJson } from "./compact.js";
import { isExactNumber } from "./number.js";

/** A part of a JSON text that a JavaScript value cannot hold as it is; the value has its text in its place. */
export interface InexactPart {
  /** `number`: a double would change its digits; `duplicate`: an object that names a member twice. */
  readonly kind: "number" | "duplicate";
  /**
   * RFC 6901, from the parsed value. Where that would take more than 1,000 characters, long names are cut and outer ones left
   * out, each with a `…`.
   */
  readonly pointer: string;
  /** In UTF-16 code units from the start of the text. */
  readonly offset: number;
  /** The member that occurs twice; absent for numbers. */
  readonly member?: string;
}

/** What a text holds, or where and why it is no JSON. The reason never quotes the text. */
export type ExactJson =
  | { readonly value: JsonValue; readonly inexact: readonly InexactPart[] }
  | { readonly problem: string; readonly offset: number };

/**
 * Parses JSON without changing it: a number that a double cannot hold becomes its text, and so does an object that names a
 * member twice, of which readers keep one or the other. Both are listed with their place. Written here because
 * `lossless-json` takes five to ten times as long as `JSON.parse`, and this at most two to three, accepts a member that occurs
 * twice with one value, gives no places, and ends in a stack overflow for deep nesting.
 * @param maxDepth levels of nesting that are read; @default 200, what a payload may have
 */
export function parseExactJson(text: string, maxDepth: number = MAX_JSON_DEPTH): ExactJson {
  const whole = valueOfCompactJson(text, maxDepth);
  if (whole !== undefined) return { value: whole, inexact: [] };
  const parser = new ExactParser(text, maxDepth);
  try {
    return parser.document();
  } catch (failure) {
    if (failure instanceof Failure) return { problem: failure.message, offset: failure.offset };
    throw failure;
  }
}

class Failure extends Error {
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** A line feed between values is one, too: only then each text is looked through. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON does not allow them in a text
const CONTROLS = /[\u0000-\u001f]/;

function positionOf(mark: string, text: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found === -1 ? Number.POSITIVE_INFINITY : found;
}

class ExactParser {
  #at = 0;
  /** Where the next backslash is, from a place before the parser on. */
  #nextEscape = -1;
  /** Whether there are control characters, which may not stand in a text. */
  readonly #hasControls: boolean;
  readonly #inexact: InexactPart[] = [];
  /** Where the parser stands: member names and positions, outermost first. */
  readonly #path: (string | number)[] = [];
  /** The outer part of the path as a list that is shared by all that is inexact in a container. */
  readonly #places: Place[] = [];

  constructor(
    private readonly text: string,
    private readonly maxDepth: number,
  ) {
    this.#hasControls = CONTROLS.test(text);
  }

  document(): ExactJson {
    const value = this.#value();
    this.#space();
    if (this.#at < this.text.length) throw this.#unexpected();
    return { value, inexact: this.#inexact };
  }

  #value(): JsonValue {
    this.#space();
    switch (this.text.charCodeAt(this.#at)) {
      case 0x7b:
        return this.#object();
      case 0x5b:
        return this.#array();
      case 0x22:
        return this.#string();
      case 0x74:
        return this.#word("true", true);
      case 0x66:
        return this.#word("false", false);
      case 0x6e:
        return this.#word("null", null);
      default:
        return this.#number();
    }
  }

  #object(): JsonValue {
    const start = this.#open();
    const known = this.#inexact.length;
    const object: JsonObject = {};
    let twice: string | undefined;
    this.#space();
    if (this.text.charCodeAt(this.#at) !== 0x7d) {
      for (;;) {
        this.#space();
        if (this.text.charCodeAt(this.#at) !== 0x22) throw this.#unexpected();
        const key = this.#string();
        this.#space();
        if (this.text.charCodeAt(this.#at) !== 0x3a) throw this.#unexpected();
        this.#at++;
        this.#path.push(key);
        const value = this.#value();
        this.#leave();
        if (Object.hasOwn(object, key)) twice ??= key;
        set(object, key, value);
        if (this.#ends(0x7d)) break;
      }
    }
    this.#at++;
    if (twice === undefined) return object;
    // The text has all that is in the object: what was said of its parts no longer applies.
    this.#inexact.length = known;
    this.#inexact.push(part({ kind: "duplicate", offset: start, member: twice }, this.#place()));
    return this.text.slice(start, this.#at);
  }

  #array(): JsonValue {
    this.#open();
    const array: JsonValue[] = [];
    this.#space();
    if (this.text.charCodeAt(this.#at) !== 0x5d) {
      for (;;) {
        this.#path.push(array.length);
        array.push(this.#value());
        this.#leave();
        if (this.#ends(0x5d)) break;
      }
    }
    this.#at++;
    return array;
  }

  /** @returns where the container starts */
  #open(): number {
    if (this.#path.length >= this.maxDepth) {
      throw new Failure(`is nested deeper than ${this.maxDepth} levels`, this.#at);
    }
    return this.#at++;
  }

  /** Past a comma, or at the end of the container. */
  #ends(close: number): boolean {
    this.#space();
    const code = this.text.charCodeAt(this.#at);
    if (code === close) return true;
    if (code !== 0x2c) throw this.#unexpected();
    this.#at++;
    return false;
  }

  #string(): string {
    const start = this.#at;
    const { text } = this;
    // Most texts hold neither an escape nor a control character, and the engine finds their end faster than a loop.
    const end = text.indexOf('"', start + 1);
    if (end !== -1 && !this.#hasControls) {
      if (this.#nextEscape < start) this.#nextEscape = positionOf("\\", text, start);
      if (this.#nextEscape > end) {
        this.#at = end + 1;
        return text.slice(start + 1, end);
      }
    }
    let plain = true;
    for (let i = start + 1; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === 0x22) {
        this.#at = i + 1;
        return plain ? text.slice(start + 1, i) : this.#escaped(start);
      }
      if (code === 0x5c) {
        plain = false;
        i++;
      } else if (code < 0x20) throw new Failure("is not valid JSON", i);
    }
    throw new Failure(tooEarly(text.length), text.length);
  }

  #escaped(start: number): string {
    try {
      return JSON.parse(this.text.slice(start, this.#at)) as string;
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
      throw new Failure("is not valid JSON", start);
    }
  }

  #number(): JsonValue {
    NUMBER.lastIndex = this.#at;
    const token = NUMBER.exec(this.text)?.[0];
    if (token === undefined) throw this.#unexpected();
    const offset = this.#at;
    this.#at += token.length;
    if (isExactNumber(token)) return Number(token);
    this.#inexact.push(part({ kind: "number", offset }, this.#place()));
    return token;
  }

  #word<T extends JsonValue>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.#at)) throw this.#unexpected();
    this.#at += word.length;
    return value;
  }

  #space(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  #unexpected(): Failure {
    const { length } = this.text;
    return this.#at >= length ? new Failure(tooEarly(length), length) : new Failure("is not valid JSON", this.#at);
  }

  #leave(): void {
    this.#path.pop();
    if (this.#places.length > this.#path.length) this.#places.length = this.#path.length;
  }

  #place(): Place | undefined {
    for (let depth = this.#places.length; depth < this.#path.length; depth++) {
      this.#places.push({ outer: this.#places[depth - 1], token: this.#path[depth] as string | number });
    }
    return this.#places.at(-1);
  }
}

interface Place {
  readonly outer: Place | undefined;
  readonly token: string | number;
}

const MAX_POINTER_LENGTH = 1000;
const MAX_TOKEN_LENGTH = 200;

/** Its pointer is made when it is asked for: thousands of numbers below one long name would hold as many copies of the name. */
function part(known: Omit<InexactPart, "pointer">, place: Place | undefined): InexactPart {
  return {
    ...known,
    get pointer() {
      return pointerOf(place);
    },
  };
}

function pointerOf(place: Place | undefined): string {
  const tokens: string[] = [];
  let length = 0;
  for (let at = place; at !== undefined; at = at.outer) {
    const name = String(at.token);
    const cut = name.length > MAX_TOKEN_LENGTH ? `${name.slice(0, MAX_TOKEN_LENGTH)}…` : name;
    const token = cut.replaceAll("~", "~0").replaceAll("/", "~1");
    length += token.length + 1;
    tokens.push(length > MAX_POINTER_LENGTH ? "…" : token);
    if (length > MAX_POINTER_LENGTH) break;
  }
  return tokens
    .toReversed()
    .map((token) => `/${token}`)
    .join("");
}

function tooEarly(length: number): string {
  return `ends too early, after ${countText(length, "character")}`;
}

/** A member may be called `__proto__`, which an assignment would take for the prototype. */
function set(object: JsonObject, key: string, value: JsonValue): void {
  if (key === "__proto__") {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else object[key] = value;
}
