import type { CommandWords, Word } from "./command-words.js";

export function zshScript(commands: readonly CommandWords[]): string {
  const cases = commands.map(
    ({ path, subcommands, options }) =>
      `    ${quote(path)}) words_=(${[...subcommands, ...options].map(entry).join(" ")}) ;;`,
  );
  const paths = commands.map(({ path }) => path).filter((path) => path !== "");
  return `#compdef aasm
# zsh completion for aasm; load it with: source <(aasm completion zsh)
_aasm() {
  local current_path="" word
  local -a words_
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "\${current_path:+$current_path }$word" in
      ${paths.map(pattern).join("|")}) current_path="\${current_path:+$current_path }$word" ;;
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

function entry({ word, description }: Word): string {
  return quote(`${word}:${description.replaceAll(":", "\\:")}`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function pattern(path: string): string {
  return `"${path}"`;
}
