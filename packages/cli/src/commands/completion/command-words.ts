import type { Command } from "commander";

export interface Word {
  readonly word: string;
  readonly description: string;
}

/** What can follow a command: made from the command tree, so that completion never lags behind it. */
export interface CommandWords {
  /** `audit query`; empty for `aasm` itself. */
  readonly path: string;
  readonly subcommands: readonly Word[];
  readonly options: readonly Word[];
  /** Options that take a value, which is then a file or anything else. */
  readonly valued: readonly string[];
}

export function describeCommands(program: Command): CommandWords[] {
  return walk(program, "", optionsOf(program));
}

function walk(command: Command, path: string, inherited: readonly Option[]): CommandWords[] {
  const own = path === "" ? inherited : [...optionsOf(command), ...inherited];
  const subcommands = command.commands.map((child) => ({ word: child.name(), description: child.description() }));
  const here: CommandWords = {
    path,
    subcommands,
    options: [
      ...own.map(({ word, description }) => ({ word, description })),
      { word: "--help", description: "show help" },
    ],
    valued: own.filter((option) => option.valued).map((option) => option.word),
  };
  return [
    here,
    ...command.commands.flatMap((child) =>
      walk(child, path === "" ? child.name() : `${path} ${child.name()}`, inherited),
    ),
  ];
}

interface Option extends Word {
  readonly valued: boolean;
}

function optionsOf(command: Command): Option[] {
  return command.options.map((option) => ({
    word: option.long ?? option.flags,
    description: option.description,
    valued: option.required || option.optional,
  }));
}
