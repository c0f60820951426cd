// Owns the two ways to put rules into the kernel, with one face: apply, clean and look whether they stand.
import { type CommandResult, failure, InterceptionError, programExists, type RunCommand } from './commands.ts';
import { type Installed, ownChains, readInstalled, restoreText, ruleText } from './iptables-text.ts';
import { NFT_TABLE, nftTableName, nftText } from './nft-text.ts';
import type { Family } from './rule.ts';
import type { TableRules } from './rule-set.ts';

export interface Firewall {
  /** What errors and notes call it. */
  readonly name: string;
  /** False where the system cannot filter this family at all. */
  supports(family: Family): Promise<boolean>;
  /** Brings one family's rules to what is asked for, in one transaction; no rules take away what is there. */
  apply(family: Family, rules: TableRules): Promise<void>;
  /** What is not as asked for, a line each. */
  missing(family: Family, rules: TableRules): Promise<string[]>;
}

export interface FirewallChoice {
  readonly native: boolean;
  readonly binary: string;
}

/** iptables where it is, unless nft is asked for; of two iptables the one that has rules already. */
export async function chooseFirewall(run: RunCommand, { native, binary }: FirewallChoice): Promise<Firewall> {
  if (native) return new Nft(run);
  if (binary !== '') return new Iptables(run, binary);
  if (!programExists('iptables') && !programExists('iptables-nft') && !programExists('iptables-legacy')) {
    if (programExists('nft')) return new Nft(run);
    throw new InterceptionError("neither 'iptables' nor 'nft' is installed here (packages iptables, nftables)");
  }
  for (const candidate of ['iptables-nft', 'iptables-legacy']) {
    if (!programExists(`${candidate}-save`)) continue;
    const { stdout } = await run(`${candidate}-save`, []);
    if (/^-A /m.test(stdout)) return new Iptables(run, candidate);
  }
  return new Iptables(
    run,
    programExists('iptables') ? 'iptables' : programExists('iptables-nft') ? 'iptables-nft' : 'iptables-legacy',
  );
}

class Iptables implements Firewall {
  readonly name: string;
  readonly #run: RunCommand;

  constructor(run: RunCommand, binary: string) {
    this.#run = run;
    this.name = binary;
  }

  #program(family: Family, part: '' | '-save' | '-restore'): string {
    return `${family === 6 ? this.name.replace(/^ip/, 'ip6') : this.name}${part}`;
  }

  async supports(family: Family): Promise<boolean> {
    const program = this.#program(family, '-save');
    return programExists(program) && (await this.#run(program, [])).code === 0;
  }

  async #installed(family: Family): Promise<Installed> {
    const program = this.#program(family, '-save');
    const result = await this.#run(program, []);
    if (result.code !== 0) throw failure('reading the present rules', program, result);
    return readInstalled(result.stdout);
  }

  async apply(family: Family, rules: TableRules): Promise<void> {
    const text = restoreText(rules, await this.#installed(family));
    if (text === '') return;
    const program = this.#program(family, '-restore');
    const result = await this.#run(program, ['--noflush', '--wait', '30'], text);
    if (result.code !== 0) throw failure(`writing the rules for IPv${family}`, program, withLine(result, text));
  }

  async missing(family: Family, rules: TableRules): Promise<string[]> {
    const problems: string[] = [];
    const installed = await this.#installed(family);
    const program = this.#program(family, '');
    for (const [table, list] of rules) {
      for (const rule of list) {
        const text = ruleText(rule);
        // iptables compares by itself: it prints rules in other words from version to version.
        const { code } = await this.#run(program, ['--wait', '30', '-t', table, '-C', rule.chain, ...text.split(' ')]);
        if (code !== 0) problems.push(`${program} -t ${table}: ${rule.chain} lacks: ${text}`);
      }
      for (const chain of ownChains(list)) {
        const expected = list.filter((rule) => rule.chain === chain).length;
        const found = installed.get(table)?.sizes.get(chain) ?? 0;
        if (found > expected) problems.push(`${program} -t ${table}: ${chain} has ${found} rules, not ${expected}`);
      }
    }
    return problems;
  }
}

/** The line of our input that iptables-restore complains about. */
function withLine(result: CommandResult, text: string): CommandResult {
  const line = /line:? (\d+)/.exec(result.stderr)?.[1];
  const words = line === undefined ? undefined : text.split('\n')[Number(line) - 1];
  return words === undefined ? result : { ...result, stderr: `${result.stderr.trim()}\n  which is: ${words}` };
}

class Nft implements Firewall {
  readonly name = 'nft';
  readonly #run: RunCommand;

  constructor(run: RunCommand) {
    this.#run = run;
  }

  async supports(): Promise<boolean> {
    return true;
  }

  async apply(family: Family, rules: TableRules): Promise<void> {
    const result = await this.#run('nft', ['-f', '-'], nftText(family, rules));
    if (result.code !== 0) throw failure(`writing the rules for IPv${family}`, 'nft', result);
  }

  /** nft has no question for one rule: the number of rules in each chain is what can be compared. */
  async missing(family: Family, rules: TableRules): Promise<string[]> {
    if (rules.size === 0) return [];
    const table = nftTableName(family);
    const result = await this.#run('nft', ['--stateless', 'list', 'table', ...table.split(' ')]);
    if (result.code !== 0) {
      const absent = /no such file/i.test(result.stderr);
      if (absent) return [`nft: there is no table ${NFT_TABLE} of family ${table.split(' ')[0]}`];
      throw failure('reading the present rules', 'nft', result);
    }
    const wanted = chainSizes(nftText(family, rules));
    const found = chainSizes(result.stdout);
    return [...wanted]
      .filter(([chain, size]) => found.get(chain) !== size)
      .map(([chain, size]) => `nft: chain ${chain} has ${found.get(chain) ?? 0} rules, not ${size}`);
  }
}

/** Rules of each chain in nft's own notation. */
function chainSizes(text: string): Map<string, number> {
  const sizes = new Map<string, number>();
  let chain = '';
  for (const line of text.split('\n').map((each) => each.trim())) {
    const begun = /^chain (\S+) \{$/.exec(line)?.[1];
    if (begun !== undefined) chain = begun;
    if (begun !== undefined) sizes.set(begun, 0);
    else if (line === '}') chain = '';
    else if (chain !== '' && line !== '' && !line.startsWith('type ')) sizes.set(chain, (sizes.get(chain) ?? 0) + 1);
  }
  return sizes;
}
