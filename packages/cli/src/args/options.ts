import { type Command, Option } from "commander";
import { labelWords, TEXT_COLUMNS } from "./event-labels.js";

/** An option that may be given several times. */
export function repeat(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

/** The options that make up a filter; each may be given several times, which means any of the values. */
export function withFilter(command: Command): Command {
  return withScope(command)
    .option("--dry-run", "only events that were not carried out")
    .option("--no-dry-run", "only events that were carried out");
}

/** {@link withFilter} for commands whose `--dry-run` is about the command itself. */
export function withScope(command: Command): Command {
  for (const { member, label, type, description } of TEXT_COLUMNS) {
    const value = type === "uuid" ? "uuid" : member.endsWith("Id") ? "id" : "name";
    const option = new Option(`--${labelWords(label, "-")} <${value}>`, description);
    command.addOption(option.argParser(repeat));
  }
  return command
    .addOption(new Option("--payload </pointer=value>", "member of the payload, by JSON Pointer").argParser(repeat))
    .option("--from <time>", "from this time on: ISO 8601, or a time ago such as 2h or 7d")
    .option("--to <time>", "before this time")
    .addHelpText(
      "after",
      "\nGive a filter option several times to match any of its values; different options must all match.",
    );
}
