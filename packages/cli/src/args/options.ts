import { type Command, Option } from "commander";

/** An option that may be given several times. */
export function repeat(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

const FILTERS: readonly (readonly [flags: string, description: string])[] = [
  ["--agent <id>", "agent id"],
  ["--team <id>", "team id"],
  ["--org <id>", "organisation id"],
  ["--session <id>", "session id"],
  ["--trace <id>", "trace id"],
  ["--action <name>", "action such as tool_call or policy_decision"],
  ["--decision <name>", "decision such as allow or deny"],
  ["--shadow-decision <name>", "what a shadowed policy would have decided"],
  ["--rule <id>", "id of the matched rule"],
  ["--tool <name>", "the payload's tool"],
  ["--event-id <uuid>", "event id"],
  ["--payload </pointer=value>", "member of the payload, by JSON Pointer"],
];

/** The options that make up a filter; each may be given several times, which means any of the values. */
export function withFilter(command: Command): Command {
  return withScope(command)
    .option("--dry-run", "only events that were not carried out")
    .option("--no-dry-run", "only events that were carried out");
}

/** {@link withFilter} for commands whose `--dry-run` is about the command itself. */
export function withScope(command: Command): Command {
  for (const [flags, description] of FILTERS) command.addOption(new Option(flags, description).argParser(repeat));
  return command
    .option("--from <time>", "from this time on: ISO 8601, or a time ago such as 2h or 7d")
    .option("--to <time>", "before this time")
    .addHelpText(
      "after",
      "\nGive a filter option several times to match any of its values; different options must all match.",
    );
}
