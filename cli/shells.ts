/** What a shell reads to complete the command lines of this program, which it asks for the words. */

/**
 * @param call the command line that runs the program
 * @param ask the command line that the words are added to
 */
type Script = (call: string, ask: string) => string;

const bash: Script = (call, ask) => `# Completion of wide-optima for bash: eval "$(wide-optima completion bash)"
command -v wide-optima >/dev/null 2>&1 || wide-optima() { ${call} "$@"; }
_wide_optima() {
  local current="\${COMP_WORDS[COMP_CWORD]}" word about file
  [ "$current" = "=" ] && current=""
  COMPREPLY=()
  while IFS=$'\\t' read -r word about; do
    case "$word" in
      :files | :folders)
        compopt -o filenames 2>/dev/null
        while IFS= read -r file; do COMPREPLY+=("$file"); done < <(
          if [ "$word" = :files ]; then compgen -f -- "$current"; else compgen -d -- "$current"; fi
        ) ;;
      *[![:alnum:]_./,:@+=-]*) COMPREPLY+=("$(printf '%q' "$word")") ;;
      *) COMPREPLY+=("$word") ;;
    esac
  done < <(${ask} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _wide_optima wide-optima`;

const zsh: Script = (call, ask) => `# Completion of wide-optima for zsh: eval "$(wide-optima completion zsh)"
command -v wide-optima >/dev/null 2>&1 || wide-optima() { ${call} "$@" }
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
_wide_optima() {
  local -a found
  local line word about tab=$'\\t'
  for line in "\${(@f)$(${ask} "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case "$line" in
      '') ;;
      :files*) _files ;;
      :folders*) _files -/ ;;
      *)
        word="\${line%%$tab*}" about="\${line#*$tab}"
        found+=("\${word//:/\\\\:}\${about:+:$about}") ;;
    esac
  done
  (( \${#found} )) && _describe -t words word found
}
compdef _wide_optima wide-optima`;

const fish: Script = (call, ask) => `# Completion of wide-optima for fish: wide-optima completion fish | source
type -q wide-optima; or function wide-optima; ${call} $argv; end
function __wide_optima
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  for line in (${ask} $words[2..-1] "$current" 2>/dev/null)
    switch $line
      case ':files*'
        __fish_complete_path "$current"
      case ':folders*'
        __fish_complete_directories "$current"
      case '*'
        echo $line
    end
  end
end
complete -c wide-optima -f -a '(__wide_optima)'`;

const scripts = { bash, zsh, fish };

export type ShellName = keyof typeof scripts;
export const shellNames = Object.keys(scripts) as ShellName[];

/** The first word of a command line that asks what can follow the others. */
export const ASK = 'complete-words';

/** @param call the words that run the program, as a shell has them */
export const completionScript = (shell: ShellName, call: string): string => scripts[shell](call, `${call} ${ASK}`);
