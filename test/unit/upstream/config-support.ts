// What the tests of cluster configurations share: YAML of one cluster, read as a start reads it.
import type { Test } from 'tap';
import { systemClock } from '../../../src/base/clock.ts';
import { ConfigContext, type Diagnostic, loadMessage } from '../../../src/config/api.ts';
import type { Cluster } from '../../../src/generated/envoy/config/cluster/v3/cluster_pb.d.ts';
import { StatsStore } from '../../../src/observability/stats/store.ts';
import { SecretManager } from '../../../src/tls/secrets/manager.ts';
import type { ClusterConfig } from '../../../src/upstream/cluster-config.ts';
import { impliedExtensions, readCluster } from '../../../src/upstream/config.ts';
import { FakeRuntime } from '../../support/fake-runtime.ts';
import { FakeTimers } from '../../support/fake-timers.ts';
import { noFiles } from '../../support/log-files.ts';
import { extensions } from './support.ts';

export interface Read {
  readonly config: ClusterConfig | undefined;
  readonly errors: readonly Diagnostic[];
  readonly implied: readonly string[];
}

export async function read(yaml: string): Promise<Read> {
  const source = { name: 'cluster.yaml', format: 'yaml', text: yaml } as const;
  const loaded = await loadMessage<Cluster>('envoy.config.cluster.v3.Cluster', source, { skipCoverage: true });
  // What the API's and Envoy's own rules refuse does not get as far as the cluster's reader.
  if (loaded.message === undefined) return { config: undefined, errors: loaded.diagnostics, implied: [] };
  const context = new ConfigContext();
  const config = readCluster(loaded.message, {
    context,
    extensions,
    secrets: new SecretManager(null),
    clock: systemClock,
    timers: new FakeTimers(),
    logFiles: noFiles,
    readPolicies: () => null,
    runtime: new FakeRuntime(),
    stats: new StatsStore(),
  });
  const errors = await context.takeDiagnostics();
  return { config, errors, implied: impliedExtensions(loaded.message) };
}

export async function config(yaml: string): Promise<ClusterConfig> {
  const { config: result, errors } = await read(yaml);
  if (result === undefined) throw new Error(JSON.stringify(errors, null, 1));
  return result;
}

export async function refuse(
  test: Pick<Test, 'match'>,
  yaml: string,
  path: string | RegExp,
  message: RegExp,
): Promise<void> {
  const { config: result, errors } = await read(yaml);
  test.match({ result, errors }, { result: undefined, errors: [{ path, message }] });
}

export const any = (name: string, rest = ''): string =>
  `{"@type": type.googleapis.com/${name}${rest === '' ? '' : `, ${rest}`}}`;
