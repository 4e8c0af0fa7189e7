import type { JsonValue } from "@agent-assembly/storage-core";
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { bytes, plural } from "../text/format.js";
import { cut, visible, visibleLines } from "../text/visible.js";

/** Members that are shown at a time. */
const STEP = 200;
/** Characters of a text that are shown before it is asked for. */
const LONG = 2048;
/** Levels that are open at first. */
const OPEN_LEVELS = 3;
const OPEN_MEMBERS = 40;

/** A JSON value as a tree of text nodes; nothing in it is ever read as markup. */
export function JsonTree({ value, label }: { readonly value: JsonValue; readonly label: string }): JSX.Element {
  return (
    <ul class="json" aria-label={label}>
      <Node name={undefined} value={value} level={0} />
    </ul>
  );
}

interface NodeProps {
  readonly name: string | undefined;
  readonly value: JsonValue;
  readonly level: number;
}

function Node({ name, value, level }: NodeProps): JSX.Element {
  if (typeof value === "object" && value !== null) return <Branch name={name} value={value} level={level} />;
  return (
    <li>
      <Name name={name} />
      {typeof value === "string" ? <Text value={value} /> : <span class="json-scalar">{String(value)}</span>}
    </li>
  );
}

function Name({ name }: { readonly name: string | undefined }): JSX.Element | null {
  return name === undefined ? null : <span class="json-key">{visible(cut(name, 256))}: </span>;
}

function Branch({ name, value, level }: NodeProps & { readonly value: object }): JSX.Element {
  const isList = Array.isArray(value);
  const keys = isList ? undefined : Object.keys(value);
  const size = isList ? value.length : (keys as string[]).length;
  const open = useSignal(level < OPEN_LEVELS && (level === 0 || size <= OPEN_MEMBERS));
  const shown = useSignal(STEP);
  if (size === 0) {
    return (
      <li>
        <Name name={name} />
        <span class="json-scalar">{isList ? "[]" : "{}"}</span>
      </li>
    );
  }
  const members: JSX.Element[] = [];
  if (open.value) {
    for (let i = 0; i < Math.min(size, shown.value); i++) {
      const key = keys === undefined ? String(i) : (keys[i] as string);
      const member = (value as Record<string, JsonValue>)[key] as JsonValue;
      members.push(<Node key={key} name={key} value={member} level={level + 1} />);
    }
  }
  return (
    <li>
      <button
        type="button"
        class="json-toggle"
        aria-expanded={open.value}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        <Name name={name} />
        <span class="json-size">{isList ? `[${plural(size, "item")}]` : `{${plural(size, "member")}}`}</span>
      </button>
      {open.value && (
        <ul>
          {members}
          {size > shown.value && (
            <li>
              <button
                type="button"
                class="link"
                onClick={() => {
                  shown.value += STEP;
                }}
              >
                Show {Math.min(STEP, size - shown.value)} more of {size}
              </button>
            </li>
          )}
        </ul>
      )}
    </li>
  );
}

function Text({ value }: { readonly value: string }): JSX.Element {
  const all = useSignal(false);
  const text = all.value ? value : cut(value, LONG);
  return (
    <>
      <span class={value.includes("\n") ? "json-text lines" : "json-text"}>"{visibleLines(text)}"</span>
      {value.length > LONG && (
        <button
          type="button"
          class="link"
          onClick={() => {
            all.value = !all.value;
          }}
        >
          {all.value ? "show less" : `show all ${bytes(value.length)}`}
        </button>
      )}
    </>
  );
}

/** A JSON value as indented text, cut where it is very long. */
export function JsonRaw({ value }: { readonly value: JsonValue }): JSX.Element {
  const all = useSignal(false);
  const text = JSON.stringify(value, undefined, 2);
  const limit = 32 * LONG;
  return (
    <>
      <pre class="raw">{visibleRaw(all.value ? text : cut(text, limit))}</pre>
      {text.length > limit && !all.value && (
        <button
          type="button"
          class="link"
          onClick={() => {
            all.value = true;
          }}
        >
          show all {bytes(text.length)}
        </button>
      )}
    </>
  );
}

// JSON has its line breaks between members only; those need no symbol.
function visibleRaw(text: string): string {
  return text.split("\n").map(visible).join("\n");
}
