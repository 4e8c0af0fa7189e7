import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";

/** Puts the events of streamed responses together. */
export interface StreamAssembler {
  /** @returns responses that are complete, as they are when they are not streamed */
  add(event: JsonObject): JsonValue[];
  /** The source has nothing more for now. @returns responses that are complete, though something may still be added to them */
  finished?(): JsonValue[];
  /** What is left when the source has ended. */
  end(): JsonValue[];
}
