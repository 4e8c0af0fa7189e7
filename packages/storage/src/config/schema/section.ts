import * as z from "zod/mini";
import { type ConfigKey, type ConfigSection, isKey } from "../keys/key.js";
import { isOptionalSection } from "../keys/walk.js";
import { backendName, backendPackage, integer, optionsSection, path, text, tokenKey, urlOf } from "./fields.js";
import { rulesSchema } from "./rules.js";
import { interval, prefix, redisUrl, schedule, schemaName, share } from "./texts.js";

/** The schema of a section of the table; unknown keys are issues. */
export function strictSection(section: ConfigSection): z.ZodMiniType {
  const members = Object.entries(section).map(([name, node]) => [name, isKey(node) ? keySchema(node) : member(node)]);
  return z.strictObject(Object.fromEntries(members) as z.core.$ZodLooseShape);
}

/** A section may be missing: its members have defaults of their own, unless it is absent as a whole. */
function member(section: ConfigSection): z.ZodMiniType {
  const schema = strictSection(section);
  return isOptionalSection(section) ? z.optional(schema) : z.prefault(schema, {});
}

function keySchema(key: ConfigKey): z.ZodMiniType {
  const schema = valueSchema(key);
  if (key.default !== undefined) return z._default(schema, key.default);
  return "required" in key ? schema : z.optional(schema);
}

function valueSchema(key: ConfigKey): z.ZodMiniType {
  switch (key.type) {
    case "integer":
      return integer(key.min ?? 0, key.max ?? Number.MAX_SAFE_INTEGER);
    case "fraction":
      return share;
    case "boolean":
      return z.boolean();
    case "choice":
      return z.literal([...key.values]);
    case "url":
      return urlOf(key.protocols);
    case "path":
      return path;
    case "name":
      return text(512);
    case "backend":
      return backendName;
    case "package":
      return backendPackage;
    case "options":
      return optionsSection;
    case "rules":
      return rulesSchema;
    case "texts":
      return z.array(text(512)).check(z.maxLength(100));
    case "token key":
      return tokenKey;
    case "schema name":
      return schemaName;
    case "prefix":
      return prefix;
    case "interval":
      return interval;
    case "redis url":
      return redisUrl;
    case "schedule":
      return schedule;
  }
}
