// Owns the way from flags, environment and facts of the host to valid options; says all that is wrong at once.
import { cidrRange } from '../base/cidr.ts';
import { environmentNames, INTERCEPTION_FLAGS, type InterceptionFlag } from './flags.ts';
import type { HostFacts } from './host-facts.ts';
import type { InterceptionOptions, PrefixLists } from './options.ts';

/** As given on the command line, by the flag's name. */
export type GivenFlags = ReadonlyMap<string, string>;
export type Environment = Readonly<Record<string, string | undefined>>;

/** What is wrong with the options, a line each. */
export class InterceptionOptionsError extends Error {
  override readonly name = 'InterceptionOptionsError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** How the options are carried out, beside the rules themselves. */
export interface RunOptions {
  readonly action: 'apply' | 'clean' | 'print';
  readonly restoreFormat: boolean;
  readonly skipApply: boolean;
  readonly validate: boolean;
  readonly probePort: number;
  readonly probeTimeoutMs: number;
  /** Empty: where we are. */
  readonly networkNamespace: string;
  readonly cniMode: boolean;
  readonly native: boolean;
  /** Empty: find out. */
  readonly binary: string;
}

export interface ParsedOptions {
  readonly rules: InterceptionOptions;
  readonly run: RunOptions;
  /** For people: what was left out, and why. */
  readonly notes: readonly string[];
}

/** Istio's limit: all groups stand in one rule, and a rule may only have so many matches. */
const MAX_OWNER_GROUPS = 64;

/** The one option that must be known before the host can be asked: which host. */
export function networkNamespace(given: GivenFlags, environment: Environment): string {
  return new Reader(given, environment).text('network-namespace');
}

/** Throws `InterceptionOptionsError`. */
export function parseInterceptionOptions(given: GivenFlags, environment: Environment, host: HostFacts): ParsedOptions {
  const reader = new Reader(given, environment);
  const notes: string[] = [];
  const uids = reader.owners('proxy-uid');
  const proxyUids = uids.length > 0 ? uids : [host.userId(environment['ENVOY_USER'] || 'istio-proxy') ?? '1337'];
  const gids = reader.owners('proxy-gid');
  const mode = reader.text('istio-inbound-interception-mode') || 'REDIRECT';
  if (mode !== 'REDIRECT' && mode !== 'TPROXY')
    reader.wrong('istio-inbound-interception-mode', mode, 'REDIRECT or TPROXY');
  const ipv6 = host.hasIpv6 && (!host.hasIpv4 || reader.flag('dual-stack'));
  if (host.hasIpv6 && !ipv6)
    notes.push('IPv6 is not captured: this host has an IPv4 address, and --dual-stack is not given');
  const inbound = reader.text('istio-inbound-ports');
  const outbound = reader.text('istio-service-cidr');
  const rules: InterceptionOptions = {
    proxyPort: reader.port('envoy-port'),
    inboundCapturePort: reader.port('inbound-capture-port'),
    inboundTunnelPort: String(reader.port('inbound-tunnel-port')),
    proxyUids,
    proxyGids: gids.length > 0 ? gids : proxyUids,
    mode: mode === 'TPROXY' ? mode : 'REDIRECT',
    tproxyMark: reader.number('istio-inbound-tproxy-mark', 1, 0xffff_ffff),
    tproxyRouteTable: reader.number('istio-inbound-tproxy-route-table', 1, 0xffff_ffff),
    inboundPorts: inbound === '*' ? '*' : reader.ports('istio-inbound-ports'),
    inboundPortsExcluded: reader.ports('istio-local-exclude-ports'),
    outboundRanges: outbound === '*' ? '*' : reader.prefixes('istio-service-cidr'),
    outboundRangesExcluded: reader.prefixes('istio-service-exclude-cidr'),
    outboundPorts: reader.ports('istio-outbound-ports'),
    outboundPortsExcluded: reader.ports('istio-local-outbound-ports-exclude'),
    ownerGroups: reader.ownerGroups(),
    excludedInterfaces: reader.interfaces('istio-exclude-interfaces'),
    rerouteInterfaces: reader.interfaces('kube-virt-interfaces'),
    loopbackV4: reader.loopback(),
    dns: dnsOptions(reader, host, notes),
    dropInvalid: reader.flag('drop-invalid'),
    ipv6,
  };
  const run = runOptions(reader);
  if (reader.problems.length > 0) throw new InterceptionOptionsError(reader.problems);
  return { rules, run, notes };
}

function dnsOptions(reader: Reader, host: HostFacts, notes: string[]): InterceptionOptions['dns'] {
  const all = reader.flag('capture-all-dns');
  if (!reader.flag('redirect-dns')) {
    if (all) notes.push('--capture-all-dns does nothing without --redirect-dns');
    return null;
  }
  if (all) return { servers: 'all' };
  const { v4, v6 } = host.dnsServers();
  if (v4.length + v6.length > 0)
    return { servers: { v4: v4.map((ip) => `${ip}/32`), v6: v6.map((ip) => `${ip}/128`) } };
  notes.push('DNS is not captured: /etc/resolv.conf names no server, and --capture-all-dns is not given');
  return null;
}

function runOptions(reader: Reader): RunOptions {
  const binary = reader.text('force-iptables-binary');
  if (!/^(ip6?tables(-nft|-legacy)?)?$/.test(binary)) {
    reader.wrong('force-iptables-binary', binary, 'iptables, iptables-nft or iptables-legacy');
  }
  const clean = reader.flag('clean') || reader.flag('cleanup-only');
  if (reader.flag('run-validation') && reader.text('network-namespace') !== '') {
    reader.problems.push(
      '--run-validation connects from where it is started: it cannot try another --network-namespace',
    );
  }
  return {
    action: reader.flag('dry-run') ? 'print' : clean ? 'clean' : 'apply',
    restoreFormat: reader.flag('restore-format'),
    skipApply: reader.flag('skip-rule-apply'),
    validate: reader.flag('run-validation'),
    probePort: reader.port('iptables-probe-port'),
    probeTimeoutMs: reader.duration('probe-timeout'),
    networkNamespace: reader.text('network-namespace'),
    cniMode: reader.flag('cni-mode'),
    native: reader.flag('native-nftables'),
    binary: binary.replace('ip6', 'ip'),
  };
}

/** Reads one option after the other and keeps what is wrong. */
class Reader {
  readonly problems: string[] = [];
  readonly #given: GivenFlags;
  readonly #environment: Environment;
  readonly #flags = new Map<string, InterceptionFlag>(INTERCEPTION_FLAGS.map((flag) => [flag.name, flag]));

