import * as z from "zod/mini";
import { integer, text } from "./fields.js";

/** The rule that stands for the ages of the section itself. */
const DEFAULT_RULE = "default";

const days = integer(1, 36_500);

const name = text(512);

/** One name, or a list of them. */
const names = z.pipe(
  z.union([name, z.array(name).check(z.minLength(1), z.maxLength(1000))], { error: "a name, or a list of names" }),
  z.transform((given: string | string[]): readonly string[] => (typeof given === "string" ? [given] : given)),
);

/** Another age or action for some of the audit events. */
const ruleSchema = z
  .strictObject({
    name: name.check(
      z.refine(
        (given) => given !== DEFAULT_RULE,
        'a name other than "default", which stands for the ages of the section',
      ),
    ),
    team_id: z.optional(names),
    agent_id: z.optional(names),
    action: z.optional(names),
    warm_days: z.union([days, z.literal("forever")], { error: 'a whole number of days from 1 to 36500, or "forever"' }),
    cold_action: z.optional(z.enum(["drop", "archive"])),
  })
  .check(
    z.refine(
      ({ team_id, agent_id, action }) => [team_id, agent_id, action].some((values) => values !== undefined),
      "a rule with team_id, agent_id or action, which select its events",
    ),
  );

/** `storage.retention.rules`. */
export const rulesSchema = z.array(ruleSchema).check(z.maxLength(100));
