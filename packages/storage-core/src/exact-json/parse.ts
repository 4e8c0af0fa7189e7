import { type JsonObject, type JsonValue, MAX_JSON_DEPTH } from "../support/json.js";
import { isExactNumber } from "./number.js";

/** A part of a JSON text that a JavaScript value cannot hold as it is; the value has its text in its place. */
export interface InexactPart {
  /** `number`: a double would change its digits; `duplicate`: an object that names a member twice. */
  readonly kind: "number" | "duplicate";
  /** RFC 6901, from the parsed value. */
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
 * `lossless-json` takes five to ten times as long as `JSON.parse`, and this two to three, accepts a member that occurs twice with one value, gives no
 * places, and ends in a stack overflow for deep nesting.
 * @param maxDepth levels of nesting that are read; @default 200, what a payload may have
 */
export function parseExactJson(text: string, maxDepth: number = MAX_JSON_DEPTH): ExactJson {
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

class ExactParser {
  #at = 0;
  readonly #inexact: InexactPart[] = [];
  /** Where the parser stands: member names and positions, outermost first. */
  readonly #path: (string | number)[] = [];

  constructor(
    private readonly text: string,
    private readonly maxDepth: number,
  ) {}

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
        this.#path.pop();
        if (Object.hasOwn(object, key)) twice ??= key;
        set(object, key, value);
        if (this.#ends(0x7d)) break;
      }
    }
    this.#at++;
    if (twice === undefined) return object;
    // The text has all that is in the object: what was said of its parts no longer applies.
    this.#inexact.length = known;
    this.#inexact.push({ kind: "duplicate", pointer: this.#pointer(), offset: start, member: twice });
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
        this.#path.pop();
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
    this.#inexact.push({ kind: "number", pointer: this.#pointer(), offset });
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

  #pointer(): string {
    return this.#path.map((token) => `/${String(token).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
  }
}

function tooEarly(length: number): string {
  return `ends too early, after ${length} characters`;
}

/** A member may be called `__proto__`, which an assignment would take for the prototype. */
function set(object: JsonObject, key: string, value: JsonValue): void {
  if (key === "__proto__") {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else object[key] = value;
}
