import type { Command } from "commander";
import { parseChoice } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { describeCommands } from "./command-words.js";
import { bashScript, fishScript, zshScript } from "./scripts.js";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

export async function completion(context: Context, program: Command, shell: string): Promise<ExitCode> {
  const known = parseChoice("shell", shell, ["bash", "zsh", "fish"] as const);
  await context.out.write(SCRIPTS[known](describeCommands(program)));
  return EXIT.ok;
}
