import type { ByteSource } from "../../../terminal/input.js";
import { eventFromJson } from "./event-json.js";
import { atLine, type ImportItem } from "./item.js";
import { parseJson } from "./json-text.js";
import { readLines } from "./lines.js";

/** Reads native JSONL: one event a line, as `audit export` writes them. */
export async function* readJsonl(source: ByteSource): AsyncGenerator<ImportItem> {
  for await (const line of readLines(source)) {
    const place = atLine(line.number);
    if ("problem" in line) {
      yield { place, problem: line.problem };
      continue;
    }
    const parsed = parseJson(line.text);
    const result = "problem" in parsed ? parsed : eventFromJson(parsed.value);
    yield { place, ...result };
  }
}
