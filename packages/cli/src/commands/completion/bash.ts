import type { CommandWords } from "./command-words.js";

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
