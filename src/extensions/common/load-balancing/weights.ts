// Owns what policies ask of host weights.
import type { Host } from '../../../upstream/api.ts';

export function equalWeights(hosts: readonly Host[]): boolean {
  const first = hosts[0]?.weight;
  return hosts.every((host) => host.weight === first);
}

export function weightsOf(hosts: readonly Host[]): Float64Array {
  return Float64Array.from(hosts, (host) => host.weight);
}
