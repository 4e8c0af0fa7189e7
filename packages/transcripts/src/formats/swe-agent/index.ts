import type { JsonValue } from "@agent-assembly/storage-core";
import { isObject } from "../../calls/values.js";
import { CERTAIN, type Format } from "../format.js";
import { SweAgentReader } from "./reader.js";

/** The trajectories of SWE-agent: `INSTANCE.traj`, and the demonstrations made of them. */
export const sweAgent: Format = {
  name: "swe-agent",
  evidence: (value) => (isRun(value) || isStep(value) ? CERTAIN : 0),
  open: (options) => new SweAgentReader(options),
};

function isRun(value: JsonValue): boolean {
  if (!isObject(value)) return false;
  if (Array.isArray(value.trajectory)) {
    const steps = value.trajectory;
    if (steps.some(isBareStep)) return true;
    if (steps.length === 0 && Array.isArray(value.history) && "info" in value) return true;
  }
  if (Array.isArray(value.attempts) && value.attempts.some(isRun)) return true;
  return Array.isArray(value.history) && value.history.some(isEntry);
}

/** The first part of a trajectory that is read in parts. */
function isStep(value: JsonValue): boolean {
  if (!isObject(value) || !isBareStep(value)) return false;
  return value.query !== undefined || (value.thought !== undefined && value.response !== undefined);
}

function isBareStep(value: JsonValue): boolean {
  return isObject(value) && typeof value.action === "string" && typeof value.observation === "string";
}

/** A message of a history: it says which agent it is of, and what it is. */
function isEntry(value: JsonValue): boolean {
  if (!isObject(value) || typeof value.role !== "string" || typeof value.agent !== "string") return false;
  return value.message_type !== undefined || value.action !== undefined;
}
