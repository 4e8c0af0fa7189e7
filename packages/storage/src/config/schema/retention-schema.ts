import * as z from "zod/mini";
import { DEFAULTS } from "../defaults.js";
import { integer, section, text, urlOf } from "./fields.js";

const { retention } = DEFAULTS;

/** The rule that stands for the ages of the section itself. */
const DEFAULT_RULE = "default";

const days = integer(1, 36_500);

const cron = z.string().check(z.refine(isSchedule, 'five cron fields in UTC such as "0 3 * * *", that match a date'));

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

/** How long data is kept, and where what leaves goes. */
export const retentionSchema = section({
  hot_days: z._default(days, retention.hot_days),
  warm_days: z._default(days, retention.warm_days),
  cold_action: z._default(z.enum(["drop", "archive"]), retention.cold_action),
  metrics: section({
    hot_days: z._default(days, retention.metrics.hot_days),
    warm_days: z._default(days, retention.metrics.warm_days),
  }),
  rules: z._default(z.array(ruleSchema).check(z.maxLength(100)), []),
  archive_url: z.optional(urlOf(["file:", "s3:"])),
  /** No credentials: those come from where the AWS SDK looks. */
  s3: section({
    endpoint: z.optional(urlOf(["http:", "https:"])),
    region: z.optional(name),
    force_path_style: z.optional(z.boolean()),
  }),
  schedule: z._default(cron, retention.schedule),
  jitter_secs: z._default(integer(0, 86_400), retention.jitter_secs),
  dry_run: z._default(z.boolean(), retention.dry_run),
});

export type RetentionConfig = z.output<typeof retentionSchema>;

async function isSchedule(line: string): Promise<boolean> {
  // Loaded only where a schedule is given: the default needs no check.
  const { Cron } = await import("croner");
  try {
    return new Cron(line, { mode: "5-part", utcOffset: 0, paused: true }).nextRun() !== null;
  } catch (error) {
    // What croner says of a line names no key; the message of the schema does.
    if (error instanceof TypeError || error instanceof RangeError) return false;
    throw error;
  }
}
