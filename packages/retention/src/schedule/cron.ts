import { describeShape, invalidArgument } from "@agent-assembly/storage-core/backend";
import { Cron } from "croner";

/** A schedule of five cron fields, in UTC. */
export class CronLine {
  readonly #cron: Cron;

  /** @throws `invalid_argument` for a line that is no schedule, or one that never comes */
  constructor(readonly line: string) {
    if (typeof line !== "string") throw invalidArgument("schedule", `must be a string, got ${describeShape(line)}`);
    try {
      // By its offset UTC needs no time zone data, which takes longer to load than a schedule to read.
      this.#cron = new Cron(line, { mode: "5-part", utcOffset: 0, paused: true });
    } catch {
      // What croner says of a line quotes it.
      throw invalidArgument(
        "schedule",
        `must be five cron fields in UTC such as "0 3 * * *" (minute, hour, day, month, weekday), got ${describeShape(line)}`,
      );
    }
    if (this.#cron.nextRun() === null) throw invalidArgument("schedule", "never comes: there is no such day");
  }

  /** The first instant after this one. */
  next(after: Date): Date {
    return this.#cron.nextRun(after) ?? new Date(8.64e15);
  }

  /** The last instant after `after` that is not after `now`; `undefined` when there is none. */
  latest(after: Date, now: Date): Date | undefined {
    // What comes before the next second, so that `now` itself counts; of that, what has come.
    const runs = this.#cron.previousRuns(2, new Date(now.getTime() + 1000));
    const latest = runs.find((run) => run <= now);
    return latest !== undefined && latest > after ? latest : undefined;
  }
}
