import type { JsonValue } from "@agent-assembly/storage-core";
import { isObject } from "../../calls/values.js";
import type { Format } from "../format.js";
import { CodexReader } from "./reader.js";

const LINE_TYPES: readonly JsonValue[] = [
  "session_meta",
  "response_item",
  "event_msg",
  "turn_context",
  "compacted",
  "world_state",
  "inter_agent_communication",
];

/** The rollout files of Codex: `~/.codex/sessions/YYYY/MM/DD/rollout-TIME-SESSION.jsonl`. */
export const codex: Format = {
  name: "codex",
  // More than the messages in a line are to the formats of chat messages.
  evidence: (value) =>
    isObject(value) && isObject(value.payload) && LINE_TYPES.includes(value.type as JsonValue) ? 10 : 0,
  open: (options) => new CodexReader(options),
};
