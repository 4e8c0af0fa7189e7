import type { CommandWords, Word } from "./command-words.js";

export function bashScript(commands: readonly CommandWords[]): string {
  const cases = commands.map(({ path, subcommands, options }) => {
    const words = [...subcommands, ...options].map(({ word }) => word).join(" ");
    return `    "${path}") words="${words}" ;;`;
  });
  const paths = commands.map(({ path }) => path).filter((path) => path !== "");
  const valued = [...new Set(commands.flatMap((command) => command.valued))];
  return `# bash completion for aasm; load it with: source <(aasm completion bash)
_aasm() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path="" words="" word i
  COMPREPLY=()
  case " ${valued.join(" ")} " in
    *" $previous "*) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "\${path:+$path }$word" in
      ${paths.map((path) => `"${path}"`).join("|")}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [[ \${#COMPREPLY[@]} -eq 0 ]]; then COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -F _aasm aasm
`;
}

export function zshScript(commands: readonly CommandWords[]): string {
  const cases = commands.map(
    ({ path, subcommands, options }) =>
      `    ${quoteForZsh(path)}) words_=(${[...subcommands, ...options].map(zshEntry).join(" ")}) ;;`,
  );
  const paths = commands.map(({ path }) => path).filter((path) => path !== "");
  return `#compdef aasm
# zsh completion for aasm; load it with: source <(aasm completion zsh)
_aasm() {
  local current_path="" word
  local -a words_
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "\${current_path:+$current_path }$word" in
      ${paths.map(zshPattern).join("|")}) current_path="\${current_path:+$current_path }$word" ;;
    esac
  done
  case "$current_path" in
${cases.join("\n")}
  esac
  _describe 'aasm' words_ || _files
}
compdef _aasm aasm
`;
}

function zshEntry({ word, description }: Word): string {
  return quoteForZsh(`${word}:${description.replaceAll(":", "\\:")}`);
}

function quoteForZsh(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function zshPattern(path: string): string {
  return `"${path}"`;
}

export function fishScript(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap(({ path, subcommands, options, valued }) => {
    const condition = `-n ${quoteForFish(`__aasm_at ${path}`.trim())}`;
    return [
      ...subcommands.map(
        ({ word, description }) => `complete -c aasm ${condition} -f -a ${word} -d ${quoteForFish(description)}`,
      ),
      ...options.map(
        (option) =>
          `complete -c aasm ${condition} ${fishOption(option, valued)} -d ${quoteForFish(option.description)}`,
      ),
    ];
  });
  const paths = commands.map(({ path }) => path).filter((path) => path !== "");
  return `# fish completion for aasm; save it as ~/.config/fish/completions/aasm.fish
function __aasm_at
  set -l path
  for word in (commandline -opc)[2..]
    set -l longer (string join ' ' $path $word)
    if contains -- "$longer" ${paths.map(quoteForFish).join(" ")}
      set path $path $word
    end
  end
  test "$path" = "$argv"
end
${lines.join("\n")}
`;
}

function fishOption({ word }: Word, valued: readonly string[]): string {
  return `-l ${word.replace(/^--/, "")}${valued.includes(word) ? " -r" : ""}`;
}

function quoteForFish(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
