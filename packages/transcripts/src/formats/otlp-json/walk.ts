import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { isObject } from "../../calls/values.js";
import type { Document } from "../../json/document.js";
import type { Envelope } from "./records.js";

/** A span or log record, undecoded. */
export interface FoundRecord {
  readonly signal: "span" | "log";
  readonly value: JsonValue;
  readonly pointer: string;
  readonly envelope: Envelope;
}

/** What is in an export request and is none of them, and why. */
export interface FoundOther {
  readonly kind: "left_out" | "not_read";
  readonly pointer: string;
  readonly reason: string;
}

const ROOTS = ["resourceSpans", "resourceLogs", "resourceMetrics", "resourceProfiles"];
/** Scopes and their records, with the names they had before 2022. */
const SCOPES = ["scopeSpans", "scopeLogs", "instrumentationLibrarySpans", "instrumentationLibraryLogs"];
const RECORDS = ["spans", "logRecords", "logs"];
const NOTHING: Envelope = { resource: undefined, scope: undefined, schemaUrl: undefined };

/** Whether a value is an export request, or a part of one that is too large to be read whole. */
export function isExport(value: JsonValue): boolean {
  return isObject(value) && [...ROOTS, ...SCOPES].some((name) => Array.isArray(value[name]));
}

/**
 * Finds the records of export requests. A document that is read in parts gives its resource and scope before the records in
 * them, and is followed by its pointers.
 */
export class RequestWalker {
  /** The resource and scope of a document that is read in parts, and where they are. */
  #envelope = NOTHING;
  #ofResource = "";
  #ofScope = "";

  *walk({ value, pointer, around }: Document): Generator<FoundRecord | FoundOther> {
    const path = pointer.split("/").slice(/^\/\d+(?:\/|$)/.test(pointer) ? 2 : 1);
    const [member, index] = [path.at(-1), path.at(-2)];
    this.#enter(path);
    if (path.length === 0) yield* this.#request(value, pointer);
    else if (member === "resource") this.#envelope = { ...NOTHING, resource: value };
    else if (member === "scope" || member === "instrumentationLibrary") {
      this.#envelope = { ...this.#envelope, scope: value, schemaUrl: around[0]?.schemaUrl };
    } else if (path.length === 1) yield* this.#root(member as string, value, pointer);
    else if (path.length === 2) yield* this.#resource(value, pointer);
    else if (path.length === 3 && SCOPES.includes(member as string))
      yield* this.#scopes(value, pointer, this.#envelope);
    else if (path.length === 4) yield* this.#scope(value, pointer, this.#envelope);
    else if (path.length === 5 && RECORDS.includes(member as string)) {
      yield* this.#records(member as string, value, pointer, this.#envelope);
    } else if (path.length === 6 && RECORDS.includes(index as string)) {
      yield record(index as string, value, pointer, this.#envelope);
    } else yield { kind: "not_read", pointer, reason: "is a part of a record that is too large to be read whole" };
  }

  /** What came before is of another resource, or of another scope. */
  #enter(path: readonly string[]): void {
    const [resource, scope] = [path.slice(0, 2).join("/"), path.slice(0, 4).join("/")];
    if (resource !== this.#ofResource) this.#envelope = NOTHING;
    else if (scope !== this.#ofScope) this.#envelope = { ...this.#envelope, scope: undefined };
    this.#ofResource = resource;
    this.#ofScope = scope;
  }

  *#request(value: JsonValue, pointer: string): Generator<FoundRecord | FoundOther> {
    if (Array.isArray(value)) {
      for (const [index, request] of value.entries()) yield* this.#request(request, `${pointer}/${index}`);
    } else if (!isObject(value) || !ROOTS.some((root) => value[root] !== undefined)) {
      yield {
        kind: "not_read",
        pointer,
        reason: `is no export request: ${ROOTS.slice(0, 2).join(" or ")} was expected`,
      };
    } else {
      for (const root of ROOTS) {
        if (value[root] !== undefined) yield* this.#root(root, value[root], `${pointer}/${root}`);
      }
    }
  }

  *#root(name: string, value: JsonValue, pointer: string): Generator<FoundRecord | FoundOther> {
    if (name === "resourceMetrics" || name === "resourceProfiles") {
      yield { kind: "left_out", pointer, reason: `${name} are not read: they hold no calls` };
    } else yield* each(value, pointer, (item, at) => this.#resource(item, at));
  }

  *#resource(value: JsonValue, pointer: string): Generator<FoundRecord | FoundOther> {
    if (!isObject(value)) {
      yield { kind: "not_read", pointer, reason: "is no resource with scopes: an object was expected" };
      return;
    }
    const envelope = { resource: value.resource, scope: undefined, schemaUrl: value.schemaUrl };
    for (const name of SCOPES) {
      if (value[name] !== undefined) yield* this.#scopes(value[name], `${pointer}/${name}`, envelope);
    }
  }

  #scopes(value: JsonValue, pointer: string, envelope: Envelope): Generator<FoundRecord | FoundOther> {
    return each(value, pointer, (item, at) => this.#scope(item, at, envelope));
  }

  *#scope(value: JsonValue, pointer: string, outer: Envelope): Generator<FoundRecord | FoundOther> {
    if (!isObject(value)) {
      yield { kind: "not_read", pointer, reason: "is no scope with records: an object was expected" };
      return;
    }
    const envelope = {
      resource: outer.resource,
      scope: value.scope ?? value.instrumentationLibrary ?? outer.scope,
      schemaUrl: value.schemaUrl === undefined || value.schemaUrl === "" ? outer.schemaUrl : value.schemaUrl,
    };
    for (const name of RECORDS) {
      if (value[name] !== undefined) yield* this.#records(name, value[name], `${pointer}/${name}`, envelope);
    }
  }

  #records(name: string, value: JsonValue, pointer: string, envelope: Envelope): Generator<FoundRecord | FoundOther> {
    return each(value, pointer, function* (item, at) {
      yield record(name, item, at, envelope);
    });
  }
}

function record(list: string, value: JsonValue, pointer: string, envelope: Envelope): FoundRecord {
  return { signal: list === "spans" ? "span" : "log", value, pointer, envelope };
}

function* each(
  value: JsonValue,
  pointer: string,
  read: (item: JsonValue, pointer: string) => Generator<FoundRecord | FoundOther>,
): Generator<FoundRecord | FoundOther> {
  if (!Array.isArray(value)) {
    if (value !== null) yield { kind: "not_read", pointer, reason: "is no list" };
    return;
  }
  for (const [index, item] of value.entries()) yield* read(item, `${pointer}/${index}`);
}

/** Whether a value is a span, a log record or a resource: what a document that is read in parts begins with. */
export function isPart(value: JsonValue): boolean {
  if (!isObject(value)) return false;
  const isSpan = typeof value.traceId === "string" && value.startTimeUnixNano !== undefined;
  return isSpan || (value.timeUnixNano !== undefined && value.body !== undefined) || hasAttributes(value);
}

function hasAttributes({ attributes }: JsonObject): boolean {
  const [first] = Array.isArray(attributes) ? attributes : [];
  return isObject(first) && typeof first.key === "string" && isObject(first.value);
}
