/** `duckbranch completion`: what the shell offers, made from the commands there are. */
import { Argument, type Command } from "commander";

const SHELLS = ["bash", "zsh"] as const;

export function addCompletionCommand(program: Command): void {
  program
    .command("completion")
    .addArgument(new Argument("<shell>").choices(SHELLS))
    .description('print what completes commands: eval "$(duckbranch completion bash)"; or zsh')
    .action((shell: string) => {
      // zsh reads bash's by its own emulation.
      const before = shell === "zsh" ? "autoload -U +X bashcompinit && bashcompinit\n" : "";
      process.stdout.write(`${before}${bashCompletion(program)}`);
    });
}

/** Words by what has been typed: behind `branch` its commands, behind `branch merge` its options. */
function bashCompletion(program: Command): string {
  const cases = pathsOf(program, [])
    .toSorted((a, b) => b.path.length - a.path.length)
    .map(
      ({ path, words }) => `    "${path.map((name) => `${name} `).join("")}"*) words="${words.join(" ")}" ;;`,
    );
  return `_duckbranch() {
  local words=""
  case "\${COMP_WORDS[*]:1:COMP_CWORD-1} " in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _duckbranch duckbranch
`;
}

interface Completion {
  readonly path: readonly string[];
  readonly words: readonly string[];
}

function pathsOf(command: Command, path: readonly string[]): Completion[] {
  const options = command.options.flatMap(({ long }) => (long === undefined || long === null ? [] : [long]));
  const names = command.commands.map((each) => each.name());
  return [
    { path, words: [...names, ...options, "--help"] },
    ...command.commands.flatMap((each) => pathsOf(each, [...path, each.name()])),
  ];
}
