import type { CommandWords, Word } from "./command-words.js";

export function fishScript(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap(({ path, subcommands, options, valued }) => {
    const condition = `-n ${quote(`__aasm_at ${path}`.trim())}`;
    return [
      ...subcommands.map(
        ({ word, description }) => `complete -c aasm ${condition} -f -a ${word} -d ${quote(description)}`,
      ),
      ...options.map(
        (option) => `complete -c aasm ${condition} ${optionFlags(option, valued)} -d ${quote(option.description)}`,
      ),
    ];
  });
  const paths = commands.map(({ path }) => path).filter((path) => path !== "");
  return `# fish completion for aasm; save it as ~/.config/fish/completions/aasm.fish
function __aasm_at
  set -l path
  for word in (commandline -opc)[2..]
    set -l longer (string join ' ' $path $word)
    if contains -- "$longer" ${paths.map(quote).join(" ")}
      set path $path $word
    end
  end
  test "$path" = "$argv"
end
${lines.join("\n")}
`;
}

function optionFlags({ word }: Word, valued: readonly string[]): string {
  return `-l ${word.replace(/^--/, "")}${valued.includes(word) ? " -r" : ""}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
