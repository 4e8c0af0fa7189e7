import { Cron } from "croner";
import { z } from "zod";
import { urlOf } from "./url-schema.js";

/** The rule that stands for the ages of the section itself. */
const DEFAULT_RULE = "default";

const days = z.int().min(1).max(36_500);

const cron = z.string().refine(isSchedule, 'five cron fields in UTC such as "0 3 * * *", that come some day');

const name = z.string().min(1).max(512);

/** One name, or a list of them. */
const names = z
  .union([name, z.array(name).min(1).max(1000)], { error: "a name, or a list of names" })
  .transform((given): readonly string[] => (typeof given === "string" ? [given] : given));

/** Another age or action for some of the audit events. */
const ruleSchema = z
  .strictObject({
    name: name.refine(
      (text) => text !== DEFAULT_RULE,
      'another name than "default", which means the ages of the section',
    ),
    team: names.optional(),
    agent: names.optional(),
    action: names.optional(),
    warm_days: z.union([days, z.literal("forever")], { error: 'a whole number of days from 1 to 36500, or "forever"' }),
    cold_action: z.enum(["drop", "archive"]).optional(),
  })
  .refine(
    ({ team, agent, action }) => team !== undefined || agent !== undefined || action !== undefined,
    "a rule with team, agent or action, which say the events it is for",
  );

/** How long data stay, and where what leaves goes. */
export const retentionSchema = z.strictObject({
  hot_days: days.default(30),
  warm_days: days.default(90),
  cold_action: z.enum(["drop", "archive"]).default("drop"),
  metrics: z.strictObject({ hot_days: days.default(30), warm_days: days.default(90) }).prefault({}),
  rules: z.array(ruleSchema).max(100).default([]),
  archive_url: urlOf(["file:", "s3:"]).optional(),
  /** No credentials: those come from where the AWS SDK looks. */
  s3: z
    .strictObject({
      endpoint: urlOf(["http:", "https:"]).optional(),
      region: name.optional(),
      force_path_style: z.boolean().optional(),
    })
    .prefault({}),
  schedule: cron.default("0 3 * * *"),
  jitter_secs: z.int().min(0).max(86_400).default(30),
  dry_run: z.boolean().default(false),
});

export type RetentionConfig = z.output<typeof retentionSchema>;

function isSchedule(line: string): boolean {
  try {
    return new Cron(line, { mode: "5-part", timezone: "UTC", paused: true }).nextRun() !== null;
  } catch (error) {
    // What croner says of a line names no key; the message of the schema does.
    if (error instanceof TypeError || error instanceof RangeError) return false;
    throw error;
  }
}