  constructor(given: GivenFlags, environment: Environment) {
    this.#given = given;
    this.#environment = environment;
  }

  /** The command line counts before the environment, that before the default. */
  text(name: string): string {
    const given = this.#given.get(name);
    if (given !== undefined) return given.trim();
    const flag = this.#flags.get(name);
    for (const variable of flag === undefined ? [] : environmentNames(flag)) {
      const value = this.#environment[variable];
      if (value !== undefined && value !== '') return value.trim();
    }
    return flag?.standard ?? '';
  }

  wrong(name: string, value: string, wanted: string): void {
    const short = this.#flags.get(name)?.short;
    this.problems.push(`${short === undefined ? '' : `-${short}, `}--${name}: '${value}' is not ${wanted}`);
  }

  /** As Go reads a boolean. */
  flag(name: string): boolean {
    const value = this.text(name);
    if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(value)) return true;
    if (!['', '0', 'f', 'F', 'false', 'FALSE', 'False'].includes(value)) this.wrong(name, value, 'true or false');
    return false;
  }

  number(name: string, min: number, max: number): number {
    const text = this.text(name);
    const value = /^(\d+|0x[\da-fA-F]+)$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) this.wrong(name, text, `a number from ${min} to ${max}`);
    return value;
  }

  port(name: string): number {
    return this.number(name, 1, 65_535);
  }

  /** As Go writes it: 5s, 500ms, 1m30s. */
  duration(name: string): number {
    const text = this.text(name);
    let total = 0;
    const rest = text.replaceAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g, (_, count: string, unit: string) => {
      total += Number(count) * ({ ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit] ?? 0);
      return '';
    });
    if (rest !== '' || total <= 0) this.wrong(name, text, 'a duration like 5s');
    return total;
  }

  list(name: string): string[] {
    return split(this.text(name));
  }

  ports(name: string): string[] {
    return this.list(name)
      .filter((port) => {
        const [first, last = first] = port.split(/[:-]/).map(Number);
        if (
          /^\d+([:-]\d+)?$/.test(port) &&
          first !== undefined &&
          last !== undefined &&
          first <= last &&
          last <= 65_535
        )
          return true;
        this.wrong(name, port, 'a port or a range of ports as 8000:8010');
        return false;
      })
      .map((port) => port.replace('-', ':'));
  }

  prefixes(name: string): PrefixLists {
    const v4: string[] = [];
    const v6: string[] = [];
    for (const prefix of this.list(name)) {
      const [address = '', length = ''] = prefix.split('/');
      if (/^\d+$/.test(length) && cidrRange(address, Number(length)) !== null)
        (address.includes(':') ? v6 : v4).push(prefix);
      else if (cidrRange(prefix, 0) !== null)
        this.wrong(name, prefix, `an address range: write ${prefix}/${prefix.includes(':') ? 128 : 32}`);
      else this.wrong(name, prefix, 'an address range as 10.0.0.0/8');
    }
    return { v4, v6 };
  }

  owners(name: string): string[] {
    return this.#names(name, this.list(name), 'a user or group, by number or name');
  }

  interfaces(name: string): string[] {
    return this.#names(name, this.list(name), 'the name of an interface');
  }

  /** What goes into the text of a transaction must not be able to end a word there. */
  #names(name: string, values: readonly string[], wanted: string): string[] {
    return values.filter((value) => {
      if (/^[\w.@:+-]{1,64}$/.test(value) && !value.startsWith('-')) return true;
      this.wrong(name, value, wanted);
      return false;
    });
  }

  ownerGroups(): InterceptionOptions['ownerGroups'] {
    const include = 'ISTIO_OUTBOUND_OWNER_GROUPS';
    const exclude = 'ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE';
    const groups = this.#environment[include] ?? '*';
    if (groups.trim() === '*') {
      return { all: true, except: this.#groups(exclude, this.#environment[exclude] ?? '') };
    }
    const only = this.#groups(include, groups);
    if (only.length > MAX_OWNER_GROUPS) {
      this.problems.push(`${include}: ${only.length} groups are more than one rule can hold (${MAX_OWNER_GROUPS})`);
    }
    return { only };
  }

  #groups(variable: string, text: string): string[] {
    return split(text).filter((group) => {
      if (/^[\w.@:+][\w.@:+-]*$/.test(group)) return true;
      this.problems.push(`${variable}: '${group}' is not a group, by number or name`);
      return false;
    });
  }

  loopback(): string {
    const variable = 'ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR';
    const text = this.#environment[variable] || '127.0.0.1/32';
    const match = /^(127\.[\d.]+)\/(\d+)$/.exec(text);
    const length = Number(match?.[2]);
    if (match === null || length < 8 || cidrRange(match[1] ?? '', length) === null) {
      this.problems.push(`${variable}: '${text}' is not a range within 127.0.0.0/8`);
    }
    return text;
  }
}

function split(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
