import type { JsonValue } from "@agent-assembly/storage-core";

/** Texts and numbers in a value, but those that a reader makes: ids of events, lengths of time, positions. */
export function leavesOf(value: JsonValue, key = ""): (string | number)[] {
  if (["call", "durationMs", "id", "parent", "spanId"].includes(key)) return [];
  if (typeof value === "string" || typeof value === "number") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    leavesOf(member as JsonValue, Array.isArray(value) ? key : name),
  );
}

/** Words that the readers have of their own; see docs/transcripts.md. */
const OWN: readonly string[] = [
  ...[
    "tool_call",
    "tool_result",
    "model_call",
    "policy_decision",
    "agent_lifecycle",
    "message",
    "user",
    "rule",
    "hook",
  ],
  ...[
    "guardian",
    "human",
    "approval",
    "agent",
    "claude-code",
    "codex",
    "swe-agent",
    "bash",
    "local_shell",
    "tool_search",
  ],
  ...["web_search", "image_generation", "exec_command", "apply_patch", "retrieval", "invoke_agent", "invoke_workflow"],
  ...["tool", "assistant", "internal", "server", "client", "producer", "consumer", "unspecified"],
];
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** The texts and numbers of a source, with those in texts that are JSON themselves. */
export class Source {
  readonly #texts: string[] = [];
  readonly #numbers = new Set<number>();

  constructor(bytes: Uint8Array) {
    let text = new TextDecoder().decode(bytes);
    for (let depth = 0; depth < 4; depth++) {
      this.#texts.push(text);
      for (const [token] of text.matchAll(NUMBER)) this.#numbers.add(Number(token));
      text = unescaped(text);
    }
  }

  has(leaf: string | number): boolean {
    if (typeof leaf === "number") return this.#numbers.has(leaf);
    // Names are cut and cleaned; see docs/transcripts.md.
    if (leaf === "" || OWN.includes(leaf) || leaf.includes("~") || leaf.includes("\ufffd")) return true;
    return this.#texts.some((text) => text.includes(leaf)) || this.#isJoined(leaf);
  }

  /** Parts of an answer that are all text are joined. */
  #isJoined(leaf: string): boolean {
    let rest = leaf;
    for (let parts = 0; parts < 4 && rest !== ""; parts++) {
      let length = rest.length;
      while (length > 0 && !this.#texts.some((text) => text.includes(rest.slice(0, length)))) length--;
      if (length === 0) return false;
      rest = rest.slice(length);
    }
    return rest === "";
  }
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|(.))|""/gs, (_, hex?: string, one?: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    if (one === undefined) return '"';
    return { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" }[one] ?? one;
  });
}
