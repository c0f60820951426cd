// Owns istio-iptables' command line: flags as Go's pflag reads them (`-p 1`, `-p1`, `-p=1`, `--name 1`, `--name=1`, `-nf`).
import { INTERCEPTION_FLAGS, type InterceptionFlag } from './flags.ts';
import { type GivenFlags, InterceptionOptionsError } from './parse-options.ts';

/** Throws `InterceptionOptionsError`. `-h` and `--help` are given back as `help`. */
export function parseFlags(args: readonly string[]): GivenFlags {
  const given = new Map<string, string>();
  const problems: string[] = [];
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word.startsWith('--') && word.length > 2) {
      const [name = '', ...value] = word.slice(2).split('=');
      const flag = INTERCEPTION_FLAGS.find((each) => each.name === name);
      if (name === 'help') given.set('help', 'true');
      else if (flag === undefined) problems.push(`there is no flag --${name}${suggestion(name)}`);
      else take(flag, `--${name}`, value.length > 0 ? value.join('=') : undefined);
    } else if (word.startsWith('-') && word.length > 1) shorts(word.slice(1));
    else problems.push(`'${word}' is not a flag`);
  }
  if (problems.length > 0) throw new InterceptionOptionsError(problems);
  return given;

  function take(flag: InterceptionFlag, shown: string, value: string | undefined): void {
    const text = value ?? (flag.kind === 'switch' ? 'true' : rest.shift());
    if (text === undefined) problems.push(`${shown} needs a value`);
    else given.set(flag.name, text);
  }

  /** Several switches may share one dash; a flag with a value takes what follows. */
  function shorts(letters: string): void {
    let left = letters;
    while (left !== '') {
      const letter = left.charAt(0);
      left = left.slice(1);
      const flag = INTERCEPTION_FLAGS.find(({ short }) => short === letter);
      if (letter === 'h') given.set('help', 'true');
      else if (flag === undefined) problems.push(`there is no flag -${letter}`);
      else if (flag.kind === 'text' || left.startsWith('=')) {
        take(flag, `-${letter}`, left === '' ? undefined : left.replace(/^=/, ''));
        left = '';
      } else take(flag, `-${letter}`, undefined);
    }
  }
}

function suggestion(name: string): string {
  const near = INTERCEPTION_FLAGS.find((flag) => flag.name.endsWith(name) || name.startsWith(flag.name));
  return near === undefined ? '' : `; --${near.name} is meant?`;
}
