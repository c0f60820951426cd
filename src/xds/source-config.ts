// Turns a ConfigSource message into where resources come from.

import { durationMs } from '../base/duration.ts';
import type { ConfigContext } from '../config/api.ts';
import type { ConfigSource } from '../generated/envoy/config/core/v3/config_source_pb.d.ts';

export type ConfigSourceMessage = ConfigSource;

/** The one stream of aggregated discovery (dynamic_resources.ads_config). */
export interface AggregatedSource {
  readonly kind: 'aggregated';
  readonly initialFetchTimeoutMs: number;
}

/** Streams of one type and REST find their place here as further kinds (issue 7). */
export interface FileSource {
  readonly kind: 'file';
  readonly path: string;
  readonly watchedDirectory: string;
  /** Milliseconds until a first answer is given up; 0: never. */
  readonly initialFetchTimeoutMs: number;
}

export type ResourceSource = FileSource | AggregatedSource;

/** Undefined after an error was reported. */
export function readConfigSource(
  message: ConfigSource | undefined,
  owner: object,
  context: ConfigContext,
): ResourceSource | undefined {
  const choice = message?.configSourceSpecifier;
  const initialFetchTimeoutMs = durationMs(message?.initialFetchTimeout, 15_000);
  switch (choice?.case) {
    case 'path':
      return { kind: 'file', path: choice.value, watchedDirectory: '', initialFetchTimeoutMs };
    case 'pathConfigSource':
      return {
        kind: 'file',
        path: choice.value.path,
        watchedDirectory: choice.value.watchedDirectory?.path ?? '',
        initialFetchTimeoutMs,
      };
    case 'ads':
      return { kind: 'aggregated', initialFetchTimeoutMs };
    case 'apiConfigSource':
    case 'self':
      context.error(
        message ?? owner,
        '',
        'RMR0902',
        'resources over streams of one type, or REST, are not implemented yet: ads and path_config_source are',
      );
      return undefined;
    default:
      context.error(message ?? owner, '', 'RMR0902', 'the config source says nothing about where the resources are');
      return undefined;
  }
}
