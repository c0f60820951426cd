// Packets to try rules on, and options from a command line.
import { buildRules } from '../../../src/interception/build-rules.ts';
import type { HostFacts } from '../../../src/interception/host-facts.ts';
import { restoreText } from '../../../src/interception/iptables-text.ts';
import type { InterceptionOptions } from '../../../src/interception/options.ts';
import { parseFlags } from '../../../src/interception/parse-flags.ts';
import {
  type Environment,
  type ParsedOptions,
  parseInterceptionOptions,
} from '../../../src/interception/parse-options.ts';
import { type Filter, type Packet, readFilter } from '../../support/packet-filter.ts';

export function host(facts: Partial<HostFacts> & { servers?: { v4: string[]; v6: string[] } } = {}): HostFacts {
  const { servers = { v4: ['10.96.0.10'], v6: [] }, ...rest } = facts;
  return {
    hasIpv4: true,
    hasIpv6: false,
    address: '10.77.0.2',
    dnsServers: () => servers,
    userId: () => undefined,
    ...rest,
  };
}

export function parse(line: string, environment: Environment = {}, facts: HostFacts = host()): ParsedOptions {
  const args = line.split(' ').filter((word) => word !== '');
  return parseInterceptionOptions(parseFlags(args), environment, facts);
}

export function filters(options: InterceptionOptions): { v4: Filter; v6: Filter } {
  const { v4, v6 } = buildRules(options);
  return { v4: readFilter(restoreText(v4, new Map())), v6: readFilter(restoreText(v6, new Map())) };
}

/** A new TCP connection of an application to the outside, with what is said otherwise. */
export function outgoing(changes: Partial<Packet> = {}): Packet {
  return {
    hook: 'OUTPUT',
    protocol: 'tcp',
    source: '10.77.0.2',
    destination: '10.77.0.1',
    sourcePort: 40_000,
    destinationPort: 80,
    interface: 'eth0',
    uid: '1000',
    gid: '1000',
    mark: 0,
    connectionMark: 0,
    state: 'NEW',
    ...changes,
  };
}

/** A new TCP connection from outside. */
export function incoming(changes: Partial<Packet> = {}): Packet {
  return outgoing({ hook: 'PREROUTING', source: '10.77.0.1', destination: '10.77.0.2', uid: '', gid: '', ...changes });
}

const ADDRESSES = ['127.0.0.1', '127.0.0.6', '127.0.0.9', '10.77.0.2', '10.77.0.1', '10.96.0.10', '8.8.8.8'];
const PORTS = [22, 53, 80, 15_001, 15_006, 15_008, 15_020, 15_021, 15_053, 15_090, 40_000];
const USERS = ['0', '1000', '1337'];
const MARKS = [0, 1337, 1338];

/** Every mixture of what rules look at. */
export function* allPackets(): Generator<Packet> {
  for (const hook of ['PREROUTING', 'OUTPUT'] as const) {
    const users = hook === 'OUTPUT' ? USERS : [''];
    for (const protocol of ['tcp', 'udp'] as const)
      for (const name of ['lo', 'eth0', 'net1'])
        for (const state of ['NEW', 'ESTABLISHED', 'INVALID'] as const)
          for (const source of ADDRESSES)
            for (const destination of ADDRESSES)
              for (const port of PORTS)
                for (const uid of users)
                  for (const gid of users)
                    for (const mark of MARKS) {
                      // The rarer sides of a packet change with the others instead of multiplying them.
                      const connectionMark = MARKS[(port + mark + destination.length) % 3] as number;
                      const sourcePort = PORTS[(port + source.length + mark) % PORTS.length] as number;
                      yield outgoing({
                        hook,
                        protocol,
                        interface: name,
                        state,
                        source,
                        destination,
                        destinationPort: port,
                        sourcePort,
                        uid,
                        gid,
                        mark,
                        connectionMark,
                      });
                    }
  }
}
