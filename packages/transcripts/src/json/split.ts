import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { parseExactJson } from "@agent-assembly/storage-core/backend";
import { Unreadable } from "../bytes/unreadable.js";
import type { Document } from "./document.js";

/** A document up to this size is one value; of a larger one the parts are, as deep as it takes. In UTF-16 code units. */
const PART_LENGTH = 16 * 1024 * 1024;
/** Containers that are too large for one value lie in each other two or three deep. */
const MAX_OPEN = 32;

const STRUCTURE = /["{}[\],]/g;
const IN_STRING = /["\\]/g;

/** A container whose members are read one by one. */
interface Level {
  readonly close: "}" | "]";
  readonly pointer: string;
  readonly around: readonly JsonObject[];
  /** The plain members so far; absent for an array. */
  readonly members: JsonObject | undefined;
  readonly keys: Set<string>;
  count: number;
  /** The member at hand was a container read one by one, and has ended. */
  opened: boolean;
}

/**
 * Cuts a stream of JSON text into values: whole documents, one after the other, or the members of a document that is larger
 * than `partLength`. Memory is bounded by the largest part. It only looks for quotes and brackets; whether a part is valid is
 * found out when it is parsed, with the digits of its numbers and the members that occur twice.
 */
export class JsonSplitter {
  readonly #levels: Level[] = [];
  /** The part at hand, in pieces. */
  #pieces: string[] = [];
  #length = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** The line of the part's first character. */
  #line: number;

  constructor(
    private readonly partLength = PART_LENGTH,
    firstLine = 1,
  ) {
    this.#line = firstLine;
  }

  /** @throws Unreadable */
  *feed(chunk: string): Generator<Document> {
    let text = chunk;
    let start = 0;
    let at = 0;
    for (;;) {
      const end = this.#next(text, at);
      if (end !== -1) {
        at = end + 1;
        const taken = this.#boundary(text, start, end);
        start = taken.next;
        if (taken.document !== undefined) yield taken.document;
        continue;
      }
      this.#keep(text.slice(start));
      if (this.#length <= this.partLength) return;
      // Too large for one value: its members are looked at instead.
      const opened = this.#open();
      if (opened === undefined) return;
      [text, start, at] = [opened, 0, 0];
    }
  }

  /** @throws Unreadable when a document has no end */
  *end(): Generator<Document> {
    // Bytes of value zero are what a crash leaves behind a document.
    if (this.#levels.length > 0 || this.#pieces.some((piece) => !/^[\s\0]*$/.test(piece))) {
      // A document of one number or word has no bracket that ends it.
      if (this.#levels.length === 0 && this.#depth === 0 && !this.#inString) yield this.#parse(this.#take(""), "", []);
      else throw new Unreadable("ends too early: brackets or a quote are still open");
    }
  }

  /** The next comma or bracket that matters at this depth, or -1. */
  #next(text: string, from: number): number {
    let at = from;
    for (;;) {
      if (this.#inString) {
        if (this.#escaped) {
          if (at >= text.length) return -1;
          this.#escaped = false;
          at++;
        }
        IN_STRING.lastIndex = at;
        const found = IN_STRING.exec(text);
        if (found === null) return -1;
        at = found.index + 1;
        if (found[0] === '"') this.#inString = false;
        else this.#escaped = true;
        continue;
      }
      STRUCTURE.lastIndex = at;
      const found = STRUCTURE.exec(text);
      if (found === null) return -1;
      at = found.index + 1;
      switch (found[0]) {
        case '"':
          this.#inString = true;
          break;
        case "{":
        case "[":
          this.#depth++;
          break;
        case ",":
          if (this.#depth === 0) return found.index;
          break;
        default:
          this.#depth--;
          if (this.#depth < 0 || (this.#depth === 0 && this.#levels.length === 0)) return found.index;
      }
    }
  }

  /** What ends at a comma or bracket. */
  #boundary(text: string, start: number, end: number): { next: number; document?: Document } {
    const level = this.#levels.at(-1);
    const mark = text[end] as string;
    if (level === undefined) {
      if (mark === "," || this.#depth < 0) throw new Unreadable(`is not valid JSON in line ${this.#line}`);
      return { next: end + 1, document: this.#parse(this.#take(text.slice(start, end + 1)), "", []) };
    }
    const part = this.#take(text.slice(start, end), 0);
    const document = this.#member(level, part, mark !== ",");
    if (mark !== ",") {
      if (mark !== level.close) throw new Unreadable(`is not valid JSON in line ${this.#line}`);
      this.#levels.pop();
      this.#depth = 0;
      const outer = this.#levels.at(-1);
      if (outer !== undefined) outer.opened = true;
    }
    return document === undefined ? { next: end + 1 } : { next: end + 1, document };
  }

  #member(level: Level, part: Part, last: boolean): Document | undefined {
    if (level.opened) {
      level.opened = false;
      if (part.text.trim() !== "") throw new Unreadable(`is not valid JSON in line ${part.line}`);
      return undefined;
    }
    if (last && level.count === 0 && part.text.trim() === "") return undefined;
    const index = level.count++;
    if (level.members === undefined) {
      const document = this.#parse(part, `${level.pointer}/${index}`, level.around);
      return isContainer(document.value) ? document : undefined;
    }
    const whole = this.#parse({ ...part, text: `{${part.text}}` }, level.pointer, level.around);
    const [[key, value] = ["", null], ...more] = Object.entries(whole.value as JsonObject);
    if (more.length > 0 || level.keys.has(key)) throw twice(part.line);
    level.keys.add(key);
    if (!isContainer(value)) {
      // A message without a part of its content, or its calls without it, would say something else.
      if (key === "role") throw new Unreadable(`has a message longer than ${this.partLength} characters`);
      level.members[key] = value;
      return undefined;
    }
    const token = `/${escapeToken(key)}`;
    const inexact = whole.inexact.map((found) => ({
      ...found,
      get pointer() {
        return withoutFirst(found.pointer);
      },
    }));
    return { ...whole, value, inexact, pointer: level.pointer + token };
  }

  /** Makes the part at hand a level of its own. @returns the text behind its bracket */
  #open(): string | undefined {
    const text = this.#pieces.join("");
    const level = this.#levels.at(-1);
    const head = /^\s*(?:("(?:[^"\\]|\\.)*")\s*:\s*)?([{[])/s.exec(text.slice(0, 1024 * 1024));
    if (head === null || (level?.members === undefined) !== (head[1] === undefined)) {
      // Nothing but space between documents, or a text that no event could hold.
      if (text.trim() !== "") throw new Unreadable(`has a value longer than ${this.partLength} characters`);
      this.#pieces = [];
      this.#length = 0;
      return undefined;
    }
    if (this.#levels.length >= MAX_OPEN) throw new Unreadable("is too large and nested too deep to be read in parts");
    const key = head[1] === undefined ? undefined : (JSON.parse(head[1]) as string);
    if (level?.members !== undefined && key !== undefined) {
      if (level.keys.has(key)) throw twice(this.#line);
      level.keys.add(key);
    }
    const token = level === undefined ? "" : `/${escapeToken(key ?? String(level.count))}`;
    if (level !== undefined) level.count++;
    const members = head[2] === "{" ? ({} as JsonObject) : undefined;
    const outer = level?.around ?? [];
    this.#levels.push({
      close: members === undefined ? "]" : "}",
      pointer: (level?.pointer ?? "") + token,
      around: members === undefined ? outer : [members, ...outer],
      members,
      keys: new Set(),
      count: 0,
      opened: false,
    });
    this.#line += lineFeeds(text.slice(0, head[0].length));
    this.#pieces = [];
    this.#length = 0;
    this.#depth = 0;
    this.#inString = false;
    this.#escaped = false;
    return text.slice(head[0].length);
  }

  #keep(piece: string): void {
    if (piece === "") return;
    this.#pieces.push(piece);
    this.#length += piece.length;
  }

  /** The part at hand with its last piece; the next one begins behind it. @param depth of what comes next */
  #take(last: string, depth = this.#depth): Part {
    this.#pieces.push(last);
    const text = this.#pieces.length === 1 ? last : this.#pieces.join("");
    const line = this.#line;
    this.#line += lineFeeds(text);
    this.#pieces = [];
    this.#length = 0;
    this.#depth = Math.max(0, depth);
    return { text, line };
  }

  #parse({ text, line }: Part, pointer: string, around: readonly JsonObject[]): Document {
    const parsed = parseExactJson(text);
    const at = (offset: number): number => line + lineFeeds(text.slice(0, offset));
    if ("problem" in parsed) throw new Unreadable(`${parsed.problem} in line ${at(parsed.offset)}`);
    const begin = /\S/.exec(text)?.index ?? 0;
    return { value: parsed.value, inexact: parsed.inexact, line: at(begin), pointer, around, isLine: false };
  }
}

interface Part {
  readonly text: string;
  readonly line: number;
}

function twice(line: number): Unreadable {
  return new Unreadable(`has an object that names a member twice, near line ${line}`);
}

/** A JSON Pointer within the member that it begins with. */
function withoutFirst(pointer: string): string {
  const next = pointer.indexOf("/", 1);
  return next === -1 ? "" : pointer.slice(next);
}

function isContainer(value: JsonValue): boolean {
  return typeof value === "object" && value !== null;
}

function escapeToken(token: string): string {
  return token.replaceAll("~", "~0").replaceAll("/", "~1");
}

function lineFeeds(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
