import { problem, type TranscriptItem } from "../item.js";
import type { Document } from "../json/document.js";

/** Names the parts of a document that are read as text. */
export function* inexactParts({ inexact, line, pointer }: Document): Generator<TranscriptItem> {
  for (const part of inexact) {
    const place = { line, pointer: pointer + part.pointer };
    if (part.kind === "number") {
      yield problem(
        "number_as_text",
        "warning",
        place,
        "a number has more digits than a double holds; it is read as text",
      );
    } else {
      yield problem("duplicate_member", "warning", place, "an object names a member twice; it is read as text");
    }
  }
}
