/** `duckbranch completion`: what the shell offers, made from the commands there are. */
import { Argument, type Command } from "commander";

interface Completion {
  readonly path: readonly string[];
  readonly words: readonly string[];
}

/** Each shell is told in its own language: zsh's emulation of bash's reads no slices of COMP_WORDS. */
/** Takes the options that a value follows: behind them files are offered, as the shell does by itself. */
const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

export function addCompletionCommand(program: Command): void {
  program
    .command("completion")
    .addArgument(new Argument("<shell>").choices(Object.keys(SHELLS)))
    .description(
      'print what completes commands: eval "$(duckbranch completion bash)", or zsh; duckbranch completion fish | source',
    )
    .action((shell: keyof typeof SHELLS) => {
      // The longest first: the first that fits is taken.
      const all = pathsOf(program, []).toSorted((a, b) => b.path.length - a.path.length);
      process.stdout.write(SHELLS[shell](all, valued(program)));
    });
}

/** Words by what has been typed: behind `branch` its commands, behind `branch merge` its options. */
function bashCompletion(all: readonly Completion[], withValue: readonly string[]): string {
  return `_duckbranch() {
  local words=""
  COMPREPLY=()
  case "\${COMP_WORDS[COMP_CWORD-1]}" in ${withValue.join("|")}) return ;; esac
  case "\${COMP_WORDS[*]:1:COMP_CWORD-1} " in
${casesOf(all, (words) => `words="${words.join(" ")}"`)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _duckbranch duckbranch
`;
}

function zshCompletion(all: readonly Completion[], withValue: readonly string[]): string {
  return `(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
_duckbranch() {
  local -a offered
  case "$words[CURRENT-1]" in ${withValue.join("|")}) _files; return ;; esac
  case "\${(j: :)words[2,CURRENT-1]} " in
${casesOf(all, (words) => `offered=(${words.join(" ")})`)}
  esac
  compadd -- $offered || _files
}
compdef _duckbranch duckbranch
`;
}

function fishCompletion(all: readonly Completion[], withValue: readonly string[]): string {
  const cases = all.map(
    ({ path, words }) => `    case '${patternOf(path)}*'\n      printf '%s\\n' ${words.join(" ")}`,
  );
  return `function __duckbranch_words
  set -l typed (commandline -opc)
  contains -- $typed[-1] ${withValue.join(" ")}; and return
  set -e typed[1]
  switch (string join ' ' -- $typed)' '
${cases.join("\n")}
  end
end
complete -c duckbranch -a '(__duckbranch_words)'
`;
}

function casesOf(all: readonly Completion[], assign: (words: readonly string[]) => string): string {
  return all.map(({ path, words }) => `    "${patternOf(path)}"*) ${assign(words)} ;;`).join("\n");
}

function patternOf(path: readonly string[]): string {
  return path.map((name) => `${name} `).join("");
}

/** Long names of options of all commands. */
function valued(command: Command): readonly string[] {
  const own = command.options.flatMap(({ long, required }) =>
    required && typeof long === "string" ? [long] : [],
  );
  return [...new Set([...own, ...command.commands.flatMap(valued)])];
}

function pathsOf(command: Command, path: readonly string[]): Completion[] {
  const options = command.options.flatMap(({ long }) => (long === undefined || long === null ? [] : [long]));
  const names = command.commands.map((each) => each.name());
  const choices = command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices);
  return [
    { path, words: [...names, ...choices, ...options, "--help"] },
    ...command.commands.flatMap((each) => pathsOf(each, [...path, each.name()])),
  ];
}
