import type { Command } from "commander";
import { parseChoice } from "../args/choice.js";
import { bashScript } from "../completion/bash.js";
import { describeCommands } from "../completion/commands.js";
import { fishScript } from "../completion/fish.js";
import { zshScript } from "../completion/zsh.js";
import type { Context } from "../context.js";
import { EXIT, type ExitCode } from "../exit.js";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

export async function completion(context: Context, program: Command, shell: string): Promise<ExitCode> {
  const known = parseChoice("shell", shell, ["bash", "zsh", "fish"] as const);
  await context.out.write(SCRIPTS[known](describeCommands(program)));
  return EXIT.ok;
}
