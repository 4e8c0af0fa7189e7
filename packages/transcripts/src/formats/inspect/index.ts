import type { JsonValue } from "@agent-assembly/storage-core";
import { isObject } from "../../calls/values.js";
import { CERTAIN, type Format } from "../format.js";
import { InspectReader } from "./reader.js";

/** The logs of Inspect in JSON: `inspect log convert --to json`, `inspect log dump`, `--log-format json`; and single samples. */
export const inspect: Format = {
  name: "inspect",
  evidence: (value) => (isLog(value) || isSpec(value) || isSample(value) ? CERTAIN : 0),
  open: (options) => new InspectReader(options),
};

function isLog(value: JsonValue): boolean {
  return isObject(value) && isObject(value.eval) && isSpec(value.eval);
}

/** The `eval` of a log: the first part of one that is read in parts. */
function isSpec(value: JsonValue): boolean {
  return (
    isObject(value) && typeof value.task === "string" && typeof value.model === "string" && isObject(value.dataset)
  );
}

function isSample(value: JsonValue): boolean {
  if (!isObject(value) || value.epoch === undefined || value.id === undefined) return false;
  return Array.isArray(value.messages) && (Array.isArray(value.events) || value.target !== undefined);
}
