import type { OpenArchive, RetentionPolicy } from "@agent-assembly/retention";

/** How a gateway applies retention: from the configuration of its process. */
export interface RetentionOptions {
  readonly policy: RetentionPolicy;
  /** Five cron fields, in UTC. Shown to operators: the gateway itself runs no schedule. */
  readonly schedule?: string | undefined;
  /** Whether scheduled runs only say what they would do. Shown to operators. @default false */
  readonly dryRun?: boolean | undefined;
  /** How archives are opened. @default `openArchive` of `@agent-assembly/retention` */
  readonly openArchive?: OpenArchive | undefined;
}

/** The retention settings of a gateway as they are now: its policy can be replaced while it runs. */
export interface RetentionControl extends Omit<RetentionOptions, "policy"> {
  policy: RetentionPolicy;
}
