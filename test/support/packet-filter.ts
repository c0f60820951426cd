// A packet filter on paper: reads what iptables-save and iptables-restore write, and says what becomes of a packet. Only
// what rules of an interception use; any other word is an error, so that no rule is misread in silence.
import { cidrRange } from '../../src/base/cidr.ts';

export interface Packet {
  readonly hook: 'PREROUTING' | 'OUTPUT';
  readonly protocol: 'tcp' | 'udp';
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** It came in there, or goes out there. */
  readonly interface: string;
  /** Of the sending process; only in OUTPUT. */
  readonly uid: string;
  readonly gid: string;
  readonly mark: number;
  readonly connectionMark: number;
  readonly state: 'NEW' | 'ESTABLISHED' | 'RELATED' | 'INVALID';
}

/** What is left of a packet when all tables have been asked. */
export interface Fate {
  readonly verdict: 'accept' | 'drop' | `redirect ${number}` | `tproxy ${number}`;
  readonly mark: number;
  readonly connectionMark: number;
  readonly zone: number;
}

type Test = (packet: Packet, now: { mark: number; connectionMark: number }) => boolean;

interface ReadRule {
  readonly tests: readonly Test[];
  readonly target: string;
  readonly options: ReadonlyMap<string, string>;
}

/** Rules by `table chain`. */
export type Filter = ReadonlyMap<string, readonly ReadRule[]>;

export function readFilter(text: string): Filter {
  const chains = new Map<string, ReadRule[]>();
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim();
    const command = /^-([AI]) (\S+) (.*)$/.exec(line);
    if (command === null) continue;
    const [, verb, chain, words = ''] = command;
    const key = `${table} ${chain}`;
    const rules = chains.get(key) ?? [];
    chains.set(key, rules);
    const position = /^(\d+) (.*)$/.exec(words);
    if (verb === 'I') rules.splice(Number(position?.[1] ?? 1) - 1, 0, readRule(position?.[2] ?? words));
    else rules.push(readRule(words));
  }
  return chains;
}

function readRule(text: string): ReadRule {
  const words = text.split(' ');
  const tests: Test[] = [];
  const options = new Map<string, string>();
  let target = '';
  let not = false;
  let module = '';
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '!') {
      not = true;
      continue;
    }
    if (word === '--save-mark' || word === '--restore-mark') {
      options.set(word, '');
      continue;
    }
    const value = words.shift() ?? '';
    if (word === '-m') module = value;
    else if (word === '-j') target = value;
    else if (target !== '') options.set(word, value);
    else {
      const test = readMatch(word, value, module);
      const wanted = !not;
      tests.push((packet, now) => test(packet, now) === wanted);
      not = false;
    }
  }
  return { tests, target, options };
}

function readMatch(word: string, value: string, module: string): Test {
  switch (word) {
    case '-p':
      return ({ protocol }) => protocol === value;
    case '-s':
      return inPrefix(value, ({ source }) => source);
    case '-d':
      return inPrefix(value, ({ destination }) => destination);
    case '-i':
      return (packet) => packet.hook === 'PREROUTING' && packet.interface === value;
    case '-o':
      return (packet) => packet.hook === 'OUTPUT' && packet.interface === value;
    case '--sport':
      return ({ sourcePort }) => inPorts(value, sourcePort);
    case '--dport':
    case '--dports':
      return ({ destinationPort }) => inPorts(value, destinationPort);
    case '--uid-owner':
      return ({ uid }) => uid === value;
    case '--gid-owner':
      return ({ gid }) => gid === value;
    case '--mark':
      return (_, now) => (module === 'connmark' ? now.connectionMark : now.mark) === Number(value);
    case '--ctstate':
      return ({ state }) => value.split(',').includes(state);
    default:
      throw new Error(`the filter on paper does not know '${word}'`);
  }
}

function inPrefix(prefix: string, address: (packet: Packet) => string): Test {
  const [base = '', length] = prefix.split('/');
  const range = cidrRange(base, Number(length));
  if (range === null) throw new Error(`'${prefix}' is not a prefix`);
  return (packet) => range.contains(address(packet));
}

function inPorts(list: string, port: number): boolean {
  return list.split(',').some((part) => {
    const [first, last = first] = part.split(':').map(Number);
    return first !== undefined && last !== undefined && port >= first && port <= last;
  });
}

/** The way of a packet through raw, mangle and nat of its hook. nat only sees the first packet of a connection. */
export function fateOf(filter: Filter, packet: Packet): Fate {
  const now = { mark: packet.mark, connectionMark: packet.connectionMark, zone: 0 };
  let verdict: Fate['verdict'] = 'accept';
  for (const table of packet.state === 'NEW' ? ['raw', 'mangle', 'nat'] : ['raw', 'mangle']) {
    const said = visit(table, packet.hook);
    if (said !== 'return' && said !== 'accept') verdict = said;
    if (verdict !== 'accept') break;
  }
  return { verdict, ...now };

  function visit(table: string, chain: string): Fate['verdict'] | 'return' {
    for (const { tests, target, options } of filter.get(`${table} ${chain}`) ?? []) {
      if (!tests.every((test) => test(packet, now))) continue;
      if (target === 'RETURN') return 'return';
      if (target === 'ACCEPT') return 'accept';
      if (target === 'DROP') return 'drop';
      if (target === 'REDIRECT') return `redirect ${Number(options.get('--to-ports') ?? options.get('--to-port'))}`;
      if (target === 'TPROXY') {
        now.mark = Number((options.get('--tproxy-mark') ?? '').split('/')[0]);
        return `tproxy ${Number(options.get('--on-port'))}`;
      }
      if (target === 'MARK')
        now.mark = Number((options.get('--set-xmark') ?? options.get('--set-mark') ?? '').split('/')[0]);
      else if (target === 'CONNMARK') {
        if (options.has('--save-mark')) now.connectionMark = now.mark;
        else now.mark = now.connectionMark;
      } else if (target === 'CT') {
        // The first zone stays: the kernel does not take a packet twice.
        if (now.zone === 0) now.zone = Number(options.get('--zone'));
      } else {
        const said = visit(table, target);
        if (said !== 'return') return said;
      }
    }
    return 'return';
  }
}
